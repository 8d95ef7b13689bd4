/* The thread that is the camera: what it looks at, when it is due, and one frame after another.
 *
 * It waits for one thing only, the doorbell of the shared file. */
#include <math.h>
#include <string.h>

#include "simcam.h"

#define LINK_CHECK_NS INT64_C(20000000)

struct run {
    struct device *device;
    uint64_t frame_id, ring_base;
    int source;              /* of the frame at hand */
    uint64_t line[SOURCES]; /* the next one of each */
    uint64_t loops;
    bool scene_over;
    int64_t due_ns; /* 0: at once */
    int64_t encoder;
};

static void wait(struct run *run, uint32_t seen, int64_t deadline)
{
    if (!run->device->stop)
        bell_wait(&run->device->file->state.doorbell, seen, deadline);
}

static int64_t idle_until(void)
{
    return now_ns() + LINK_CHECK_NS;
}

static bool from_ring(const struct run *run)
{
    return run->device->file->head.ring_slots;
}

static const struct simcam_slot *slot_at(const struct device *device, uint64_t index)
{
    const struct simcam_file *file = device->file;

    return (const void *)((const char *)(file + 1) + index % file->head.ring_slots * file->head.slot_bytes);
}

static bool look_at_ring(struct run *run, struct frame *frame)
{
    struct simcam_file *file = run->device->file;
    uint64_t taken = file->state.ring_taken;
    const struct simcam_slot *slot = slot_at(run->device, taken);

    if (taken == file->control.ring_pushed)
        return false;
    *frame = (struct frame){.id = slot->frame_id - run->ring_base,
                            .t_ns = slot->t_ns,
                            .encoder = slot->encoder,
                            .incomplete = slot->flags & FRAME_INCOMPLETE,
                            .pixels = (const uint16_t *)((const char *)slot + SIMCAM_PIXELS),
                            .stride = file->registers.SensorWidth};
    return true;
}

static bool look_at_recording(struct run *run, struct frame *frame)
{
    const struct simcam_control *control = &run->device->file->control;
    int source = run->source = registers_source(&run->device->file->registers);
    const struct mapping *m = &run->device->sources[source];
    uint64_t line = run->line[source];

    if ((source == SOURCE_SCENE && run->scene_over) || !source_covers(run->device, source, &run->device->geometry))
        return false;
    if (source == SOURCE_SCENE)
        run->encoder = control->encoder_start + llround((run->loops * m->lines + line) * control->counts_per_line);
    *frame = (struct frame){.id = run->frame_id,
                            .encoder = run->encoder,
                            .pixels = m->pixels + line * m->samples * run->device->geometry.height,
                            .stride = m->samples,
                            .x_start = m->x_start};
    return true;
}

static bool triggered(struct run *run)
{
    struct device *device = run->device;
    bool line0 = device->file->registers.TriggerSource;

    if (line0 ? device->file->state.line0_taken >= device->file->control.line0_pulses : !device->software_triggers)
        return false;
    atomic_fetch_add(line0 ? &device->file->state.line0_taken : &device->software_triggers, line0 ? 1 : -1);
    return true;
}

/* Is the next line to be exposed now? `t_ns` is then its time on the sensor; otherwise `wake` is when to look again. */
static bool due(struct run *run, struct frame *frame, int64_t *wake)
{
    const struct simcam_file *file = run->device->file;
    double speed = file->control.speed;

    *wake = idle_until();
    if (from_ring(run))
        return true;
    frame->t_ns = now_ns();
    if (file->registers.TriggerMode || speed == 0) {
        run->due_ns = 0;
        return !file->registers.TriggerMode || triggered(run);
    }
    if (!run->due_ns)
        run->due_ns = frame->t_ns;
    *wake = run->due_ns;
    if (frame->t_ns < run->due_ns)
        return false;
    frame->t_ns = run->due_ns;
    run->due_ns += llround(1e9 / (file->registers.AcquisitionFrameRate * speed));
    return true;
}

static void advance_recording(struct run *run)
{
    struct simcam_file *file = run->device->file;
    bool end = ++run->line[run->source] >= run->device->sources[run->source].lines;

    run->frame_id++;
    if (end)
        run->line[run->source] = 0;
    if (run->source != SOURCE_SCENE)
        return;
    run->loops += end;
    run->scene_over = end && !file->control.loop;
    file->state.scene_line = run->scene_over ? run->device->sources[SOURCE_SCENE].lines : run->line[SOURCE_SCENE];
    file->state.scene_ends += end;
}

static void advance(struct run *run)
{
    struct simcam_state *state = &run->device->file->state;

    if (!from_ring(run)) {
        advance_recording(run);
        return;
    }
    state->ring_taken++;
    bell_ring(&state->write_seq);
}

static void deliver(struct run *run, struct frame *frame, struct buffer *buffer)
{
    struct device *device = run->device;

    frame->exposure = device->file->registers.ExposureTime;
    frame->incomplete = frame->incomplete || fault(device, FAULT_INCOMPLETE);
    frame->id -= frame->id > 0 && fault(device, FAULT_DUPLICATE);
    frame_write(frame, buffer, &device->geometry);
    device->file->state.incomplete += frame->incomplete;
    device->file->state.delivered++;
    device->file->state.produced++;
    stream_deliver(&device->stream, buffer);
}

/* One look: at most one frame, else a wait. */
static void step(struct run *run)
{
    struct device *device = run->device;
    struct simcam_state *state = &device->file->state;
    uint32_t seen = state->doorbell;
    bool lossless = device_lossless(device);
    struct buffer *buffer;
    struct frame frame;
    int64_t wake;

    if (!(from_ring(run) ? look_at_ring : look_at_recording)(run, &frame) || device_link(device) != LINK_UP) {
        run->due_ns = 0;
        wait(run, seen, idle_until());
        return;
    }
    if (!due(run, &frame, &wake)) {
        wait(run, seen, wake);
        return;
    }
    if (fault(device, FAULT_DROP)) {
        state->dropped++;
        state->produced++;
        advance(run);
        return;
    }
    buffer = stream_take(&device->stream);
    if (!buffer && lossless && !device->file->registers.TriggerMode) {
        run->due_ns = 0;
        wait(run, seen, idle_until());
        return;
    }
    if (buffer) {
        deliver(run, &frame, buffer);
    } else {
        state->underruns++;
        state->produced++;
    }
    advance(run);
}

static void *camera_main(void *argument)
{
    struct device *device = argument;
    const struct simcam_file *file = device->file;
    uint64_t first = file->control.start_line, lines = device->sources[SOURCE_SCENE].lines;
    struct run run = {.device = device, .ring_base = device->ring_base, .scene_over = first >= lines};

    run.line[SOURCE_SCENE] = run.scene_over ? 0 : first;
    run.encoder = file->control.encoder_start + llround(first * file->control.counts_per_line);
    while (!device->stop)
        step(&run);
    return NULL;
}

static void begin(struct device *device)
{
    struct simcam_file *file = device->file;

    device->ring_base = file->control.ring_frames;
    file->state.ring_taken = file->control.ring_pushed;
    file->state.line0_taken = file->control.line0_pulses;
    file->state.scene_line = file->control.start_line;
    file->state.starts++;
    file->state.acquiring = 1;
    device->software_triggers = 0;
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
