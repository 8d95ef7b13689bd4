/* The inside of the producer: its objects, and what the files offer each other. */
#ifndef SIMCAM_H
#define SIMCAM_H

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>

#include "gentl.h"
#include "layout.h"

#define TL_TYPE "Custom"
#define VENDOR "Oreline"
#define PRODUCER_MODEL "simcam"
#define PRODUCER_VERSION "1.0.0"
#define INTERFACE_ID "simcam-interface"
#define STREAM_ID "simcam-stream"

enum kind { KIND_NONE, KIND_SYSTEM, KIND_INTERFACE, KIND_DEVICE, KIND_REMOTE, KIND_STREAM, KIND_BUFFER, KIND_EVENT };
enum { MONO8 = 0x01080001, MONO10 = 0x01100003, MONO10P = 0x010A0046, MONO10_PACKED = 0x010C0004, MONO12 = 0x01100005,
       MONO12P = 0x010C0047, MONO12_PACKED = 0x010C0006, MONO14 = 0x01100025, MONO14P = 0x010E0104, MONO16 = 0x01100007 };

/* In chunk mode a payload is chunks from its first byte to its last, the image and then the enabled ones. Each is
 * followed by a trailer, its id and size as big-endian words: as from a GigE Vision camera, so that a host may read from
 * the end of the buffer what DSGetBufferChunkData says too. */
enum { CHUNK_BYTES = 8, TRAILER_BYTES = 8, IMAGE_CHUNK = SIMCAM_CHUNKS + 1 };

/* What a frame looks like; latched at AcquisitionStart. */
struct geometry {
    size_t width, height, x_offset;
    int64_t pixel_format;
    size_t image_bytes, image_chunk_bytes, payload_bytes; /* the image's chunk ends on a multiple of 8 */
    unsigned chunks; /* bit n: chunk n is appended; 0 where chunk mode is off */
};

/* A frame before it is in a buffer. */
struct frame {
    int view;      /* SOURCE_* by the registers */
    uint64_t line; /* of the view; see struct simcam_event */
    uint64_t id;
    int64_t t_ns, encoder;
    int64_t ready_ns; /* not delivered before */
    double exposure;
    bool incomplete;
    size_t missing; /* bytes that its payload is too short */
    bool held; /* back for its delivery, after the frame that followed it */
    const uint16_t *pixels; /* bands x stride, the first of them at column x_start of the sensor */
    size_t stride, x_start;
    const struct simcam_event *faults[FAULTS]; /* those that are on */
};

enum place { UNQUEUED, INPUT, FILLING, OUTPUT };

struct buffer {
    BUFFER_HANDLE handle;
    struct stream *stream;
    uint8_t *base;
    size_t size;
    void *user;
    bool owned;
    enum place place;
    struct buffer *next; /* in its queue */
    struct geometry geometry;
    uint64_t frame_id;
    int64_t t_ns;
    size_t filled;
    bool new_data, incomplete, too_small;
};

struct queue {
    struct buffer *head, *tail;
    size_t n;
};

/* Buffers and the new-buffer event, which is a view of the output queue. Guarded by `lock`. */
struct stream {
    DS_HANDLE handle;
    EVENT_HANDLE event;
    struct device *device;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct buffer **announced;
    size_t n_announced, room;
    struct queue input, output;
    struct buffer *filling;
    bool started;
    uint64_t to_acquire; /* buffers that are still to be filled */
    uint64_t n_started, n_delivered, n_underrun, n_fired;
    unsigned waiters, kills;
};

struct mapping {
    const uint16_t *pixels; /* NULL: no such source */
    void *base;
    size_t bytes, lines, samples, x_start;
    const int64_t *stamps; /* lines x (ns, encoder count), or NULL */
    size_t stamps_bytes;
};

