/* The new-buffer event of a stream: its data queue is the stream's output queue. */
#include <string.h>
#include <time.h>

#include "simcam.h"

#define LINK_CHECK_NS INT64_C(100000000)
#define LONG_MS UINT64_C(1000000000) /* more than eleven days: as good as infinite */

static GC_ERROR check(EVENT_HANDLE handle, struct stream **stream)
{
    return check_handle(handle, KIND_EVENT, (void **)stream);
}

static GC_ERROR resolve(EVENTSRC_HANDLE handle, int32_t type, struct stream **stream)
{
    void *object = NULL;
    enum kind kind;

    if (!library_ready())
        return fail(GC_ERR_NOT_INITIALIZED, "GCInitLib was not called");
    kind = handle_find(handle, &object);
    if (kind < KIND_SYSTEM || kind > KIND_BUFFER || kind == KIND_REMOTE)
        return fail(GC_ERR_INVALID_HANDLE, "not an event source, or closed: %p", handle);
    if (kind != KIND_STREAM || type != EVENT_NEW_BUFFER)
        return fail(GC_ERR_NOT_IMPLEMENTED, "this module has no event of type %d", type);
    *stream = object;
    return GC_ERR_SUCCESS;
}

GC_API GCRegisterEvent(EVENTSRC_HANDLE handle, int32_t type, EVENT_HANDLE *event)
{
    CALL;
    struct stream *stream;
    GC_ERROR error = resolve(handle, type, &stream);

    if (error)
        return error;
    if (no_pointer(event))
        return fail(GC_ERR_INVALID_PARAMETER, "phEvent is NULL");
    pthread_mutex_lock(&stream->lock);
    if (stream->event) {
        error = fail(GC_ERR_RESOURCE_IN_USE, "the event is registered");
    } else {
        stream->n_fired = stream->kills = 0;
        *event = stream->event = handle_new(KIND_EVENT, stream);
        if (!stream->event)
            error = fail(GC_ERR_OUT_OF_MEMORY, "no memory for a handle");
    }
    pthread_mutex_unlock(&stream->lock);
    return error;
}

/* Whoever waits for the event leaves with GC_ERR_ABORT before this returns; what waits to be fetched is the host's. */
void event_close(struct stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    handle_drop(stream->event);
    stream->event = NULL;
    pthread_cond_broadcast(&stream->changed);
    while (stream->waiters)
        pthread_cond_wait(&stream->changed, &stream->lock);
    buffer_discard_all(&stream->output);
    pthread_mutex_unlock(&stream->lock);
}

GC_API GCUnregisterEvent(EVENTSRC_HANDLE handle, int32_t type)
{
    CALL;
    struct stream *stream;
    GC_ERROR error = resolve(handle, type, &stream);

    if (error)
        return error;
    if (!stream->event)
        return fail(GC_ERR_NOT_INITIALIZED, "the event is not registered");
    event_close(stream);
    return GC_ERR_SUCCESS;
}

static int64_t deadline_of(uint64_t timeout_ms)
{
    return timeout_ms > LONG_MS ? INT64_MAX : now_ns() + (int64_t)timeout_ms * 1000000;
}

/* In slices, since a link that goes down rings no condition variable. */
static void wait_slice(struct stream *stream, int64_t deadline)
{
    int64_t slice = now_ns() + LINK_CHECK_NS;
    int64_t until = slice < deadline ? slice : deadline;
    struct timespec time = {until / 1000000000, until % 1000000000};

    pthread_cond_timedwait(&stream->changed, &stream->lock, &time);
}

static GC_ERROR next_buffer(struct stream *stream, EVENT_HANDLE event, int64_t deadline, struct buffer **buffer)
{
    for (;;) {
        if (stream->event != event)
            return fail(GC_ERR_ABORT, "the event was unregistered");
        if (stream->kills) {
            stream->kills--;
            return fail(GC_ERR_ABORT, "the wait was ended by EventKill");
        }
        if (fault_access(stream->device, FAULT_EVENT_ERROR))
            return fail(GC_ERR_IO, "camera '%s': the event failed", stream->device->id);
        *buffer = queue_pop(&stream->output);
        if (*buffer)
            return GC_ERR_SUCCESS;
        if (device_link(stream->device) == LINK_DOWN)
            return fail(GC_ERR_IO, "camera '%s' cannot be reached", stream->device->id);
        if (now_ns() >= deadline)
            return fail(GC_ERR_TIMEOUT, "no buffer was filled in time");
        wait_slice(stream, deadline);
    }
}

