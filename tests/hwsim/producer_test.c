/* The producer from C, meant to be built with the sanitizers: life cycle, abuse, several cameras, and no leak. */
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

void simcam_publish(_Atomic uint64_t *counter, _Atomic uint32_t *bell);

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

/* What hwsim/camera.py does; returns the mapping, and leaves the lock's descriptor in *fd. */
static struct simcam_file *plug_in(const char *id, const char *scene, unsigned slots, int *fd)
{
    size_t bytes = sizeof(struct simcam_file) + slots * SLOT_BYTES;
    char path[4200];

    snprintf(path, sizeof path, "%s/%s.simcam", folder(), id);
    *fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(*fd >= 0 && !ftruncate(*fd, bytes) && file_lock(*fd, LOCK_SIMULATOR));
    struct simcam_file *file = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    CHECK(file != MAP_FAILED);
    file->head = (struct simcam_head){SIMCAM_MAGIC, SIMCAM_VERSION, slots, SLOT_BYTES, bytes, ""};
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

static void test_nothing_works_before_init(void)
{
    uint32_t n;
    size_t size = 8;

    FAILS(NOT_INITIALIZED, TLOpen(&tl));
    FAILS(NOT_INITIALIZED, GCCloseLib());
    FAILS(NOT_INITIALIZED, GCGetNumPortURLs(NULL, &n));
    FAILS(NOT_INITIALIZED, GCGetInfo(TL_INFO_ID, NULL, NULL, &size));
    FAILS(NOT_INITIALIZED, DSQueueBuffer(NULL, NULL));
    OK(GCInitLib());
    FAILS(RESOURCE_IN_USE, GCInitLib());
    OK(GCCloseLib());
}

typedef GC_ERROR info(void *, int32_t, INFO_DATATYPE *, void *, size_t *);

static void probe(info *function, void *handle)
{
    void *wrong[] = {NULL, (void *)1, (void *)UINTPTR_MAX, &function};
    INFO_DATATYPE type;
    char text[256];
    size_t size;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        FAILS(INVALID_HANDLE, function(wrong[i], 0, &type, NULL, &size));
    for (int32_t command = -1; command < 40; command++) {
        FAILS(INVALID_PARAMETER, function(handle, 0, &type, text, NULL));
        if (function(handle, command, &type, NULL, &size))
            continue;
        size_t needed = size--;
        FAILS(BUFFER_TOO_SMALL, function(handle, command, &type, text, &size));
        char *exact = malloc(needed);
        size = needed;
        OK(function(handle, command, NULL, exact, &size));
        CHECK(size == needed);
        free(exact);
    }
}

static GC_ERROR buffer_info(void *buffer, int32_t command, INFO_DATATYPE *type, void *answer, size_t *size)
{
    extern DS_HANDLE probed_stream;
    return DSGetBufferInfo(probed_stream, buffer, command, type, answer, size);
}

DS_HANDLE probed_stream;

static void test_wrong_handles_nulls_and_small_buffers(void)
{
    struct host host;
    BUFFER_HANDLE buffer;

    open_all();
    connect(&host, "A");
    OK(DSAllocAndAnnounceBuffer(host.stream, BYTES, NULL, &buffer));
    probed_stream = host.stream;
    probe(TLGetInfo, tl);
    probe(IFGetInfo, interface);
    probe(DevGetInfo, host.device);
    probe(DSGetInfo, host.stream);
    probe(EventGetInfo, host.event);
    probe(buffer_info, buffer);
    void *ports[] = {tl, interface, host.device, host.port, host.stream};
    for (int i = 0; i < 5; i++)
        probe(GCGetPortInfo, ports[i]);
    FAILS(INVALID_HANDLE, DSQueueBuffer(host.device, buffer));
    FAILS(INVALID_HANDLE, DSQueueBuffer(host.stream, host.stream));
    FAILS(INVALID_HANDLE, GCRegisterEvent(&host, EVENT_NEW_BUFFER, NULL));
    FAILS(INVALID_PARAMETER, TLOpenInterface(tl, NULL, &interface));
    FAILS(INVALID_ID, IFOpenDevice(interface, "nobody", DEVICE_ACCESS_EXCLUSIVE, &host.device));
    FAILS(INVALID_PARAMETER, DevGetPort(host.device, NULL));
    FAILS(RESOURCE_IN_USE, IFOpenDevice(interface, "A", DEVICE_ACCESS_EXCLUSIVE, &host.device));
    FAILS(RESOURCE_IN_USE, DevOpenDataStream(host.device, STREAM_ID, &host.stream));
    FAILS(NOT_IMPLEMENTED, DSGetNumFlows(host.stream, NULL));
    OK(DSClose(host.stream));
    FAILS(INVALID_HANDLE, DSClose(host.stream));
    FAILS(INVALID_HANDLE, DSQueueBuffer(host.stream, buffer));
    OK(DevClose(host.device));
    FAILS(INVALID_HANDLE, DevClose(host.device));
    OK(TLClose(tl));
    FAILS(INVALID_HANDLE, IFClose(interface));
    OK(GCCloseLib());
}

static void test_absurd_announces_are_refused(void)
{
    struct host host;
    char memory[BYTES];
    BUFFER_HANDLE buffer, other;

    open_all();
    connect(&host, "A");
    FAILS(INVALID_PARAMETER, DSAnnounceBuffer(host.stream, NULL, SIZE_MAX, NULL, &buffer));
    FAILS(INVALID_PARAMETER, DSAnnounceBuffer(host.stream, memory, SIZE_MAX, NULL, &buffer));
    FAILS(INVALID_PARAMETER, DSAnnounceBuffer(host.stream, memory, 0, NULL, &buffer));
    FAILS(INVALID_PARAMETER, DSAnnounceBuffer(host.stream, memory, BYTES, NULL, NULL));
    FAILS(INVALID_PARAMETER, DSAllocAndAnnounceBuffer(host.stream, SIZE_MAX, NULL, &buffer));
    FAILS(INVALID_BUFFER, DSStartAcquisition(host.stream, 0, 1));
    OK(DSAnnounceBuffer(host.stream, memory, BYTES - 1, memory, &buffer));
    FAILS(RESOURCE_IN_USE, DSAnnounceBuffer(host.stream, memory, BYTES, NULL, &other));
    OK(DSQueueBuffer(host.stream, buffer));
    FAILS(RESOURCE_IN_USE, DSQueueBuffer(host.stream, buffer));
    FAILS(BUSY, DSRevokeBuffer(host.stream, buffer, NULL, NULL));
    OK(DSStartAcquisition(host.stream, 0, 1));
    OK(SET(&host, AcquisitionStart, 1));
    EVENT_NEW_BUFFER_DATA data;
    size_t size = sizeof data;
    OK(EventGetData(host.event, &data, &size, GENTL_INFINITE));
    CHECK(data.BufferHandle == buffer && data.pUserPointer == memory);
    bool8_t too_small = 0;
    size = 1;
    OK(DSGetBufferInfo(host.stream, buffer, BUFFER_INFO_DATA_LARGER_THAN_BUFFER, NULL, &too_small, &size));
    CHECK(too_small);
    OK(GCCloseLib());
}

static void test_starting_and_stopping_many_times(struct simcam_file *file)
{
    struct host host;

    open_all();
    connect(&host, "A");
    for (int i = 0; i < 100; i++) {
        file->control.speed = i % 2;
        start(&host);
        if (i % 3)
            expect(&host, 0);
        stop(&host);
    }
    file->control.speed = 0;
    start(&host); /* and closed while it streams */
    OK(GCCloseLib());
}

static void test_several_cameras_at_once(void)
{
    const char *ids[] = {"A", "B", "C"};
    struct host hosts[3];
    pthread_t threads[3];

    open_all();
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 3; i++) {
            connect(&hosts[i], ids[i]);
            CHECK(!pthread_create(&threads[i], NULL, play, &hosts[i]));
        }
        for (int i = 0; i < 3; i++) {
            CHECK(!pthread_join(threads[i], NULL));
            OK(DevClose(hosts[i].device));
        }
    }
    OK(GCCloseLib());
}

