/* The data stream: buffers on their way input -> filling -> output -> host. */
#include <stdlib.h>

#include "simcam.h"

static GC_ERROR check(DS_HANDLE handle, struct stream **stream)
{
    return check_handle(handle, KIND_STREAM, (void **)stream);
}

void queue_push(struct queue *queue, struct buffer *buffer, enum place place)
{
    buffer->place = place;
    buffer->next = NULL;
    if (queue->tail)
        queue->tail->next = buffer;
    else
        queue->head = buffer;
    queue->tail = buffer;
    queue->n++;
}

struct buffer *queue_pop(struct queue *queue)
{
    struct buffer *buffer = queue->head;

    if (!buffer)
        return NULL;
    queue->head = buffer->next;
    if (!queue->head)
        queue->tail = NULL;
    queue->n--;
    buffer->place = UNQUEUED;
    return buffer;
}

void buffer_discard_all(struct queue *queue)
{
    while (queue_pop(queue))
        ;
}

void stream_init(struct stream *stream, struct device *device)
{
    pthread_condattr_t attributes;

    stream->device = device;
    pthread_mutex_init(&stream->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&stream->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

/* Is there a buffer to fill? */
bool stream_ready(struct stream *stream)
{
    bool ready;

    pthread_mutex_lock(&stream->lock);
    ready = stream->started && stream->to_acquire && stream->input.n;
    pthread_mutex_unlock(&stream->lock);
    return ready;
}

/* For the camera's thread: a buffer to fill, or NULL. */
struct buffer *stream_take(struct stream *stream)
{
    struct buffer *buffer = NULL;

    pthread_mutex_lock(&stream->lock);
    if (stream->started && stream->to_acquire) {
        buffer = queue_pop(&stream->input);
        if (buffer) {
            buffer->place = FILLING;
            stream->filling = buffer;
            stream->n_started++;
            stream->to_acquire--;
        } else if (!device_lossless(stream->device)) {
            stream->n_underrun++;
        }
    }
    pthread_mutex_unlock(&stream->lock);
    return buffer;
}

void stream_deliver(struct stream *stream, struct buffer *buffer)
{
    pthread_mutex_lock(&stream->lock);
    stream->filling = NULL;
    queue_push(&stream->output, buffer, OUTPUT);
    stream->n_delivered++;
    stream->n_fired += stream->event != NULL;
    pthread_cond_broadcast(&stream->changed);
    pthread_mutex_unlock(&stream->lock);
}

static void wait_for_filling(struct stream *stream)
{
    while (stream->filling)
        pthread_cond_wait(&stream->changed, &stream->lock);
}

static void input_ready(struct stream *stream)
{
    if (device_lossless(stream->device))
        bell_ring(&stream->device->file->state.doorbell);
}

static void enqueue(struct stream *stream, struct buffer *buffer)
{
    buffer->new_data = false;
    buffer->filled = 0;
    queue_push(&stream->input, buffer, INPUT);
}

GC_API DSQueueBuffer(DS_HANDLE handle, BUFFER_HANDLE buffer_handle)
{
    CALL;
    struct stream *stream;
    struct buffer *buffer;
    GC_ERROR error = check_buffer(handle, buffer_handle, &buffer);

    if (error)
        return error;
    stream = buffer->stream;
    pthread_mutex_lock(&stream->lock);
    if (buffer->place == UNQUEUED)
        enqueue(stream, buffer);
    else
        error = fail(GC_ERR_RESOURCE_IN_USE, "the buffer is queued already");
    pthread_mutex_unlock(&stream->lock);
    if (!error)
        input_ready(stream);
    return error;
}

static void all_to_input(struct stream *stream)
{
    for (struct buffer *buffer; (buffer = queue_pop(&stream->output));)
        enqueue(stream, buffer);
}

GC_API DSFlushQueue(DS_HANDLE handle, int32_t operation)
{
    CALL;
    struct stream *stream;
    GC_ERROR error = check(handle, &stream);

    if (error)
        return error;
    pthread_mutex_lock(&stream->lock);
    if (operation == ACQ_QUEUE_ALL_TO_INPUT || operation == ACQ_QUEUE_ALL_DISCARD)
        wait_for_filling(stream);
    switch (operation) {
    case ACQ_QUEUE_INPUT_TO_OUTPUT:
        for (struct buffer *buffer; (buffer = queue_pop(&stream->input));)
            queue_push(&stream->output, buffer, OUTPUT);
        pthread_cond_broadcast(&stream->changed);
        break;
    case ACQ_QUEUE_OUTPUT_DISCARD:
        buffer_discard_all(&stream->output);
        break;
    case ACQ_QUEUE_ALL_TO_INPUT:
        all_to_input(stream);
        break;
    case ACQ_QUEUE_UNQUEUED_TO_INPUT:
        for (size_t i = 0; i < stream->n_announced; i++)
            if (stream->announced[i]->place == UNQUEUED)
                enqueue(stream, stream->announced[i]);
        break;
    case ACQ_QUEUE_ALL_DISCARD:
        buffer_discard_all(&stream->input);
        buffer_discard_all(&stream->output);
        break;
    default:
        error = fail(GC_ERR_NOT_IMPLEMENTED, "no flush operation %d", operation);
    }
    pthread_mutex_unlock(&stream->lock);
    input_ready(stream);
    return error;
}

GC_API DSStartAcquisition(DS_HANDLE handle, int32_t flags, uint64_t n)
{
    CALL;
    struct stream *stream;
    GC_ERROR error = check(handle, &stream);

    if (error)
        return error;
    if (flags != ACQ_START_FLAGS_DEFAULT)
        return fail(GC_ERR_NOT_IMPLEMENTED, "no start flags %d", flags);
    if (!n)
        return fail(GC_ERR_INVALID_PARAMETER, "no start for 0 buffers");
    if (fault_access(stream->device, FAULT_FAILED_START))
        return fail(GC_ERR_IO, "camera '%s' did not start", stream->device->id);
    pthread_mutex_lock(&stream->lock);
    if (stream->started)
        error = fail(GC_ERR_RESOURCE_IN_USE, "the stream has been started");
    else if (!stream->n_announced)
        error = fail(GC_ERR_INVALID_BUFFER, "no buffer was announced");
    if (!error) {
        stream->started = true;
        stream->to_acquire = n;
        stream->n_delivered = 0;
    }
    pthread_mutex_unlock(&stream->lock);
    input_ready(stream);
    return error;
}

GC_API DSStopAcquisition(DS_HANDLE handle, int32_t flags)
{
    CALL;
    struct stream *stream;
    GC_ERROR error = check(handle, &stream);

    if (error)
        return error;
    if (flags != ACQ_STOP_FLAGS_DEFAULT && flags != ACQ_STOP_FLAGS_KILL)
        return fail(GC_ERR_NOT_IMPLEMENTED, "no stop flags %d", flags);
    pthread_mutex_lock(&stream->lock);
    if (!stream->started)
        error = fail(GC_ERR_RESOURCE_IN_USE, "the stream was not started");
    stream->started = false;
    wait_for_filling(stream);
    pthread_mutex_unlock(&stream->lock);
    return error;
}

/* Stops, revokes all buffers and ends the event; nothing to do where it is not open. */
void stream_close(struct stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    stream->started = false;
    wait_for_filling(stream);
    buffer_discard_all(&stream->input);
    pthread_mutex_unlock(&stream->lock);
    event_close(stream);
    for (size_t i = 0; i < stream->n_announced; i++)
        buffer_free(stream->announced[i]);
    free(stream->announced);
    stream->announced = NULL;
    stream->n_announced = stream->room = 0;
    stream->n_started = stream->n_delivered = stream->n_underrun = 0;
    handle_drop(stream->handle);
    stream->handle = NULL;
}

GC_API DSClose(DS_HANDLE handle)
{
    CALL_ALONE;
    struct stream *stream;
    GC_ERROR error = check(handle, &stream);

    if (!error)
        stream_close(stream);
    return error;
}

GC_API DSGetParentDev(DS_HANDLE handle, DEV_HANDLE *device)
{
    CALL;
    struct stream *stream;
    GC_ERROR error = check(handle, &stream);

    if (error)
        return error;
    if (no_pointer(device))
        return fail(GC_ERR_INVALID_PARAMETER, "phDevice is NULL");
    *device = stream->device->handle;
    return GC_ERR_SUCCESS;
}
