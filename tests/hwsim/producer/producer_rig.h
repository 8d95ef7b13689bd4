/* The rig of producer_test.c: simulated cameras, and a host that streams from them. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "simcam.h"

enum { LINES = 50, BANDS = 6, SAMPLES = 9, SLOTS = 4, BYTES = BANDS * SAMPLES * 2, BUFFERS = 4 };
enum { SLOT_BYTES = (SIMCAM_PIXELS + BYTES + 63) / 64 * 64 };

#define CHECK(condition)                                                                                             \
    do {                                                                                                             \
        if (!(condition)) {                                                                                          \
            fprintf(stderr, "line %d: not %s\n", __LINE__, #condition);                                              \
            exit(1);                                                                                                 \
        }                                                                                                            \
    } while (0)
#define OK(call) CHECK((call) == GC_ERR_SUCCESS)
#define FAILS(error, call) CHECK((call) == GC_ERR_##error)

struct host {
    char id[SIMCAM_TEXT];
    IF_HANDLE interface;
    DEV_HANDLE device;
    PORT_HANDLE port;
    DS_HANDLE stream;
    EVENT_HANDLE event;
    BUFFER_HANDLE buffers[BUFFERS];
};

void simcam_publish(_Atomic uint64_t *counter, uint64_t n, _Atomic uint32_t *bell);

static TL_HANDLE tl;
static IF_HANDLE interface;

static const char *folder(void)
{
    return getenv("ORELINE_SIMCAM");
}

static uint16_t pixel(size_t line, size_t band, size_t sample)
{
    return (line * 131 + band * 17 + sample) % 4096;
}

static const char *recording(void)
{
    static char path[4000];

    snprintf(path, sizeof path, "%s/scene.raw", folder());
    FILE *file = fopen(path, "wb");
    CHECK(file);
    for (size_t i = 0; i < LINES * BANDS * SAMPLES; i++) {
        uint16_t value = pixel(i / (BANDS * SAMPLES), i / SAMPLES % BANDS, i % SAMPLES);
        CHECK(fwrite(&value, 2, 1, file) == 1);
    }
    CHECK(!fclose(file));
    return path;
}

/* What hwsim/camera/sim_camera.py does; returns the mapping, and leaves the lock's descriptor in *fd. */
static struct simcam_file *plug_in(const char *id, const char *scene, unsigned slots, int *fd)
{
    size_t bytes = sizeof(struct simcam_file) + slots * SLOT_BYTES;
    char path[4200];

    snprintf(path, sizeof path, "%s/%s.simcam", folder(), id);
    *fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(*fd >= 0 && !ftruncate(*fd, bytes) && file_lock(*fd, LOCK_SIMULATOR));
    struct simcam_file *file = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    CHECK(file != MAP_FAILED);
    file->head = (struct simcam_head){.magic = SIMCAM_MAGIC,
                                      .version = SIMCAM_VERSION,
                                      .ring_slots = slots,
                                      .slot_bytes = SLOT_BYTES,
                                      .file_bytes = bytes};
    struct simcam_registers *r = &file->registers;
    strcpy(r->DeviceVendorName, "Oreline");
    strcpy(r->DeviceSerialNumber, id);
    r->SensorWidth = r->Width = SAMPLES;
    r->SensorHeight = r->Height = BANDS;
    r->PixelFormat = MONO12;
    r->SensorBits = 12;
    r->ExposureTime = 100;
    r->AcquisitionFrameRate = 1000;
    file->defaults = *r;
    if (scene)
        strcpy(file->sources[SOURCE_SCENE].path, scene);
    file->sources[SOURCE_SCENE].lines = LINES;
    file->sources[SOURCE_SCENE].samples = SAMPLES;
    return file;
}

static void unplug(struct simcam_file *file, const char *id, int fd)
{
    char path[4200];

    snprintf(path, sizeof path, "%s/%s.simcam", folder(), id);
    CHECK(!unlink(path));
    CHECK(!munmap(file, file->head.file_bytes));
    CHECK(!close(fd));
}

static void open_all(void)
{
    bool8_t changed;

    OK(GCInitLib());
    OK(TLOpen(&tl));
    OK(TLUpdateInterfaceList(tl, &changed, 100));
    OK(TLOpenInterface(tl, INTERFACE_ID, &interface));
    OK(IFUpdateDeviceList(interface, NULL, 100));
}

static void connect(struct host *host, const char *id)
{
    snprintf(host->id, sizeof host->id, "%s", id);
    OK(IFOpenDevice(interface, id, DEVICE_ACCESS_EXCLUSIVE, &host->device));
    OK(DevGetPort(host->device, &host->port));
    OK(DevOpenDataStream(host->device, STREAM_ID, &host->stream));
    OK(GCRegisterEvent(host->stream, EVENT_NEW_BUFFER, &host->event));
}

static GC_ERROR set(PORT_HANDLE port, size_t address, int64_t value)
{
    size_t size = sizeof value;

    return GCWritePort(port, address, &value, &size);
}

#define SET(host, feature, value) set((host)->port, offsetof(struct simcam_registers, feature), value)

static void start(struct host *host)
{
    for (int i = 0; i < BUFFERS; i++) {
        OK(DSAllocAndAnnounceBuffer(host->stream, BYTES, NULL, &host->buffers[i]));
        OK(DSQueueBuffer(host->stream, host->buffers[i]));
    }
    OK(DSStartAcquisition(host->stream, ACQ_START_FLAGS_DEFAULT, GENTL_INFINITE));
    OK(SET(host, AcquisitionStart, 1));
}

static void stop(struct host *host)
{
    OK(SET(host, AcquisitionStop, 1));
    OK(DSStopAcquisition(host->stream, ACQ_STOP_FLAGS_KILL));
    OK(DSFlushQueue(host->stream, ACQ_QUEUE_ALL_DISCARD));
    for (int i = 0; i < BUFFERS; i++)
        OK(DSRevokeBuffer(host->stream, host->buffers[i], NULL, NULL));
}

/* The next frame must be line `line`, under the same id. */
static void expect(struct host *host, uint64_t line)
{
    EVENT_NEW_BUFFER_DATA data;
    size_t size = sizeof data;
    uint64_t id;
    uint16_t *pixels;

    OK(EventGetData(host->event, &data, &size, 10000));
    size = sizeof id;
    OK(DSGetBufferInfo(host->stream, data.BufferHandle, BUFFER_INFO_FRAMEID, NULL, &id, &size));
    size = sizeof pixels;
    OK(DSGetBufferInfo(host->stream, data.BufferHandle, BUFFER_INFO_BASE, NULL, &pixels, &size));
    CHECK(id == line);
    for (size_t i = 0; i < BANDS * SAMPLES; i++)
        CHECK(pixels[i] == pixel(line, i / SAMPLES, i % SAMPLES));
    OK(DSQueueBuffer(host->stream, data.BufferHandle));
}

static void *play(void *host)
{
    start(host);
    for (uint64_t line = 0; line < LINES; line++)
        expect(host, line);
    stop(host);
    return NULL;
}