static void *wait_forever(void *host)
{
    EVENT_NEW_BUFFER_DATA data;
    size_t size = sizeof data;

    FAILS(ABORT, EventGetData(((struct host *)host)->event, &data, &size, GENTL_INFINITE));
    return NULL;
}

static void test_a_waiter_is_ended_by_kill_and_by_unregister(void)
{
    struct host host;
    pthread_t thread;

    open_all();
    connect(&host, "A");
    CHECK(!pthread_create(&thread, NULL, wait_forever, &host));
    OK(EventKill(host.event));
    CHECK(!pthread_join(thread, NULL));
    CHECK(!pthread_create(&thread, NULL, wait_forever, &host));
    size_t size = sizeof(uint64_t);
    struct stream *stream = handle_object(host.stream, KIND_STREAM);
    for (bool waiting = false; !waiting;) {
        pthread_mutex_lock(&stream->lock);
        waiting = stream->waiters;
        pthread_mutex_unlock(&stream->lock);
    }
    OK(GCUnregisterEvent(host.stream, EVENT_NEW_BUFFER));
    CHECK(!pthread_join(thread, NULL));
    FAILS(INVALID_HANDLE, EventGetInfo(host.event, EVENT_NUM_FIRED, NULL, NULL, &size));
    OK(GCCloseLib());
}

