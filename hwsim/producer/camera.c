/* The thread that is the camera: when a line is due, what faults do to it, and its way to the host.
 *
 * A line is exposed once, then delivered or lost. The thread waits for one thing only, the doorbell of the shared
 * file. A line that is exposed while the link is down is lost, unless the camera is lossless: then it waits. */
#define _GNU_SOURCE
#include <stdlib.h>

#include "simcam.h"

#define LINK_CHECK_NS INT64_C(20000000)

static void wait(struct run *run, uint32_t seen, int64_t deadline)
{
    if (!run->device->stop)
        bell_wait(&run->device->file->state.doorbell, seen, deadline);
}

static int64_t idle_until(void)
{
    return now_ns() + LINK_CHECK_NS;
}

static bool take_one(uint64_t *taken, uint64_t given)
{
    if (*taken >= given)
        return false;
    ++*taken;
    return true;
}

static bool triggered(struct device *device)
{
    const struct simcam_file *file = device->file;

    if (file->control.stepped)
        return take_one(&device->steps_taken, file->control.steps);
    if (file->registers.TriggerSource)
        return take_one(&device->line0_taken, file->control.line0_pulses);
    return take_one(&device->software_taken, file->state.software_triggers);
}

/* Is the next line to be exposed now? `t_ns` is then its time on the sensor; otherwise `wake` is when to look again. */
static bool due(struct run *run, struct frame *frame, int64_t *wake)
{
    const struct simcam_file *file = run->device->file;
    bool told = file->registers.TriggerMode || file->control.stepped;

    *wake = idle_until();
    if (from_ring(run->device))
        return true;
    frame->t_ns = now_ns();
    if (told || file->control.speed == 0) {
        run->due_ns = 0;
        return !told || triggered(run->device);
    }
    if (!run->due_ns)
        run->due_ns = frame->t_ns;
    *wake = run->due_ns;
    if (frame->t_ns < run->due_ns)
        return false;
    frame->t_ns = run->due_ns;
    run->due_ns += next_line_ns(run, frame);
    return true;
}

/* Does a line wait for a buffer, rather than be lost? One that a trigger asked for never does. */
static bool waits(const struct run *run)
{
    const struct simcam_file *file = run->device->file;

    return device_lossless(run->device) && (!file->registers.TriggerMode || file->control.stepped);
}

/* The frame that was kept is the next one to be delivered: after another one, or at the end of a recording. */
static void take_kept(struct run *run)
{
    run->frame = run->kept;
    run->exposed = true;
    run->keeping = false;
}

static void expose(struct run *run, uint32_t seen)
{
    struct frame frame;
    int64_t wake = idle_until();

    if (!look(run, &frame)) {
        run->due_ns = 0;
        if (run->keeping && !from_ring(run->device)) {
            take_kept(run);
        } else {
            run->device->file->registers.RecordingEnded = recording_ended(run);
            wait(run, seen, wake);
        }
        return;
    }
    if (waits(run) && !stream_ready(&run->device->stream)) {
        if (now_ns() >= run->due_ns)
            run->due_ns = 0;
        wait(run, seen, wake);
        return;
    }
    if (!due(run, &frame, &wake)) {
        wait(run, seen, wake);
        return;
    }
    stamp(run, &frame);
    run->frame = frame;
    run->exposed = true;
    run->device->file->state.exposed[frame.view] = frame.line + 1;
}

static void finish(struct run *run)
{
    run->exposed = false;
    if (!run->frame.held) {
        look_on(run);
        if (run->keeping)
            take_kept(run);
    }
}

static void lose(struct run *run, const struct simcam_event *why)
{
    struct simcam_state *state = &run->device->file->state;

    if (why)
        fault_lost(run->device, why, &run->frame);
    state->dropped++;
    state->produced++;
    finish(run);
}

static double amount(const struct run *run, const struct frame *frame, int kind)
{
    if (kind == FAULT_JITTER)
        return (double)(frame->ready_ns - frame->t_ns) * 1e-3;
    if (kind == FAULT_LAMP_FAILURE || kind == FAULT_LAMP_FLICKER || kind == FAULT_LAMP_DRIFT)
        return frame_light(run->device, frame);
    return frame->faults[kind]->amount;
}

/* What has been done to a frame that is delivered, and how much. */
static void note_faults(struct run *run, const struct frame *frame)
{
    static const int kinds[] = {
        FAULT_INCOMPLETE,   FAULT_DUPLICATE_ID, FAULT_TIME_JUMP,  FAULT_JITTER,      FAULT_SHORT_PAYLOAD,
        FAULT_BLACK_LINE,   FAULT_LAMP_FAILURE, FAULT_LAMP_DRIFT, FAULT_LAMP_FLICKER, FAULT_SATURATED_LINE,
        FAULT_STUCK_SHUTTER, FAULT_LIGHT_LEAK,  FAULT_DIRTY_WHITE,  FAULT_TILTED_WHITE,
        FAULT_MOVING_WHITE,
    };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (frame->faults[kinds[i]])
            fault_done(run->device, frame->faults[kinds[i]], frame, amount(run, frame, kinds[i]));
    if (frame->held && run->last_id > frame->id)
        fault_done(run->device, frame->faults[FAULT_OUT_OF_ORDER], frame, 1);
}