struct device {
    DEV_HANDLE handle;
    PORT_HANDLE remote;
    struct device *next;
    char id[SIMCAM_TEXT];
    int fd;
    struct simcam_file *file;
    struct mapping sources[SOURCES];
    int64_t exposure_ns; /* when the exposure was written; 0: it has settled */
    pthread_mutex_t lock; /* register writes, start and stop; never taken by the camera's thread */
    pthread_t thread;
    bool running;
    atomic_bool stop;
    struct geometry geometry; /* of the run, like what follows */
    uint64_t ring_base;
    uint64_t software_taken, line0_taken, steps_taken;
    struct stream stream;
};

/* From AcquisitionStart to AcquisitionStop; of the camera's thread. */
struct run {
    struct device *device;
    uint64_t frame_id;
    uint64_t line[SOURCES]; /* the next one of each */
    int64_t encoder;        /* of the last line of the scene, as it was recorded */
    int64_t due_ns;         /* 0: at once */
    struct frame frame, kept;
    bool exposed;          /* `frame` is to be delivered */
    bool keeping;          /* `kept` comes after the next frame */
    double *shares;        /* a sensor's width, made when needed: the light of each sample */
    uint16_t *scratch[2];  /* a sensor's pixels each, made when needed: altered ones, and those of `kept` */
    uint64_t id_base, last_id;
    int64_t encoder_before, phase, modulus, turns; /* modulus 0: the encoder's counter does not wrap */
    const struct simcam_event *rollover, *stall, *outage;
    int64_t stall_until;
    uint64_t in_memory; /* frames that came during the stall */
};

struct identity {
    char id[SIMCAM_TEXT], vendor[SIMCAM_TEXT], model[SIMCAM_TEXT], serial[SIMCAM_TEXT], user[SIMCAM_TEXT];
};

/* What the standard calls an invalid pointer. */
static inline bool no_pointer(const void *pointer)
{
    return !pointer || (uintptr_t)pointer == UINTPTR_MAX;
}

/* call.c: the first line of every exported function says how it goes with those of other threads. */
#define CALL bool under_way __attribute__((cleanup(call_end), unused)) = call_begin()
#define CALL_ALONE bool under_way __attribute__((cleanup(call_end), unused)) = call_begin_alone()
bool call_begin(void);
bool call_begin_alone(void);
void call_end(bool *under_way);

