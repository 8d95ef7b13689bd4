/* What the camera sees next: a line of a recording, or what was pushed into the ring. */
#include <math.h>

#include "simcam.h"

bool from_ring(const struct device *device)
{
    return device->file->head.ring_slots;
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
    *frame = (struct frame){.view = registers_source(&file->registers),
                            .id = slot->frame_id - run->device->ring_base,
                            .t_ns = slot->t_ns,
                            .encoder = slot->encoder,
                            .incomplete = slot->flags & FRAME_INCOMPLETE,
                            .pixels = (const uint16_t *)((const char *)slot + SIMCAM_PIXELS),
                            .stride = file->registers.SensorWidth};
    frame->line = frame->id;
    faults_at(run->device, frame);
    return true;
}

static int behind_shutter(const struct device *device)
{
    return device->file->registers.TargetSelector ? SOURCE_WHITE : SOURCE_SCENE;
}

/* Light behind the shutter can be shown only where it was recorded. */
static void keep_possible(const struct device *device, struct frame *frame)
{
    if (!source_covers(device, behind_shutter(device), &device->geometry))
        frame->faults[FAULT_STUCK_SHUTTER] = NULL;
    if (!source_covers(device, SOURCE_SCENE, &device->geometry))
        frame->faults[FAULT_LIGHT_LEAK] = NULL;
}

/* Does the camera look at a recording that was played to its end? */
bool recording_ended(const struct run *run)
{
    const struct device *device = run->device;

    return !from_ring(device) && registers_source(&device->file->registers) == SOURCE_SCENE &&
           run->line[SOURCE_SCENE] >= device->sources[SOURCE_SCENE].lines && !device->file->control.loop;
}

static bool look_at_recording(struct run *run, struct frame *frame)
{
    const struct device *device = run->device;
    int view = registers_source(&device->file->registers);
    const struct mapping *m = &device->sources[view];

    if (recording_ended(run) || !source_covers(device, view, &device->geometry))
        return false;
    if (view == SOURCE_SCENE)
        run->encoder = encoder_at(device, run->line[view]);
    *frame = (struct frame){.view = view, .line = run->line[view], .id = run->frame_id, .encoder = run->encoder};
    faults_at(device, frame);
    keep_possible(device, frame);
    m = &device->sources[frame->faults[FAULT_STUCK_SHUTTER] ? behind_shutter(device) : view];
    frame->pixels = m->pixels + frame->line % m->lines * m->samples * device->geometry.height;
    frame->stride = m->samples;
    frame->x_start = m->x_start;
    return true;
}

/* The next frame, with the faults that are on, and without its time where it is replayed. False: there is none. */
bool look(struct run *run, struct frame *frame)
{
    return (from_ring(run->device) ? look_at_ring : look_at_recording)(run, frame);
}

/* The frame at hand is done with. */
void look_on(struct run *run)
{
    struct simcam_file *file = run->device->file;
    size_t lines = run->device->sources[SOURCE_SCENE].lines;

    if (from_ring(run->device)) {
        file->state.ring_taken++;
        bell_ring(&file->state.write_seq);
        return;
    }
    run->frame_id++;
    run->line[run->frame.view]++;
    if (run->frame.view != SOURCE_SCENE)
        return;
    bool end = run->line[SOURCE_SCENE] % lines == 0;
    file->state.scene_line = end && !file->control.loop ? lines : run->line[SOURCE_SCENE] % lines;
    file->state.scene_ends += end;
}

/* From a line of a stamped recording to the next; after the last one, the mean: 0 ns, 1 encoder count. */
static double step_after(const struct mapping *m, uint64_t line, int what)
{
    const int64_t *stamp = m->stamps + 2 * line + what;

    if (line + 1 < m->lines)
        return (double)(stamp[2] - stamp[0]);
    return m->lines > 1 ? (double)(stamp[0] - m->stamps[what]) / (double)line : 0;
}

/* The encoder's count at a line of the scene, loops counted on. */
int64_t encoder_at(const struct device *device, uint64_t line)
{
    const struct simcam_control *control = &device->file->control;
    const struct mapping *m = &device->sources[SOURCE_SCENE];

    if (!m->stamps)
        return control->encoder_start + llround((double)line * control->counts_per_line);
    int64_t last = m->stamps[2 * (m->lines - 1) + 1];
    int64_t round = last - m->stamps[1] + llround(step_after(m, m->lines - 1, 1));
    return control->encoder_start + m->stamps[2 * (line % m->lines) + 1] + round * (int64_t)(line / m->lines);
}

/* From the frame to the next one that is due. A stamped recording keeps its rhythm at any frame rate, and plays as it
 * was recorded at its mean one. */
int64_t next_line_ns(const struct run *run, const struct frame *frame)
{
    const struct simcam_file *file = run->device->file;
    const struct mapping *m = &run->device->sources[SOURCE_SCENE];
    double ns = 1e9 / file->registers.AcquisitionFrameRate;

    if (frame->view == SOURCE_SCENE && m->stamps && m->lines > 1) {
        double mean = step_after(m, m->lines - 1, 0);
        ns *= mean > 0 ? fmax(step_after(m, frame->line % m->lines, 0), 0) / mean : 1;
    }
    return llround(ns / file->control.speed);
}