GC_API EventGetData(EVENT_HANDLE handle, void *data, size_t *size, uint64_t timeout_ms)
{
    CALL;
    EVENT_NEW_BUFFER_DATA answer = {0};
    struct buffer *buffer;
    struct stream *stream;
    GC_ERROR error = check(handle, &stream);

    if (error)
        return error;
    if (no_pointer(size) || (data && no_pointer(data)))
        return fail(GC_ERR_INVALID_PARAMETER, "piSize is NULL, or pBuffer is no pointer");
    if (data && *size < sizeof answer)
        return fail(GC_ERR_BUFFER_TOO_SMALL, "the event takes %zu bytes, the buffer has %zu", sizeof answer, *size);
    pthread_mutex_lock(&stream->lock);
    stream->waiters++;
    call_end(&under_way); /* to be closed is to be woken */
    error = next_buffer(stream, handle, deadline_of(timeout_ms), &buffer);
    if (!error)
        answer = (EVENT_NEW_BUFFER_DATA){buffer->handle, buffer->user};
    if (!--stream->waiters && stream->event != handle)
        pthread_cond_broadcast(&stream->changed);
    pthread_mutex_unlock(&stream->lock);
    if (error)
        return error;
    if (data) /* NULL: the frame is skipped */
        memcpy(data, &answer, sizeof answer);
    *size = sizeof answer;
    return GC_ERR_SUCCESS;
}

GC_API EventGetDataInfo(EVENT_HANDLE handle, const void *data, size_t data_size, int32_t command, INFO_DATATYPE *type,
                        void *buffer, size_t *size)
{
    CALL;
    struct out out = {type, buffer, size};
    EVENT_NEW_BUFFER_DATA event;
    struct stream *stream;
    GC_ERROR error = check(handle, &stream);

    if (error)
        return error;
    if (no_pointer(data) || data_size < sizeof event)
        return fail(GC_ERR_INVALID_PARAMETER, "that is no data of this event");
    memcpy(&event, data, sizeof event);
    if (command == EVENT_DATA_ID)
        return put_pointer(out, event.BufferHandle);
    if (command == EVENT_DATA_VALUE)
        return put_pointer(out, event.pUserPointer);
    return unknown_command("event data info", command);
}

GC_API EventGetInfo(EVENT_HANDLE handle, int32_t command, INFO_DATATYPE *type, void *buffer, size_t *size)
{
    CALL;
    struct out out = {type, buffer, size};
    struct stream *stream;
    GC_ERROR error = check(handle, &stream);
    uint64_t n_fired;
    size_t n;

    if (error)
        return error;
    pthread_mutex_lock(&stream->lock);
    n = stream->output.n;
    n_fired = stream->n_fired;
    pthread_mutex_unlock(&stream->lock);
    switch (command) {
    case EVENT_EVENT_TYPE:
        return put_i32(out, EVENT_NEW_BUFFER);
    case EVENT_NUM_IN_QUEUE:
        return put_size(out, n);
    case EVENT_NUM_FIRED:
        return put_u64(out, n_fired);
    case EVENT_SIZE_MAX:
        return put_size(out, sizeof(EVENT_NEW_BUFFER_DATA));
    case EVENT_INFO_DATA_SIZE_MAX:
        return put_size(out, sizeof(void *));
    }
    return unknown_command("event info", command);
}

GC_API EventFlush(EVENT_HANDLE handle)
{
    CALL;
    struct stream *stream;
    GC_ERROR error = check(handle, &stream);

    if (error)
        return error;
    pthread_mutex_lock(&stream->lock);
    buffer_discard_all(&stream->output);
    pthread_mutex_unlock(&stream->lock);
    return GC_ERR_SUCCESS;
}

GC_API EventKill(EVENT_HANDLE handle)
{
    CALL;
    struct stream *stream;
    GC_ERROR error = check(handle, &stream);

    if (error)
        return error;
    pthread_mutex_lock(&stream->lock);
    stream->kills++;
    pthread_cond_broadcast(&stream->changed);
    pthread_mutex_unlock(&stream->lock);
    return GC_ERR_SUCCESS;
}
