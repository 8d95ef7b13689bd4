/* What is asked of a stream and of its buffers. */
#include "simcam.h"

static GC_ERROR check(DS_HANDLE handle, struct stream **stream)
{
    return check_handle(handle, KIND_STREAM, (void **)stream);
}

static GC_ERROR stream_info(struct stream *stream, int32_t command, struct out out)
{
    switch (command) {
    case STREAM_INFO_ID:
        return put_text(out, STREAM_ID);
    case STREAM_INFO_NUM_DELIVERED:
        return put_u64(out, stream->n_delivered);
    case STREAM_INFO_NUM_UNDERRUN:
        return put_u64(out, stream->n_underrun);
    case STREAM_INFO_NUM_ANNOUNCED:
        return put_size(out, stream->n_announced);
    case STREAM_INFO_NUM_QUEUED:
        return put_size(out, stream->input.n + (stream->filling != NULL));
    case STREAM_INFO_NUM_AWAIT_DELIVERY:
        return put_size(out, stream->output.n);
    case STREAM_INFO_NUM_STARTED:
        return put_u64(out, stream->n_started);
    case STREAM_INFO_PAYLOAD_SIZE:
        return put_size(out, registers_geometry(&stream->device->file->registers).payload_bytes);
    case STREAM_INFO_IS_GRABBING:
        return put_bool(out, stream->started);
    case STREAM_INFO_DEFINES_PAYLOADSIZE:
        return put_bool(out, true);
    case STREAM_INFO_TLTYPE:
        return put_text(out, TL_TYPE);
    case STREAM_INFO_NUM_CHUNKS_MAX:
        return put_size(out, SIMCAM_CHUNKS);
    case STREAM_INFO_BUF_ANNOUNCE_MIN:
    case STREAM_INFO_BUF_ALIGNMENT:
        return put_size(out, 1);
    }
    return unknown_command("stream info", command);
}

GC_API DSGetInfo(DS_HANDLE handle, int32_t command, INFO_DATATYPE *type, void *buffer, size_t *size)
{
    CALL;
    struct stream *stream;
    GC_ERROR error = check(handle, &stream);

    if (error)
        return error;
    pthread_mutex_lock(&stream->lock);
    error = stream_info(stream, command, (struct out){type, buffer, size});
    pthread_mutex_unlock(&stream->lock);
    return error;
}

GC_API DSGetBufferID(DS_HANDLE handle, uint32_t index, BUFFER_HANDLE *buffer)
{
    CALL;
    struct stream *stream;
    GC_ERROR error = check(handle, &stream);

    if (error)
        return error;
    if (no_pointer(buffer))
        return fail(GC_ERR_INVALID_PARAMETER, "phBuffer is NULL");
    pthread_mutex_lock(&stream->lock);
    if (index >= stream->n_announced)
        error = fail(GC_ERR_INVALID_INDEX, "%zu buffers were announced", stream->n_announced);
    else
        *buffer = stream->announced[index]->handle;
    pthread_mutex_unlock(&stream->lock);
    return error;
}

static size_t data_bytes(const struct buffer *buffer)
{
    return buffer->new_data ? buffer->geometry.payload_bytes : 0;
}

/* They come last: a payload that is too short has none. */
static bool has_chunks(const struct buffer *buffer)
{
    return buffer->geometry.chunks && buffer->filled && buffer->filled == data_bytes(buffer);
}

/* About the image. */
static GC_ERROR image_info(const struct buffer *buffer, int32_t command, struct out out)
{
    const struct geometry *g = &buffer->geometry;

    switch (command) {
    case BUFFER_INFO_WIDTH:
        return put_size(out, g->width);
    case BUFFER_INFO_HEIGHT:
    case BUFFER_INFO_DELIVERED_IMAGEHEIGHT:
        return put_size(out, g->height);
    case BUFFER_INFO_XOFFSET:
        return put_size(out, g->x_offset);
    case BUFFER_INFO_YOFFSET:
    case BUFFER_INFO_XPADDING:
    case BUFFER_INFO_YPADDING:
    case BUFFER_INFO_IMAGEOFFSET:
        return put_size(out, 0);
    case BUFFER_INFO_PIXELFORMAT:
        return put_u64(out, g->pixel_format);
    case BUFFER_INFO_PIXELFORMAT_NAMESPACE:
        return put_u64(out, PIXELFORMAT_NAMESPACE_PFNC_32BIT);
    case BUFFER_INFO_PIXEL_ENDIANNESS:
        return put_i32(out, PIXELENDIANNESS_LITTLE);
    case BUFFER_INFO_IMAGEPRESENT:
        return put_bool(out, buffer->new_data);
    case BUFFER_INFO_PAYLOADTYPE:
        return put_size(out, PAYLOAD_TYPE_IMAGE);
    case BUFFER_INFO_CONTAINS_CHUNKDATA:
        return put_bool(out, has_chunks(buffer));
    case BUFFER_INFO_DELIVERED_CHUNKPAYLOADSIZE:
        return put_size(out, has_chunks(buffer) ? buffer->filled : 0);
    case BUFFER_INFO_CHUNKLAYOUTID: /* which there are, and where */
        return put_u64(out, g->chunks ? (uint64_t)g->image_chunk_bytes << SIMCAM_CHUNKS | g->chunks : 0);
    }
    return unknown_command("buffer info", command);
}

