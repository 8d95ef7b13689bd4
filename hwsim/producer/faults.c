/* The table of scripted faults: which of them are on, and what became of each.
 *
 * An event that has been done as often as it asks for is over, also where its lines are played once more. */
#include <math.h>
#include <string.h>

#include "simcam.h"

static size_t n_events(const struct device *device)
{
    uint64_t n = device->file->control.events;

    return n < SIMCAM_EVENTS ? n : SIMCAM_EVENTS;
}

static bool is_over(const struct device *device, size_t i)
{
    return device->file->outcomes[i].done >= device->file->events[i].n;
}

static bool covers(const struct simcam_event *event, int view, uint64_t line)
{
    if (event->kind >= FAULTS || (event->view != SOURCES && event->view != (uint32_t)view))
        return false;
    return event->line == SIMCAM_NEXT || (line >= event->line && line - event->line < event->n);
}

/* Sets `frame->faults` by its view and line. */
void faults_at(const struct device *device, struct frame *frame)
{
    size_t n = n_events(device);

    memset(frame->faults, 0, sizeof frame->faults);
    for (size_t i = 0; i < n; i++) {
        const struct simcam_event *event = &device->file->events[i];
        if (covers(event, frame->view, frame->line) && !is_over(device, i))
            frame->faults[event->kind] = event;
    }
}

static struct simcam_outcome *outcome_of(struct device *device, const struct simcam_event *event)
{
    return &device->file->outcomes[event - device->file->events];
}

static void note(struct simcam_outcome *outcome, const struct frame *frame)
{
    if (!outcome->done && !outcome->lost) {
        outcome->line = frame->line;
        outcome->first_id = frame->id;
        outcome->t_ns = frame->t_ns;
    }
    outcome->last_id = frame->id;
}

/* It has happened to this frame. */
void fault_done(struct device *device, const struct simcam_event *event, const struct frame *frame, double value)
{
    struct simcam_outcome *outcome = outcome_of(device, event);

    note(outcome, frame);
    outcome->value = value;
    outcome->done++;
}

/* It has cost this frame. */
void fault_lost(struct device *device, const struct simcam_event *event, const struct frame *frame)
{
    struct simcam_outcome *outcome = outcome_of(device, event);

    note(outcome, frame);
    outcome->lost++;
}

/* Is the line exposed, from which on accesses are to fail? */
static bool reached(const struct device *device, const struct simcam_event *event)
{
    if (!event->line || event->line == SIMCAM_NEXT || event->view >= SOURCES)
        return true;
    return device->file->state.exposed[event->view] > event->line;
}

/* Is this access to fail? If so, that is done now. */
bool fault_access(struct device *device, uint32_t kind)
{
    size_t n = n_events(device);

    for (size_t i = 0; i < n; i++) {
        const struct simcam_event *event = &device->file->events[i];
        struct simcam_outcome *outcome = &device->file->outcomes[i];
        uint64_t done = outcome->done;
        if (event->kind != kind || done >= event->n || !reached(device, event))
            continue;
        if (!done) {
            outcome->line = event->view < SOURCES ? (uint64_t)device->file->state.exposed[event->view] : 0;
            outcome->t_ns = now_ns();
        }
        if (atomic_compare_exchange_strong(&outcome->done, &done, done + 1))
            return true;
    }
    return false;
}

/* Its amount times `factor`, whole, and small enough to be added to any count or time. */
int64_t fault_amount(const struct simcam_event *event, double factor)
{
    return llround(fmin(fmax(event->amount * factor, -0x1p53), 0x1p53));
}

/* From 0 up to 1, by seed and line alone (SplitMix64: Steele, Lea and Flood 2014). */
double fault_dice(const struct simcam_event *event, uint64_t line)
{
    uint64_t x = event->seed + (line + 1) * UINT64_C(0x9E3779B97F4A7C15);

    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    x ^= x >> 31;
    return (double)(x >> 11) * 0x1p-53;
}
