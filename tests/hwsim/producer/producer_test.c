/* The producer from C, meant to be built with the sanitizers: life cycle, abuse, several cameras, and no leak. */
#include "producer_probe.h"

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

static void test_wrong_handles_nulls_and_small_buffers(void)
{
    struct host host;
    BUFFER_HANDLE buffer;

    open_all();
    connect(&host, "A");
    OK(DSAllocAndAnnounceBuffer(host.stream, BYTES, NULL, &buffer));
    probe_all(&host, buffer);
    FAILS(INVALID_HANDLE, DSQueueBuffer(host.device, buffer));
    FAILS(INVALID_HANDLE, DSQueueBuffer(host.stream, host.stream));
    FAILS(INVALID_HANDLE, GCRegisterEvent(&host, EVENT_NEW_BUFFER, NULL));
    FAILS(INVALID_PARAMETER, TLOpenInterface(tl, NULL, &interface));
    FAILS(INVALID_ID, IFOpenDevice(interface, "nobody", DEVICE_ACCESS_EXCLUSIVE, &host.device));
    FAILS(INVALID_PARAMETER, DevGetPort(host.device, NULL));
    FAILS(INVALID_PARAMETER, DevGetPort(host.device, NOWHERE));
    FAILS(INVALID_PARAMETER, IFOpenDevice(interface, NOWHERE, DEVICE_ACCESS_EXCLUSIVE, &host.device));
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

static void test_the_camera_itself_refuses_what_it_cannot_do(void)
{
    struct host host;
    size_t size = 4;
    uint32_t half = 0;
    double slow = 1e9;

    open_all();
    connect(&host, "A");
    FAILS(ACCESS_DENIED, SET(&host, SensorWidth, 1));
    FAILS(ACCESS_DENIED, SET(&host, PayloadSize, 1));
    FAILS(INVALID_VALUE, SET(&host, Width, SAMPLES + 1));
    FAILS(INVALID_VALUE, SET(&host, Height, BANDS - 1));
    FAILS(INVALID_VALUE, SET(&host, Shutter, 1));
    FAILS(INVALID_VALUE, SET(&host, TargetSelector, 1));
    FAILS(INVALID_PARAMETER, GCWritePort(host.port, offsetof(struct simcam_registers, Width), &half, &size));
    FAILS(INVALID_ADDRESS, set(host.port, sizeof(struct simcam_registers), 1));
    FAILS(INVALID_ADDRESS, set(tl, 0, 1));
    size = sizeof slow;
    FAILS(INVALID_VALUE, GCWritePort(host.port, offsetof(struct simcam_registers, ExposureTime), &slow, &size));
    OK(SET(&host, TLParamsLocked, 1));
    FAILS(BUSY, SET(&host, Width, 1));
    OK(SET(&host, TLParamsLocked, 0));
    OK(SET(&host, Width, 1));
    OK(SET(&host, DeviceReset, 1));
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

static struct host closed_meanwhile;
static atomic_bool closing;

static void *use(void *unused)
{
    struct host *host = &closed_meanwhile;

    while (closing) {
        EVENT_NEW_BUFFER_DATA data;
        uint64_t answer;
        size_t size = sizeof data, eight = 8;

        GCReadPort(host->port, offsetof(struct simcam_registers, Width), &answer, &eight);
        if (!EventGetData(host->event, &data, &size, 1)) {
            DSGetBufferInfo(host->stream, data.BufferHandle, BUFFER_INFO_FRAMEID, NULL, &answer, &eight);
            DSQueueBuffer(host->stream, data.BufferHandle);
        }
    }
    return unused;
}

static void test_another_thread_uses_what_is_closed(void)
{
    pthread_t threads[3];

    open_all();
    closing = true;
    for (int i = 0; i < 3; i++)
        CHECK(!pthread_create(&threads[i], NULL, use, NULL));
    for (int round = 0; round < 500; round++) {
        connect(&closed_meanwhile, "A");
        start(&closed_meanwhile);
        if (round % 2)
            OK(DSClose(closed_meanwhile.stream));
        OK(DevClose(closed_meanwhile.device));
    }
    closing = false;
    for (int i = 0; i < 3; i++)
        CHECK(!pthread_join(threads[i], NULL));
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
        simcam_publish(&file->control.ring_pushed, 1, &file->state.doorbell);
        expect(&host, line);
    }
    OK(GCCloseLib());
    unplug(file, "R", fd);
}

static void expect_cameras(uint32_t wanted)
{
    uint32_t before, n;
    bool8_t changed;

    OK(IFGetNumDevices(interface, &before));
    OK(IFUpdateDeviceList(interface, &changed, 0));
    OK(IFGetNumDevices(interface, &n));
    CHECK(n == wanted && changed == (n != before));
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
    file->control.link = LINK_UP;
    OK(GCCloseLib());
    unplug(file, "X", fd);
}

static void test_a_camera_whose_simulator_died_is_lost(const char *scene)
{
    struct host host;
    EVENT_NEW_BUFFER_DATA data;
    size_t size = sizeof data, four = sizeof(int32_t), eight = 8;
    int32_t access;
    int64_t width;
    int fd;
    struct simcam_file *file = plug_in("X", scene, 0, &fd);

    open_all();
    connect(&host, "X");
    OK(GCReadPort(host.port, offsetof(struct simcam_registers, Width), &width, &eight));
    struct flock none = {.l_type = F_UNLCK, .l_start = LOCK_SIMULATOR, .l_len = 1};
    CHECK(!fcntl(fd, F_OFD_SETLK, &none)); /* what the end of a process does */
    FAILS(IO, GCReadPort(host.port, offsetof(struct simcam_registers, Width), &width, &eight));
    FAILS(IO, EventGetData(host.event, &data, &size, GENTL_INFINITE));
    OK(DevGetInfo(host.device, DEVICE_INFO_ACCESS_STATUS, NULL, &access, &four));
    CHECK(access == DEVICE_ACCESS_STATUS_NOACCESS);
    expect_cameras(3);
    OK(GCCloseLib());
    unplug(file, "X", fd);
}

static void script(struct simcam_file *file, uint32_t kind, uint64_t line, uint64_t n, double amount, uint64_t from)
{
    struct simcam_event *event = &file->events[file->control.events];

    *event = (struct simcam_event){.kind = kind, .view = SOURCES, .line = line, .n = n, .amount = amount, .from = from};
    event->to = SAMPLES;
    simcam_publish(&file->control.events, 1, &file->state.doorbell);
}

static void fill_table(struct simcam_file *file)
{
    const double amounts[] = {1, -1, 1e300, -1e300, 0.5};

    memset(file->outcomes, 0, sizeof file->outcomes);
    for (unsigned i = file->control.events = 0; i < SIMCAM_EVENTS; i++)
        script(file, rand() % (FAULT_SILENCE + 2), i % 3 ? i * 7u % LINES : SIMCAM_NEXT, i % 5 ? i % 4 : UINT64_MAX,
               amounts[i % 5], i % 7 ? i % SAMPLES : UINT64_MAX);
    for (struct simcam_event *event = file->events; event < file->events + SIMCAM_EVENTS; event++) {
        if (event->kind == FAULT_STALL || event->kind == FAULT_JITTER)
            event->amount = 1;
        if (event->kind == FAULT_DROP)
            event->n = event->line % 40 == 7;
        if (event->kind >= FAULT_SILENCE) /* which would end it: no such kind instead */
            event->kind += FAULTS;
    }
    file->control.events = UINT64_MAX;
}

/* Whatever the table says, the producer stays within its memory, and every line is delivered, or lost and counted. */
static void test_any_table_of_faults_is_survived(struct simcam_file *file)
{
    struct host host;
    EVENT_NEW_BUFFER_DATA data;
    size_t size;

    open_all();
    connect(&host, "A");
    for (int round = 0; round < 5; round++) {
        uint64_t before = file->state.produced, delivered = file->state.delivered;
        fill_table(file);
        file->control.speed = round % 2 ? 0 : 20;
        start(&host);
        while (file->state.produced < before + LINES) {
            size = sizeof data;
            if (!EventGetData(host.event, &data, &size, 1))
                OK(DSQueueBuffer(host.stream, data.BufferHandle));
        }
        CHECK(file->state.delivered > delivered);
        CHECK(file->state.produced == file->state.delivered + file->state.dropped + file->state.underruns);
        stop(&host);
    }
    OK(GCCloseLib());
    file->control.events = file->control.speed = 0;
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
    test_the_camera_itself_refuses_what_it_cannot_do();
    test_starting_and_stopping_many_times(files[0]);
    test_several_cameras_at_once();
    test_a_waiter_is_ended_by_kill_and_by_unregister();
    test_another_thread_uses_what_is_closed();
    test_any_register_write_is_survived();
    test_frames_come_through_the_ring();
    test_a_broken_file_is_no_camera(scene);
    test_a_camera_whose_simulator_died_is_lost(scene);
    test_any_table_of_faults_is_survived(files[0]);
    for (int i = 0; i < 3; i++)
        unplug(files[i], ids[i], fds[i]);
    puts("all passed");
    return 0;
}