static void test_any_register_write_is_survived(void)
{
    struct host host;
    uint64_t seed = 1, values[] = {0, 1, 2, SAMPLES, BANDS, MONO12P, MONO16, INT64_MAX, UINT64_MAX, 0x7FF8000000000000};

    open_all();
    connect(&host, "A");
    for (int i = 0; i < 20000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        size_t size = seed >> 60, address = (seed >> 40) % 560;
        GCWritePort(host.port, address, &values[(seed >> 32) % 9], &size);
        if (seed >> 33 & 1)
            set(host.port, 256 + 8 * ((seed >> 34) % 34), values[(seed >> 50) % 10]);
    }
    uint64_t byte;
    size_t one = 1, all = SIZE_MAX;
    FAILS(INVALID_ADDRESS, GCReadPort(host.port, UINT64_MAX, &byte, &one));
    FAILS(INVALID_ADDRESS, GCReadPort(host.port, 8, &byte, &all));
    FAILS(INVALID_ADDRESS, GCReadPort(tl, 0x100000 + 8, &byte, &all));
    FAILS(INVALID_PARAMETER, GCReadPort(host.port, 0, NULL, &one));
    OK(SET(&host, DeviceReset, 1));
    start(&host);
    expect(&host, 0);
    OK(GCCloseLib());
}

static void test_frames_come_through_the_ring(void)
{
    struct host host;
    int fd;
    struct simcam_file *file = plug_in("R", NULL, SLOTS, &fd);

    open_all();
    connect(&host, "R");
    start(&host);
    for (uint64_t line = 0; line < 3 * SLOTS; line++) {
        struct simcam_slot *slot = (void *)((char *)(file + 1) + line % SLOTS * SLOT_BYTES);
        uint16_t *pixels = (void *)((char *)slot + SIMCAM_PIXELS);
        *slot = (struct simcam_slot){.frame_id = line, .size = BYTES};
        for (size_t i = 0; i < BANDS * SAMPLES; i++)
            pixels[i] = pixel(line, i / SAMPLES, i % SAMPLES);
        simcam_publish(&file->control.ring_pushed, &file->state.doorbell);
        expect(&host, line);
    }
    OK(GCCloseLib());
    unplug(file, "R", fd);
}

static void expect_cameras(uint32_t wanted)
{
    uint32_t n;

    OK(IFUpdateDeviceList(interface, NULL, 0));
    OK(IFGetNumDevices(interface, &n));
    CHECK(n == wanted);
}

static void test_a_broken_file_is_no_camera(const char *scene)
{
    DEV_HANDLE device;
    int fd;
    struct simcam_file *file = plug_in("X", scene, 0, &fd);

    open_all();
    expect_cameras(4);
    file->sources[SOURCE_SCENE].lines = UINT64_MAX;
    FAILS(IO, IFOpenDevice(interface, "X", DEVICE_ACCESS_EXCLUSIVE, &device));
    strcpy(file->sources[SOURCE_SCENE].path, "/nowhere");
    FAILS(IO, IFOpenDevice(interface, "X", DEVICE_ACCESS_EXCLUSIVE, &device));
    file->head.version++;
    expect_cameras(3);
    file->head.version--;
    file->head.ring_slots = UINT32_MAX;
    expect_cameras(3);
    file->head.ring_slots = 0;
    file->registers.SensorWidth = INT64_MIN;
    expect_cameras(3);
    file->registers.SensorWidth = SAMPLES;
    expect_cameras(4);
    file->control.link = LINK_DOWN;
    FAILS(NOT_AVAILABLE, IFOpenDevice(interface, "X", DEVICE_ACCESS_EXCLUSIVE, &device));
    OK(GCCloseLib());
    unplug(file, "X", fd);
}

int main(void)
{
    const char *scene = recording(), *ids[] = {"A", "B", "C"};
    struct simcam_file *files[3];
    int fds[3];

    for (int i = 0; i < 3; i++)
        files[i] = plug_in(ids[i], scene, 0, &fds[i]);
    test_nothing_works_before_init();
    test_wrong_handles_nulls_and_small_buffers();
    test_absurd_announces_are_refused();
    test_starting_and_stopping_many_times(files[0]);
    test_several_cameras_at_once();
    test_a_waiter_is_ended_by_kill_and_by_unregister();
    test_any_register_write_is_survived();
    test_frames_come_through_the_ring();
    test_a_broken_file_is_no_camera(scene);
    for (int i = 0; i < 3; i++)
        unplug(files[i], ids[i], fds[i]);
    puts("all passed");
    return 0;
}
