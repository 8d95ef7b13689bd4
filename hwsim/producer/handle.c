/* Handles are (generation, index), never addresses: a stale or invented one finds nothing. */
#include <stdlib.h>

#include "simcam.h"

#define INDEX_BITS 20
#define MAX_HANDLES ((size_t)1 << INDEX_BITS)

struct entry {
    uint32_t generation;
    enum kind kind;
    void *object;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *entries;
static size_t n_entries, first_free;

static bool grow(void)
{
    size_t n = n_entries ? 2 * n_entries : 64;
    struct entry *bigger = n <= MAX_HANDLES ? realloc(entries, n * sizeof *bigger) : NULL;

    if (!bigger)
        return false;
    for (size_t i = n_entries; i < n; i++)
        bigger[i] = (struct entry){.generation = 1};
    entries = bigger;
    n_entries = n;
    return true;
}

/* NULL: out of memory. */
void *handle_new(enum kind kind, void *object)
{
    void *handle = NULL;

    pthread_mutex_lock(&lock);
    while (first_free < n_entries && entries[first_free].kind != KIND_NONE)
        first_free++;
    if (first_free < n_entries || grow()) {
        struct entry *entry = &entries[first_free];
        entry->kind = kind;
        entry->object = object;
        handle = (void *)((uintptr_t)entry->generation << INDEX_BITS | first_free);
    }
    pthread_mutex_unlock(&lock);
    return handle;
}

static struct entry *find(void *handle)
{
    uintptr_t number = (uintptr_t)handle;
    size_t index = number & (MAX_HANDLES - 1);

    if (index >= n_entries || entries[index].generation != number >> INDEX_BITS)
        return NULL;
    return entries[index].kind == KIND_NONE ? NULL : &entries[index];
}

void handle_drop(void *handle)
{
    struct entry *entry;

    pthread_mutex_lock(&lock);
    entry = find(handle);
    if (entry) {
        *entry = (struct entry){.generation = entry->generation + 1};
        if ((size_t)(entry - entries) < first_free)
            first_free = entry - entries;
    }
    pthread_mutex_unlock(&lock);
}

enum kind handle_find(void *handle, void **object)
{
    enum kind kind = KIND_NONE;
    struct entry *entry;

    pthread_mutex_lock(&lock);
    entry = find(handle);
    if (entry) {
        kind = entry->kind;
        *object = entry->object;
    }
    pthread_mutex_unlock(&lock);
    return kind;
}

void *handle_object(void *handle, enum kind kind)
{
    void *object = NULL;

    return handle_find(handle, &object) == kind ? object : NULL;
}