/* The frame's id as the camera's counter has it. */
static uint64_t counted(const struct simcam_control *control, uint64_t id)
{
    uint64_t bits = control->id_bits, first = control->id_from_one != 0;

    id += control->id_start;
    return bits > 0 && bits < 64 ? id % ((UINT64_C(1) << bits) - first) + first : id + first;
}

static void deliver(struct run *run, struct buffer *buffer)
{
    struct device *device = run->device;
    struct frame frame = run->frame;

    frame_alter(run, &frame);
    frame.exposure = device->file->registers.ExposureTime;
    frame.incomplete = frame.incomplete || frame.faults[FAULT_INCOMPLETE];
    frame.id -= frame.id > 0 && frame.faults[FAULT_DUPLICATE_ID];
    frame.id = counted(&device->file->control, frame.id);
    if (frame.faults[FAULT_TIME_JUMP])
        frame.t_ns += fault_amount(frame.faults[FAULT_TIME_JUMP], 1);
    if (frame.faults[FAULT_SHORT_PAYLOAD])
        frame.missing = fault_amount(frame.faults[FAULT_SHORT_PAYLOAD], 1);
    frame_write(&frame, buffer, &device->geometry);
    note_faults(run, &run->frame);
    run->last_id = run->frame.id;
    device->file->state.incomplete += frame.incomplete;
    device->file->state.delivered++;
    device->file->state.produced++;
    stream_deliver(&device->stream, buffer);
    finish(run);
}

static void send(struct run *run, uint32_t seen)
{
    struct device *device = run->device;
    struct simcam_state *state = &device->file->state;
    struct buffer *buffer = stream_take(&device->stream);

    if (buffer) {
        deliver(run, buffer);
    } else if (waits(run)) {
        wait(run, seen, idle_until());
    } else {
        state->underruns++;
        state->produced++;
        finish(run);
    }
}

/* Frames of a stall that its camera's memory has no room for. */
static bool overflows(struct run *run)
{
    if (!run->stall || run->frame.held || run->frame.t_ns >= run->stall_until || device_lossless(run->device))
        return false;
    return run->in_memory++ >= run->stall->from;
}

/* The way of the frame at hand. */
static void pass_on(struct run *run, uint32_t seen)
{
    const struct simcam_event *drop = run->frame.faults[FAULT_DROP];

    if (now_ns() < run->frame.ready_ns) {
        wait(run, seen, run->frame.ready_ns);
    } else if (device_link(run->device) != LINK_UP) {
        if (device_lossless(run->device))
            wait(run, seen, idle_until());
        else
            lose(run, run->outage);
    } else if (drop) {
        fault_done(run->device, drop, &run->frame, drop->amount);
        lose(run, drop);
    } else if (overflows(run)) {
        lose(run, run->stall);
    } else if (run->frame.faults[FAULT_OUT_OF_ORDER] && !run->frame.held && !run->keeping && frame_keep(run)) {
        run->exposed = false;
        look_on(run);
    } else {
        send(run, seen);
    }
}

static void *camera_main(void *argument)
{
    struct device *device = argument;
    const struct simcam_file *file = device->file;
    struct run run = {.device = device, .line[SOURCE_SCENE] = file->control.start_line};

    pthread_setname_np(pthread_self(), "simcam");
    if (!from_ring(device))
        run.encoder = encoder_at(device, file->control.start_line);
    stamps_begin(&run);
    while (!device->stop) {
        uint32_t seen = file->state.doorbell;
        (run.exposed ? pass_on : expose)(&run, seen);
    }
    free(run.scratch[0]);
    free(run.scratch[1]);
    free(run.shares);
    return NULL;
}

static void begin(struct device *device)
{
    struct simcam_file *file = device->file;

    device->ring_base = file->control.ring_frames;
    file->state.ring_taken = file->control.ring_pushed;
    device->software_taken = file->state.software_triggers;
    device->line0_taken = file->control.line0_pulses;
    device->steps_taken = file->control.steps;
    file->state.scene_line = file->control.start_line;
    if (!from_ring(device))
        file->state.encoder = encoder_at(device, file->control.start_line);
    for (int view = 0; view < SOURCES; view++)
        file->state.exposed[view] = 0;
    file->registers.RecordingEnded = 0;
    file->state.starts++;
    file->state.acquiring = 1;
    device->stop = false;
}

/* Under the device's lock. Starting a camera that runs is no error: some hosts do. */
GC_ERROR camera_start(struct device *device)
{
    struct simcam_file *file = device->file;
    int source = registers_source(&file->registers);
    struct geometry geometry = registers_geometry(&file->registers);

    if (device->running)
        return GC_ERR_SUCCESS;
    if (!file->head.ring_slots && !source_covers(device, source, &geometry))
        return fail(GC_ERR_INVALID_VALUE, "the region is not covered by what the camera looks at");
    device->geometry = geometry;
    begin(device);
    if (pthread_create(&device->thread, NULL, camera_main, device))
        return fail(GC_ERR_OUT_OF_MEMORY, "no thread for camera '%s'", device->id);
    device->running = true;
    bell_ring(&file->state.write_seq);
    return GC_ERR_SUCCESS;
}

/* Under the device's lock. */
void camera_stop(struct device *device)
{
    if (!device->running)
        return;
    device->stop = true;
    bell_ring(&device->file->state.doorbell);
    pthread_join(device->thread, NULL);
    device->running = false;
    device->file->state.acquiring = 0;
}
