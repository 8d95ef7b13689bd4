/* Buffers that the host announces to a stream, and revokes. */
#include <stdlib.h>
#include <string.h>

#include "simcam.h"

#define ABSURD ((size_t)1 << 32) /* bytes in a buffer */

static GC_ERROR check(DS_HANDLE handle, struct stream **stream)
{
    return check_handle(handle, KIND_STREAM, (void **)stream);
}

GC_ERROR check_buffer(DS_HANDLE handle, BUFFER_HANDLE buffer_handle, struct buffer **buffer)
{
    struct stream *stream;
    GC_ERROR error = check(handle, &stream);

    if (!error)
        error = check_handle(buffer_handle, KIND_BUFFER, (void **)buffer);
    if (!error && (*buffer)->stream != stream)
        error = fail(GC_ERR_INVALID_HANDLE, "the buffer belongs to another stream");
    return error;
}

static GC_ERROR announce(struct stream *stream, struct buffer *buffer)
{
    if (stream->n_announced == stream->room) {
        size_t room = stream->room ? 2 * stream->room : 64;
        struct buffer **longer = realloc(stream->announced, room * sizeof *longer);
        if (!longer)
            return fail(GC_ERR_OUT_OF_MEMORY, "no memory for %zu buffers", room);
        stream->announced = longer;
        stream->room = room;
    }
    for (size_t i = 0; i < stream->n_announced; i++)
        if (stream->announced[i]->base == buffer->base)
            return fail(GC_ERR_RESOURCE_IN_USE, "the buffer at %p was announced already", (void *)buffer->base);
    buffer->handle = handle_new(KIND_BUFFER, buffer);
    if (!buffer->handle)
        return fail(GC_ERR_OUT_OF_MEMORY, "no memory for a handle");
    stream->announced[stream->n_announced++] = buffer;
    return GC_ERR_SUCCESS;
}

/* `base` NULL: the memory is ours. */
static GC_ERROR announce_new(struct stream *stream, void *base, size_t size, void *user, BUFFER_HANDLE *handle)
{
    struct buffer *buffer = calloc(1, sizeof *buffer);
    GC_ERROR error;

    if (!buffer)
        return fail(GC_ERR_OUT_OF_MEMORY, "no memory for a buffer");
    *buffer = (struct buffer){.stream = stream, .base = base, .size = size, .user = user, .owned = !base};
    if (buffer->owned && !(buffer->base = malloc(size))) {
        free(buffer);
        return fail(GC_ERR_OUT_OF_MEMORY, "no memory for a buffer of %zu bytes", size);
    }
    pthread_mutex_lock(&stream->lock);
    error = announce(stream, buffer);
    pthread_mutex_unlock(&stream->lock);
    if (error)
        buffer_free(buffer);
    else
        *handle = buffer->handle;
    return error;
}

void buffer_free(struct buffer *buffer)
{
    handle_drop(buffer->handle);
    if (buffer->owned)
        free(buffer->base);
    free(buffer);
}

GC_API DSAnnounceBuffer(DS_HANDLE handle, void *base, size_t size, void *user, BUFFER_HANDLE *buffer)
{
    CALL;
    struct stream *stream;
    GC_ERROR error = check(handle, &stream);

    if (error)
        return error;
    if (no_pointer(base) || no_pointer(buffer) || !size || size > ABSURD || (uintptr_t)base > UINTPTR_MAX - size)
        return fail(GC_ERR_INVALID_PARAMETER, "no buffer of %zu bytes at %p", size, base);
    return announce_new(stream, base, size, user, buffer);
}

GC_API DSAllocAndAnnounceBuffer(DS_HANDLE handle, size_t size, void *user, BUFFER_HANDLE *buffer)
{
    CALL;
    struct stream *stream;
    GC_ERROR error = check(handle, &stream);

    if (error)
        return error;
    if (no_pointer(buffer) || !size || size > ABSURD)
        return fail(GC_ERR_INVALID_PARAMETER, "no buffer of %zu bytes", size);
    return announce_new(stream, NULL, size, user, buffer);
}

GC_API DSRevokeBuffer(DS_HANDLE handle, BUFFER_HANDLE buffer_handle, void **base, void **user)
{
    CALL_ALONE;
    struct stream *stream;
    struct buffer *buffer;
    GC_ERROR error = check_buffer(handle, buffer_handle, &buffer);
    size_t i = 0;

    if (error)
        return error;
    stream = buffer->stream;
    pthread_mutex_lock(&stream->lock);
    if (buffer->place != UNQUEUED) {
        pthread_mutex_unlock(&stream->lock);
        return fail(GC_ERR_BUSY, "the buffer is queued");
    }
    while (stream->announced[i] != buffer)
        i++;
    memmove(&stream->announced[i], &stream->announced[i + 1], (--stream->n_announced - i) * sizeof *stream->announced);
    pthread_mutex_unlock(&stream->lock);
    if (base)
        *base = buffer->owned ? NULL : buffer->base;
    if (user)
        *user = buffer->user;
    buffer_free(buffer);
    return GC_ERR_SUCCESS;
}