/* error.c: the code is returned, and kept with its text for GCGetLastError. */
GC_ERROR fail(GC_ERROR code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* info.c: every answer goes through `put`, which implements the size protocol. */
struct out {
    INFO_DATATYPE *type;
    void *buffer;
    size_t *size;
};
GC_ERROR put(struct out out, INFO_DATATYPE type, const void *data, size_t size);
GC_ERROR put_text(struct out out, const char *text);
GC_ERROR put_bool(struct out out, bool value);
GC_ERROR put_size(struct out out, size_t value);
GC_ERROR put_u64(struct out out, uint64_t value);
GC_ERROR put_i32(struct out out, int32_t value);
GC_ERROR put_pointer(struct out out, void *value);
GC_ERROR put_device(struct out out, int32_t command, const struct identity *identity, int32_t access);
GC_ERROR unknown_command(const char *function, int32_t command);

/* handle.c: handles are numbers, never addresses; a stale one is recognised. */
void *handle_new(enum kind kind, void *object);
void handle_drop(void *handle);
enum kind handle_find(void *handle, void **object);
void *handle_object(void *handle, enum kind kind);

/* library.c, system.c */
bool library_ready(void);
GC_ERROR check_handle(void *handle, enum kind kind, void **object);
GC_ERROR system_info(int32_t command, struct out out);
void system_close(void);
void interface_close(void);
GC_ERROR interface_open(IF_HANDLE *handle);
GC_ERROR interface_info(int32_t command, struct out out);
IF_HANDLE interface_handle(void);
TL_HANDLE system_handle(void);

/* file.c: the directory of cameras. */
size_t file_list(struct identity **list);
GC_ERROR file_open(const char *id, int *fd, struct simcam_file **file);
void file_close(int fd, struct simcam_file *file);
bool file_identity(const char *id, struct identity *identity, int *link);
bool file_locked(int fd, int byte);
bool file_lock(int fd, int byte);
int32_t file_access(const char *id);
int file_link(const struct simcam_file *file);
void file_link_drop(struct simcam_file *file, int link, int64_t ns);

/* device.c */
GC_ERROR device_open(const char *id, DEV_HANDLE *handle);
void device_close_all(void);
struct device *device_by_id(const char *id);
void device_identity(const struct simcam_file *file, const char *id, struct identity *identity);
int device_link(const struct device *device);
bool device_lossless(const struct device *device);

/* registers.c */
GC_ERROR registers_read(struct device *device, uint64_t address, void *buffer, size_t size);
GC_ERROR registers_write(struct device *device, uint64_t address, const void *buffer, size_t size);
struct geometry registers_geometry(const struct simcam_registers *registers);
int registers_source(const struct simcam_registers *registers);

/* pixels.c */
unsigned pixel_bits(int64_t format);
size_t pixel_bytes(int64_t format, size_t pixels);
bool pixels_pack(const uint16_t *from, size_t stride, const struct geometry *geometry, uint8_t *to);

/* source.c */
GC_ERROR source_open_all(struct device *device);
void source_close_all(struct device *device);
bool source_covers(const struct device *device, int source, const struct geometry *geometry);
void frame_write(const struct frame *frame, struct buffer *buffer, const struct geometry *geometry);

/* look.c: what the camera sees next. */
bool from_ring(const struct device *device);
bool look(struct run *run, struct frame *frame);
bool recording_ended(const struct run *run);
void look_on(struct run *run);
int64_t encoder_at(const struct device *device, uint64_t line);
int64_t next_line_ns(const struct run *run, const struct frame *frame);

/* faults.c: the table of events. */
void faults_at(const struct device *device, struct frame *frame);
void fault_done(struct device *device, const struct simcam_event *event, const struct frame *frame, double value);
void fault_lost(struct device *device, const struct simcam_event *event, const struct frame *frame);
bool fault_access(struct device *device, uint32_t kind);
int64_t fault_amount(const struct simcam_event *event, double factor);
double fault_dice(const struct simcam_event *event, uint64_t line);

/* stamps.c: what faults do to ids, clock, encoder and delivery. */
void stamps_begin(struct run *run);
void stamp(struct run *run, struct frame *frame);

/* light.c: what faults do to pixels. */
bool frame_keep(struct run *run);
void frame_alter(struct run *run, struct frame *frame);
double frame_light(const struct device *device, const struct frame *frame);

/* stream.c, announce.c */
bool stream_ready(struct stream *stream);
void stream_init(struct stream *stream, struct device *device);
void stream_close(struct stream *stream);
struct buffer *stream_take(struct stream *stream);
void stream_deliver(struct stream *stream, struct buffer *buffer);
void queue_push(struct queue *queue, struct buffer *buffer, enum place place);
struct buffer *queue_pop(struct queue *queue);
void buffer_discard_all(struct queue *queue);
GC_ERROR check_buffer(DS_HANDLE handle, BUFFER_HANDLE buffer_handle, struct buffer **buffer);
void buffer_free(struct buffer *buffer);

/* event.c */
void event_close(struct stream *stream);

/* camera.c: the thread that is the camera. */
GC_ERROR camera_start(struct device *device);
void camera_stop(struct device *device);

/* bell.c: futexes, in the shared file. */
int64_t now_ns(void);
void bell_ring(_Atomic uint32_t *word);
void bell_wait(_Atomic uint32_t *word, uint32_t seen, int64_t deadline_ns);

/* xml.c */
extern const uint8_t xml_module[], xml_module_end[], xml_camera[], xml_camera_end[];

#endif
