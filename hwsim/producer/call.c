/* Calls come from any thread. What they work on stays while they do: opening and closing waits until no other call is
 * under way, save those that wait for a frame, which closing ends (event.c). */
#define _GNU_SOURCE
#include "simcam.h"

/* A stream of calls does not keep out whoever closes. */
static pthread_rwlock_t calls = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

bool call_begin(void)
{
    pthread_rwlock_rdlock(&calls);
    return true;
}

bool call_begin_alone(void)
{
    pthread_rwlock_wrlock(&calls);
    return true;
}

void call_end(bool *under_way)
{
    if (*under_way)
        pthread_rwlock_unlock(&calls);
    *under_way = false;
}
