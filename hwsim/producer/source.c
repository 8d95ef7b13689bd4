/* Recordings, mapped; and the one copy of a frame, from a recording or a ring slot into the host's buffer. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "simcam.h"

static bool fits(const struct simcam_source *source, size_t bands, size_t sensor, size_t file_bytes)
{
    size_t frame;

    if (!source->lines || !source->samples || source->samples > sensor || source->x_start > sensor - source->samples)
        return false;
    frame = source->samples * bands * 2;
    return source->offset % 2 == 0 && source->offset <= file_bytes &&
           source->lines <= (file_bytes - source->offset) / frame;
}

/* The whole file, mapped; NULL and errno where it cannot be. */
static void *map_file(const char *path, size_t *bytes)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *base = MAP_FAILED;
    struct stat status;

    if (fd >= 0 && !fstat(fd, &status)) {
        *bytes = status.st_size;
        base = mmap(NULL, *bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    if (fd >= 0)
        close(fd);
    return base == MAP_FAILED ? NULL : base;
}

static GC_ERROR map_stamps(const struct simcam_source *source, struct mapping *mapping)
{
    void *base = map_file(source->stamps, &mapping->stamps_bytes);

    if (!base)
        return fail(GC_ERR_IO, "%s: %s", source->stamps, strerror(errno));
    mapping->stamps = base;
    if (mapping->stamps_bytes / 16 < source->lines)
        return fail(GC_ERR_IO, "%s: fewer stamps than lines", source->stamps);
    return GC_ERR_SUCCESS;
}

static GC_ERROR map(const struct simcam_source *source, size_t bands, size_t sensor, struct mapping *mapping)
{
    size_t bytes;
    void *base = map_file(source->path, &bytes);

    if (!base)
        return fail(GC_ERR_IO, "%s: %s", source->path, strerror(errno));
    if (!fits(source, bands, sensor, bytes)) {
        munmap(base, bytes);
        return fail(GC_ERR_IO, "%s: truncated, or wider than the sensor", source->path);
    }
    *mapping = (struct mapping){.pixels = (const uint16_t *)((const char *)base + source->offset),
                                .base = base,
                                .bytes = bytes,
                                .lines = source->lines,
                                .samples = source->samples,
                                .x_start = source->x_start};
    return *source->stamps ? map_stamps(source, mapping) : GC_ERR_SUCCESS;
}

GC_ERROR source_open_all(struct device *device)
{
    const struct simcam_registers *registers = &device->file->registers;
    GC_ERROR error = GC_ERR_SUCCESS;

    for (int i = 0; i < SOURCES && !error; i++) {
        struct simcam_source source = device->file->sources[i];
        source.path[sizeof source.path - 1] = source.stamps[sizeof source.stamps - 1] = 0;
        if (*source.path)
            error = map(&source, registers->SensorHeight, registers->SensorWidth, &device->sources[i]);
    }
    return error;
}

void source_close_all(struct device *device)
{
    for (int i = 0; i < SOURCES; i++) {
        struct mapping *m = &device->sources[i];
        if (m->pixels)
            munmap(m->base, m->bytes);
        if (m->stamps)
            munmap((void *)m->stamps, m->stamps_bytes);
    }
}

bool source_covers(const struct device *device, int source, const struct geometry *geometry)
{
    const struct mapping *m = &device->sources[source];

    return m->pixels && geometry->x_offset >= m->x_start &&
           geometry->x_offset + geometry->width <= m->x_start + m->samples;
}

/* Past the caches, as a frame grabber's DMA writes: a host on another core reads from memory rather than from ours. */
static void copy_past_caches(uint8_t *to, const void *from, size_t bytes)
{
#ifdef __SSE2__
    const uint8_t *source = from;
    size_t head = -(uintptr_t)to % 16;

    if (bytes >= 4096) {
        memcpy(to, source, head);
        for (to += head, source += head, bytes -= head; bytes >= 64; to += 64, source += 64, bytes -= 64)
            for (size_t i = 0; i < 64; i += 16)
                _mm_stream_si128((__m128i *)(to + i), _mm_loadu_si128((const __m128i *)(source + i)));
        _mm_sfence();
        from = source;
    }
#endif
    memcpy(to, from, bytes);
}

static void write_plain(const uint16_t *from, size_t stride, const struct geometry *g, uint8_t *to)
{
    size_t row = g->width * 2;

    if (stride == g->width)
        copy_past_caches(to, from, row * g->height);
    else
        for (size_t band = 0; band < g->height; band++)
            memcpy(to + band * row, from + band * stride, row);
}

static uint8_t *write_trailer(uint8_t *to, uint32_t id, size_t bytes)
{
    uint32_t words[] = {htobe32(id), htobe32((uint32_t)bytes)};

    memcpy(to, words, TRAILER_BYTES);
    return to + TRAILER_BYTES;
}

static void write_chunks(const struct frame *frame, const struct geometry *g, uint8_t *to)
{
    const void *values[SIMCAM_CHUNKS] = {&frame->id, &frame->t_ns, &frame->exposure, &frame->encoder};

    memset(to + g->image_bytes, 0, g->image_chunk_bytes - g->image_bytes);
    to = write_trailer(to + g->image_chunk_bytes, IMAGE_CHUNK, g->image_chunk_bytes);
    for (unsigned i = 0; i < SIMCAM_CHUNKS; i++)
        if (g->chunks & 1u << i) {
            memcpy(to, values[i], CHUNK_BYTES);
            to = write_trailer(to + CHUNK_BYTES, i + 1, CHUNK_BYTES);
        }
}

/* Bytes of a payload that come. */
static size_t coming(const struct frame *frame, const struct geometry *geometry)
{
    size_t all = geometry->payload_bytes;

    if (frame->incomplete)
        return geometry->image_bytes / 2;
    return frame->missing < all ? all - frame->missing : 0;
}

/* The region of interest, cut and packed. A buffer that is too small stays untouched; of a frame that is incomplete or
 * too short come the whole bands, and the rest of the buffer stays what it was. */
void frame_write(const struct frame *frame, struct buffer *buffer, const struct geometry *geometry)
{
    const uint16_t *from = frame->pixels + (geometry->x_offset - frame->x_start);
    struct geometry part = *geometry;

    buffer->geometry = *geometry;
    buffer->frame_id = frame->id;
    buffer->t_ns = frame->t_ns;
    buffer->new_data = true;
    buffer->too_small = buffer->size < geometry->payload_bytes;
    buffer->incomplete = frame->incomplete || buffer->too_small;
    buffer->filled = buffer->too_small ? 0 : coming(frame, geometry);
    if (buffer->too_small)
        return;
    if (buffer->filled < geometry->image_bytes)
        part.height = part.height * buffer->filled / geometry->image_bytes;
    if (!pixels_pack(from, frame->stride, &part, buffer->base))
        write_plain(from, frame->stride, &part, buffer->base);
    if (geometry->chunks && buffer->filled == geometry->payload_bytes)
        write_chunks(frame, geometry, buffer->base);
}
