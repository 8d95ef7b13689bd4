/* What faults do to a frame's pixels, on a copy: neither a recording nor the ring is ever changed. */
#include <stdlib.h>
#include <string.h>

#include "simcam.h"

enum { ALTERED, KEPT };

static uint16_t *scratch(struct run *run, int which)
{
    const struct simcam_registers *registers = &run->device->file->registers;

    if (!run->scratch[which])
        run->scratch[which] = malloc((size_t)registers->SensorHeight * registers->SensorWidth * 2);
    return run->scratch[which];
}

/* The frame at hand waits until the next one has been delivered. False where there is no memory for that. */
bool frame_keep(struct run *run)
{
    const struct geometry *g = &run->device->geometry;
    const uint16_t *from = run->frame.pixels + (g->x_offset - run->frame.x_start);
    uint16_t *to = scratch(run, KEPT);

    if (!to)
        return false;
    for (size_t band = 0; band < g->height; band++)
        memcpy(to + band * g->width, from + band * run->frame.stride, g->width * 2);
    run->kept = run->frame;
    run->kept.pixels = to;
    run->kept.stride = g->width;
    run->kept.x_start = g->x_offset;
    run->kept.held = run->keeping = true;
    return true;
}

static double drifted(const struct device *device, const struct simcam_event *event, uint64_t line)
{
    uint64_t at = event->line == SIMCAM_NEXT ? (uint64_t)device->file->outcomes[event - device->file->events].done
                                             : line - event->line;

    return 1 + (event->amount - 1) * (double)(at + 1) / (double)event->n;
}

/* The lamp's light, 1 where nothing is wrong with it. */
double frame_light(const struct device *device, const struct frame *frame)
{
    const struct simcam_event *const *on = frame->faults;
    double light = on[FAULT_LAMP_FAILURE] ? on[FAULT_LAMP_FAILURE]->amount : 1;

    if (on[FAULT_LAMP_FLICKER])
        light *= 1 - on[FAULT_LAMP_FLICKER]->amount * fault_dice(on[FAULT_LAMP_FLICKER], frame->line);
    if (on[FAULT_LAMP_DRIFT])
        light *= drifted(device, on[FAULT_LAMP_DRIFT], frame->line);
    return light;
}

/* What a row's pixels are made from: base + (light - dark) * share, where base is `dark` or, for a leak, `under`. */
struct row {
    const uint16_t *under, *light;
    const float *dark; /* NULL: 0 */
    double full;
};

static void mix(const struct row *row, const double *shares, size_t n, uint16_t *out)
{
    for (size_t x = 0; x < n; x++) {
        double dark = row->dark ? row->dark[x] : 0, base = row->under ? row->under[x] : dark;
        double value = base + (row->light[x] - dark) * shares[x];
        value = value > 0 ? value < row->full ? value : row->full : 0;
        out[x] = (uint16_t)(value + 0.5);
    }
}

static size_t column(uint64_t sensor, const struct geometry *g)
{
    size_t x = sensor < g->x_offset ? 0 : sensor - g->x_offset;

    return x < g->width ? x : g->width;
}

static const uint16_t *scene_row(const struct device *device, const struct frame *frame)
{
    const struct mapping *m = &device->sources[SOURCE_SCENE];

    return m->pixels + frame->line % m->lines * m->samples * device->geometry.height +
           (device->geometry.x_offset - m->x_start);
}

/* The dark level of each band, from the first column of the region on; NULL where it is 0. */
static const float *dark_row(const struct device *device, size_t band)
{
    const struct simcam_file *file = device->file;
    const float *dark = (const void *)((const char *)file + file->head.dark_offset);

    return file->head.dark_offset ? dark + band * file->registers.SensorWidth + device->geometry.x_offset : NULL;
}

/* The light of each sample, as lamp and white panel give it. */
static void find_shares(const struct device *device, const struct frame *frame, double *shares)
{
    const struct simcam_event *dirt = frame->faults[FAULT_DIRTY_WHITE], *tilt = frame->faults[FAULT_TILTED_WHITE];
    const struct simcam_event *grain = frame->faults[FAULT_MOVING_WHITE];
    const struct geometry *g = &device->geometry;
    size_t first = dirt ? column(dirt->from, g) : 0, last = dirt ? column(dirt->to, g) : 0;
    double light = frame_light(device, frame), across = (double)device->file->registers.SensorWidth - 1;

    for (size_t x = 0; x < g->width; x++) {
        shares[x] = first <= x && x < last ? light * (1 - dirt->amount) : light;
        if (tilt && across > 0)
            shares[x] *= 1 + tilt->amount * (0.5 - (double)(g->x_offset + x) / across);
        if (grain)
            shares[x] *= 1 + grain->amount * (2 * fault_dice(grain, g->x_offset + x + frame->line) - 1);
    }
}

static void alter_light(const struct device *device, const struct frame *frame, double *shares, uint16_t *to)
{
    const struct simcam_event *leak = from_ring(device) ? NULL : frame->faults[FAULT_LIGHT_LEAK];
    const struct geometry *g = &device->geometry;
    const uint16_t *from = frame->pixels + (g->x_offset - frame->x_start);
    const uint16_t *scene = leak ? scene_row(device, frame) : NULL;
    double full = (1u << device->file->registers.SensorBits) - 1;

    if (leak)
        for (size_t x = 0; x < g->width; x++)
            shares[x] = leak->amount;
    else
        find_shares(device, frame, shares);

    for (size_t band = 0; band < g->height; band++, to += g->width, from += frame->stride) {
        struct row row = {.light = from, .dark = dark_row(device, band), .full = full};
        if (leak) {
            row.under = from;
            row.light = scene + band * device->sources[SOURCE_SCENE].samples;
        }
        mix(&row, shares, g->width, to);
    }
}

static void fill(uint16_t *to, size_t n, uint16_t value)
{
    for (size_t i = 0; i < n; i++)
        to[i] = value;
}

/* Points the frame to altered pixels where a fault of light is on. */
void frame_alter(struct run *run, struct frame *frame)
{
    static const int kinds[] = {FAULT_LAMP_FAILURE, FAULT_LAMP_FLICKER, FAULT_LAMP_DRIFT, FAULT_LIGHT_LEAK,
                                FAULT_DIRTY_WHITE,  FAULT_TILTED_WHITE, FAULT_MOVING_WHITE};
    const struct geometry *g = &run->device->geometry;
    bool saturated = frame->faults[FAULT_SATURATED_LINE], black = frame->faults[FAULT_BLACK_LINE], light = false;
    uint16_t *to;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        light |= frame->faults[kinds[i]] != NULL;
    if ((!light && !black && !saturated) || !(to = scratch(run, ALTERED)))
        return;
    if (!run->shares && !(run->shares = malloc(run->device->file->registers.SensorWidth * sizeof *run->shares)))
        return;
    if (black || saturated)
        fill(to, g->width * g->height, saturated ? (1u << run->device->file->registers.SensorBits) - 1 : 0);
    else
        alter_light(run->device, frame, run->shares, to);
    frame->pixels = to;
    frame->stride = g->width;
    frame->x_start = g->x_offset;
}
