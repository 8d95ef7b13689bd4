/* The shared-memory file that is a simulated camera: <directory>/<serial>.simcam.
 *
 * Python (hwsim/camera/sim_camera.py) creates it and writes `head`, `defaults`, `control`, `sources` and `events`; the producer
 * writes `state`, `outcomes` and, on behalf of the host, `registers`. Each counter therefore has one writer. What is
 * pending is always "wanted by the simulator" minus "done by the producer". All little-endian, naturally aligned. */
#ifndef SIMCAM_LAYOUT_H
#define SIMCAM_LAYOUT_H

#include <stdatomic.h>
#include <stdint.h>

#define SIMCAM_MAGIC "SIMCAM1"
#define SIMCAM_VERSION 4
#define SIMCAM_TEXT 64
#define SIMCAM_CHUNKS 4
#define SIMCAM_EVENTS 1024
#define SIMCAM_NEXT UINT64_MAX /* an event at this line is on from the next one on */
#define SIMCAM_PATH 2016
#define SIMCAM_PIXELS 64 /* offset of the pixels in a ring slot */

/* Bytes of the file that are locked (open file description locks): whoever holds one is alive. */
enum { LOCK_HOST, LOCK_SIMULATOR };
enum { SOURCE_SCENE, SOURCE_DARK, SOURCE_WHITE, SOURCES };
enum { LINK_UP, LINK_SILENT, LINK_DOWN };
/* Said one by one in hwsim/camera/layout.py. */
enum { FAULT_DROP, FAULT_INCOMPLETE, FAULT_DUPLICATE_ID, FAULT_OUT_OF_ORDER, FAULT_TIME_JUMP, FAULT_ID_RESET,
       FAULT_JITTER, FAULT_STALL, FAULT_SHORT_PAYLOAD, FAULT_ENCODER_SLIP, FAULT_ENCODER_ROLLOVER,
       FAULT_ENCODER_REVERSAL, FAULT_SATURATED_LINE, FAULT_BLACK_LINE, FAULT_LAMP_FAILURE, FAULT_LAMP_FLICKER,
       FAULT_LAMP_DRIFT, FAULT_STUCK_SHUTTER, FAULT_LIGHT_LEAK, FAULT_DIRTY_WHITE, FAULT_SILENCE, FAULT_DISCONNECT,
       FAULT_REGISTER_ERROR, FAULT_EVENT_ERROR, FAULT_FAILED_START, FAULT_TILTED_WHITE, FAULT_MOVING_WHITE, FAULTS };
enum { FRAME_INCOMPLETE = 1 };

struct simcam_head {
    char magic[8];
    uint32_t version;
    uint32_t ring_slots; /* 0: the frames are replayed from the sources */
    uint64_t slot_bytes;
    uint64_t file_bytes;
    uint64_t dark_offset; /* of the mean dark level, float SensorHeight x SensorWidth; 0: none, the level is 0 */
    uint64_t xml_offset, xml_bytes; /* of its node map; 0 bytes: camera.xml */
    char reserved[4096 - 56];
};

/* Offsets are the addresses of camera.xml; a test compares them. */
struct simcam_registers {
    char DeviceVendorName[SIMCAM_TEXT];
    char DeviceModelName[SIMCAM_TEXT];
    char DeviceSerialNumber[SIMCAM_TEXT];
    char DeviceUserID[SIMCAM_TEXT];
    _Atomic int64_t SensorWidth;
    _Atomic int64_t SensorHeight;
    _Atomic int64_t Width;
    _Atomic int64_t Height;
    _Atomic int64_t OffsetX;
    _Atomic int64_t PixelFormat;
    _Atomic int64_t PayloadSize;
    _Atomic double ExposureTime;
    _Atomic double AcquisitionFrameRate;
    _Atomic double Gain;
    _Atomic double DeviceTemperature;
    _Atomic int64_t AcquisitionMode;
    _Atomic int64_t AcquisitionStart;
    _Atomic int64_t AcquisitionStop;
    _Atomic int64_t TriggerMode;
    _Atomic int64_t TriggerSource;
    _Atomic int64_t TriggerSoftware;
    _Atomic int64_t Shutter;
    _Atomic int64_t TargetSelector;
    _Atomic int64_t ChunkModeActive;
    _Atomic int64_t ChunkSelector;
    _Atomic int64_t ChunkEnable[SIMCAM_CHUNKS];
    _Atomic int64_t TLParamsLocked;
    _Atomic int64_t DeviceReset;
    _Atomic int64_t DarkAvailable;
    _Atomic int64_t WhiteAvailable;
    _Atomic int64_t SensorBits;
    _Atomic int64_t RecordingEnded;
    char reserved[4096 - 4 * SIMCAM_TEXT - 8 * 31];
};

