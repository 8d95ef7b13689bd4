/* Futexes in the shared file: whoever changes something rings, whoever waits for it wakes. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "simcam.h"

#define EXPORTED __attribute__((visibility("default")))

int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

void bell_ring(_Atomic uint32_t *word)
{
    atomic_fetch_add(word, 1);
    syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* Returns once the word is no longer `seen`, at the absolute CLOCK_MONOTONIC deadline, or for no reason. */
void bell_wait(_Atomic uint32_t *word, uint32_t seen, int64_t deadline_ns)
{
    struct timespec until = {deadline_ns / 1000000000, deadline_ns % 1000000000};

    syscall(SYS_futex, word, FUTEX_WAIT_BITSET, seen, &until, NULL, FUTEX_BITSET_MATCH_ANY);
}

/* For the Python side of the file, which has no futex and no ordered store of its own. */
EXPORTED void simcam_publish(_Atomic uint64_t *counter, uint64_t n, _Atomic uint32_t *bell);
EXPORTED void simcam_wait(_Atomic uint32_t *word, uint32_t seen, int64_t timeout_ns);

void simcam_publish(_Atomic uint64_t *counter, uint64_t n, _Atomic uint32_t *bell)
{
    atomic_fetch_add(counter, n);
    bell_ring(bell);
}

void simcam_wait(_Atomic uint32_t *word, uint32_t seen, int64_t timeout_ns)
{
    bell_wait(word, seen, now_ns() + timeout_ns);
}
