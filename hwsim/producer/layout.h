/* The shared-memory file that is a simulated camera: <directory>/<serial>.simcam.
 *
 * Python (hwsim/camera.py) creates it and writes `head`, `defaults`, `control` and `sources`; the producer writes
 * `state` and, on behalf of the host, `registers`. Each counter therefore has one writer. What is pending is always
 * "wanted by the simulator" minus "done by the producer". All little-endian, naturally aligned. */
#ifndef SIMCAM_LAYOUT_H
#define SIMCAM_LAYOUT_H

#include <stdatomic.h>
#include <stdint.h>

#define SIMCAM_MAGIC "SIMCAM1"
#define SIMCAM_VERSION 1
#define SIMCAM_TEXT 64
#define SIMCAM_CHUNKS 4
#define SIMCAM_FAULTS 16
#define SIMCAM_PIXELS 64 /* offset of the pixels in a ring slot */

/* Bytes of the file that are locked (open file description locks): whoever holds one is alive. */
enum { LOCK_HOST, LOCK_SIMULATOR };
enum { SOURCE_SCENE, SOURCE_DARK, SOURCE_WHITE, SOURCES };
enum { LINK_UP, LINK_SILENT, LINK_DOWN };
enum { FAULT_DROP, FAULT_INCOMPLETE, FAULT_DUPLICATE, FAULT_REGISTER, FAULT_EVENT, FAULT_START };
enum { FRAME_INCOMPLETE = 1 };

struct simcam_head {
    char magic[8];
    uint32_t version;
    uint32_t ring_slots; /* 0: the frames are replayed from the sources */
    uint64_t slot_bytes;
    uint64_t file_bytes;
    char reserved[4096 - 32];
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
    char reserved[4096 - 4 * SIMCAM_TEXT - 8 * 30];
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
    _Atomic uint64_t faults[SIMCAM_FAULTS];
    char reserved[2048 - 8 * 9 - 8 * SIMCAM_FAULTS];
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
    _Atomic uint64_t line0_taken;
    _Atomic uint64_t ring_taken;
    _Atomic uint64_t faults_done[SIMCAM_FAULTS];
    char reserved[2048 - 16 - 8 * 10 - 8 * SIMCAM_FAULTS];
};

/* A raw file of uint16, little-endian, lines x bands x samples; an empty path means none. */
struct simcam_source {
    char path[4064];
    uint64_t offset; /* bytes */
    uint64_t lines;
    uint64_t samples;
    uint64_t x_start; /* first column on the sensor */
};

struct simcam_file {
    struct simcam_head head;
    struct simcam_registers registers;
    struct simcam_registers defaults; /* what DeviceReset restores */
    struct simcam_control control;
    struct simcam_state state;
    struct simcam_source sources[SOURCES];
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
_Static_assert(sizeof(_Atomic double) == 8 && sizeof(_Atomic uint64_t) == 8, "shared with numpy");

#endif