/* Written by the simulator only. */
struct simcam_control {
    _Atomic double speed; /* factor on AcquisitionFrameRate; 0: lossless, as fast as buffers are queued */
    _Atomic double counts_per_line;
    _Atomic int64_t encoder_start;
    _Atomic uint64_t start_line; /* of the scene, in force from the next AcquisitionStart on */
    _Atomic uint32_t loop;
    _Atomic uint32_t link;
    _Atomic uint64_t line0_pulses;
    _Atomic uint64_t ring_pushed; /* slots filled */
    _Atomic uint64_t ring_frames; /* frames made, with those that found the ring full */
    _Atomic uint64_t patient; /* paced, but a line waits for a buffer rather than be lost */
    _Atomic uint64_t stepped; /* a frame only when told */
    _Atomic uint64_t steps;   /* frames told of */
    _Atomic int64_t reboot_ns; /* for so long the link is down after DeviceReset */
    _Atomic uint64_t events;  /* rows of the table that are in force */
    _Atomic uint64_t id_bits; /* of the counter of frame ids; 0: 64 */
    _Atomic uint64_t id_from_one; /* it has no 0 */
    _Atomic uint64_t id_start;
    _Atomic int64_t settle_ns; /* for so long an exposure reads back as it was written */
    _Atomic double exposure_step; /* us; it settles at a multiple of that. 0: where it was written */
    char reserved[2048 - 8 * 18];
};

/* Written by the producer only, except `doorbell`, which anyone rings. */
struct simcam_state {
    _Atomic uint32_t doorbell; /* futex: something that the camera's thread waits for has happened */
    _Atomic uint32_t write_seq; /* futex: a register was written, or a ring slot was taken */
    _Atomic uint32_t acquiring;
    uint32_t reserved_word;
    _Atomic uint64_t starts;
    _Atomic uint64_t produced; /* = delivered + dropped + underruns */
    _Atomic uint64_t delivered;
    _Atomic uint64_t underruns;
    _Atomic uint64_t dropped;
    _Atomic uint64_t incomplete; /* among the delivered */
    _Atomic uint64_t scene_line; /* the next one */
    _Atomic uint64_t scene_ends;
    _Atomic uint64_t software_triggers;
    _Atomic uint64_t ring_taken;
    _Atomic uint64_t exposed[SOURCES]; /* one more than the last line of each, since AcquisitionStart */
    _Atomic int64_t encoder;           /* of the last line, as it was recorded or pushed */
    _Atomic int64_t encoder_offset;    /* what slips and reversals have left behind */
    _Atomic int64_t link;              /* until `link_until`, by a fault or a reboot */
    _Atomic int64_t link_until;
    char reserved[2048 - 16 - 8 * 17];
};

/* A raw file of uint16, little-endian, lines x bands x samples; an empty path means none. `stamps`: a raw file of
 * int64, lines x 2: nanoseconds and encoder count; an empty path means that lines are as far apart as frames. */
struct simcam_source {
    char path[SIMCAM_PATH];
    char stamps[SIMCAM_PATH];
    char reserved[32];
    uint64_t offset; /* bytes */
    uint64_t lines;
    uint64_t samples;
    uint64_t x_start; /* first column on the sensor */
};

/* A fault, `n` times from `line` of a view on; for an access to the camera, from the exposure of `line` on.
 *
 * A line is that of the scene, loops counted on; with a ring, or for dark and white, it is the number of frames since
 * AcquisitionStart. */
struct simcam_event {
    uint32_t kind;
    uint32_t view; /* SOURCE_*, or SOURCES for any */
    uint64_t line;
    uint64_t n;
    double amount;
    uint64_t seed;
    uint64_t from, to; /* samples of the sensor; FAULT_STALL: `from` frames fit into the camera's memory */
    char reserved[8];
};

/* What became of an event. `lost`: frames lost by it. `value`: the amount, as it was at the last of them. */
struct simcam_outcome {
    _Atomic uint64_t done;
    _Atomic uint64_t lost;
    _Atomic uint64_t line, first_id, last_id;
    _Atomic int64_t t_ns;
    _Atomic double value;
    char reserved[8];
};

struct simcam_file {
    struct simcam_head head;
    struct simcam_registers registers;
    struct simcam_registers defaults; /* what DeviceReset restores */
    struct simcam_control control;
    struct simcam_state state;
    struct simcam_source sources[SOURCES];
    struct simcam_event events[SIMCAM_EVENTS];
    struct simcam_outcome outcomes[SIMCAM_EVENTS];
};

/* Followed by SensorHeight x SensorWidth uint16 at SIMCAM_PIXELS. */
struct simcam_slot {
    uint64_t frame_id;
    int64_t t_ns;
    int64_t encoder;
    uint64_t flags;
    uint64_t size; /* bytes of pixels */
};

_Static_assert(sizeof(struct simcam_head) == 4096, "one page");
_Static_assert(sizeof(struct simcam_registers) == 4096, "one page");
_Static_assert(sizeof(struct simcam_control) + sizeof(struct simcam_state) == 4096, "one page");
_Static_assert(sizeof(struct simcam_source) == 4096, "one page");
_Static_assert(sizeof(struct simcam_event) == 64 && sizeof(struct simcam_outcome) == 64, "one cache line");
_Static_assert(sizeof(_Atomic double) == 8 && sizeof(_Atomic uint64_t) == 8, "shared with numpy");

#endif
