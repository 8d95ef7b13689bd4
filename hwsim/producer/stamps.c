/* What faults do to a frame's id, time and encoder count, and to its way to the host. */
#include "simcam.h"

#define MS 1e6

/* A counter that wraps is there from the start; the event says at which line of a recording its 0 comes. */
void stamps_begin(struct run *run)
{
    const struct simcam_file *file = run->device->file;
    uint64_t n = file->control.events;

    for (uint64_t i = 0; i < n && i < SIMCAM_EVENTS; i++) {
        const struct simcam_event *event = &file->events[i];
        if (event->kind == FAULT_ENCODER_ROLLOVER && event->amount >= 1 && event->amount < 63) {
            run->rollover = event;
            run->modulus = INT64_C(1) << (int)event->amount;
            run->phase = from_ring(run->device) ? 0 : -encoder_at(run->device, event->line);
        }
    }
    run->encoder_before = INT64_MIN;
}

static int64_t wrapped(struct run *run, const struct frame *frame, int64_t encoder)
{
    int64_t low = (encoder + run->phase) & (run->modulus - 1), turns = (encoder + run->phase - low) / run->modulus;

    if (run->encoder_before != INT64_MIN && turns > run->turns)
        fault_done(run->device, run->rollover, frame, (double)low);
    run->turns = turns;
    return low;
}

static void stamp_encoder(struct run *run, struct frame *frame)
{
    struct simcam_state *state = &run->device->file->state;
    const struct simcam_event *slip = frame->faults[FAULT_ENCODER_SLIP];
    const struct simcam_event *reversal = frame->faults[FAULT_ENCODER_REVERSAL];
    int64_t recorded = state->encoder = frame->encoder;

    if (slip) {
        state->encoder_offset += fault_amount(slip, 1);
        fault_done(run->device, slip, frame, slip->amount);
    }
    if (reversal && run->encoder_before != INT64_MIN) {
        state->encoder_offset -= 2 * (recorded - run->encoder_before);
        fault_done(run->device, reversal, frame, (double)(run->encoder_before - recorded));
    }
    frame->encoder += state->encoder_offset;
    if (run->modulus)
        frame->encoder = wrapped(run, frame, frame->encoder);
    run->encoder_before = recorded;
}

static void stamp_link(struct run *run, const struct frame *frame)
{
    const struct simcam_event *silent = frame->faults[FAULT_SILENCE], *down = frame->faults[FAULT_DISCONNECT];
    const struct simcam_event *outage = down ? down : silent;

    if (!outage)
        return;
    file_link_drop(run->device->file, down ? LINK_DOWN : LINK_SILENT, fault_amount(outage, MS));
    fault_done(run->device, outage, frame, outage->amount);
    run->outage = outage;
}

static void stamp_delay(struct run *run, struct frame *frame)
{
    const struct simcam_event *jitter = frame->faults[FAULT_JITTER], *stall = frame->faults[FAULT_STALL];

    frame->ready_ns = frame->t_ns;
    if (jitter)
        frame->ready_ns += fault_amount(jitter, 1e3 * fault_dice(jitter, frame->line));
    if (stall) {
        run->stall = stall;
        run->stall_until = now_ns() + fault_amount(stall, MS);
        run->in_memory = 0;
        fault_done(run->device, stall, frame, stall->amount);
    }
    if (frame->t_ns < run->stall_until && frame->ready_ns < run->stall_until)
        frame->ready_ns = run->stall_until;
}

/* Once for every line that is exposed, delivered or not. */
void stamp(struct run *run, struct frame *frame)
{
    const struct simcam_event *restart = frame->faults[FAULT_ID_RESET];

    if (restart)
        run->id_base = frame->id;
    frame->id -= run->id_base;
    if (restart)
        fault_done(run->device, restart, frame, restart->amount);
    if (!frame->id) /* there is no id before it */
        frame->faults[FAULT_DUPLICATE_ID] = NULL;
    stamp_encoder(run, frame);
    stamp_link(run, frame);
    stamp_delay(run, frame);
}