/* About the buffer, and what is not about the image. */
static GC_ERROR buffer_info(const struct buffer *buffer, int32_t command, struct out out)
{
    switch (command) {
    case BUFFER_INFO_BASE:
        return put_pointer(out, buffer->base);
    case BUFFER_INFO_SIZE:
        return put_size(out, buffer->size);
    case BUFFER_INFO_USER_PTR:
        return put_pointer(out, buffer->user);
    case BUFFER_INFO_TIMESTAMP:
    case BUFFER_INFO_TIMESTAMP_NS:
        return put_u64(out, buffer->t_ns);
    case BUFFER_INFO_NEW_DATA:
        return put_bool(out, buffer->new_data);
    case BUFFER_INFO_IS_QUEUED:
        return put_bool(out, buffer->place != UNQUEUED);
    case BUFFER_INFO_IS_ACQUIRING:
        return put_bool(out, buffer->place == FILLING);
    case BUFFER_INFO_IS_INCOMPLETE:
        return put_bool(out, buffer->new_data && buffer->incomplete);
    case BUFFER_INFO_TLTYPE:
        return put_text(out, TL_TYPE);
    case BUFFER_INFO_SIZE_FILLED:
        return put_size(out, buffer->filled);
    case BUFFER_INFO_DATA_SIZE:
        return put_size(out, data_bytes(buffer));
    case BUFFER_INFO_FRAMEID:
        return put_u64(out, buffer->frame_id);
    case BUFFER_INFO_FILENAME:
        return fail(GC_ERR_NOT_AVAILABLE, "the payload is no file");
    case BUFFER_INFO_DATA_LARGER_THAN_BUFFER:
        return put_bool(out, buffer->new_data && buffer->too_small);
    }
    return image_info(buffer, command, out);
}

GC_API DSGetBufferInfo(DS_HANDLE handle, BUFFER_HANDLE buffer_handle, int32_t command, INFO_DATATYPE *type,
                       void *answer, size_t *size)
{
    CALL;
    struct buffer *buffer;
    GC_ERROR error = check_buffer(handle, buffer_handle, &buffer);

    if (error)
        return error;
    pthread_mutex_lock(&buffer->stream->lock);
    error = buffer_info(buffer, command, (struct out){type, answer, size});
    pthread_mutex_unlock(&buffer->stream->lock);
    return error;
}

static unsigned chunk_list(const struct geometry *geometry, SINGLE_CHUNK_DATA list[SIMCAM_CHUNKS])
{
    size_t offset = geometry->image_chunk_bytes + TRAILER_BYTES;
    unsigned n = 0;

    for (unsigned i = 0; i < SIMCAM_CHUNKS; i++)
        if (geometry->chunks & 1u << i) {
            list[n++] = (SINGLE_CHUNK_DATA){i + 1, offset, CHUNK_BYTES};
            offset += CHUNK_BYTES + TRAILER_BYTES;
        }
    return n;
}

GC_API DSGetBufferChunkData(DS_HANDLE handle, BUFFER_HANDLE buffer_handle, SINGLE_CHUNK_DATA *chunks, size_t *n)
{
    CALL;
    SINGLE_CHUNK_DATA list[SIMCAM_CHUNKS];
    struct buffer *buffer;
    GC_ERROR error = check_buffer(handle, buffer_handle, &buffer);
    size_t present;

    if (error)
        return error;
    if (no_pointer(n))
        return fail(GC_ERR_INVALID_PARAMETER, "piNumChunks is NULL");
    pthread_mutex_lock(&buffer->stream->lock);
    present = has_chunks(buffer) ? chunk_list(&buffer->geometry, list) : 0;
    pthread_mutex_unlock(&buffer->stream->lock);
    if (!present)
        return fail(GC_ERR_NO_DATA, "the buffer has no chunk data");
    if (chunks && *n < present)
        return fail(GC_ERR_BUFFER_TOO_SMALL, "there are %zu chunks", present);
    for (size_t i = 0; chunks && i < present; i++)
        chunks[i] = list[i];
    *n = present;
    return GC_ERR_SUCCESS;
}

static GC_ERROR not_multipart(DS_HANDLE handle, BUFFER_HANDLE buffer_handle)
{
    struct buffer *buffer;
    GC_ERROR error = check_buffer(handle, buffer_handle, &buffer);

    return error ? error : fail(GC_ERR_NO_DATA, "the payload is one image");
}

GC_API DSGetNumBufferParts(DS_HANDLE handle, BUFFER_HANDLE buffer_handle, uint32_t *n)
{
    CALL;
    GC_ERROR error = not_multipart(handle, buffer_handle);

    if (error == GC_ERR_NO_DATA && no_pointer(n))
        return fail(GC_ERR_INVALID_PARAMETER, "piNumParts is NULL");
    return error;
}

GC_API DSGetBufferPartInfo(DS_HANDLE handle, BUFFER_HANDLE buffer_handle, uint32_t part, int32_t command,
                           INFO_DATATYPE *type, void *buffer, size_t *size)
{
    CALL;
    (void)part, (void)command, (void)type, (void)buffer, (void)size;
    return not_multipart(handle, buffer_handle);
}
