"""Every kind of incident: how severe it is, and what it means where nobody has more to say."""

from __future__ import annotations

from typing import NamedTuple

from oreline.incidents.incident import Severity

INFO, WARNING, ALARM = Severity.INFO, Severity.WARNING, Severity.ALARM


class Kind(NamedTuple):
    """`stage`: who reports it, for the page."""

    stage: str
    severity: Severity
    meaning: str


_BY_STAGE = {
    "acquisition": {
        "camera_lost": (ALARM, "no frames, or errors again and again: it is opened anew, in a new epoch"),
        "camera_away": (ALARM, "this process was started again, and its camera is not there"),
        "camera_restart": (WARNING, "frame ids began again: the camera rebooted"),
        "not_ready": (ALARM, "inference was not ready for the scene in time: it begins all the same"),
        "failed_start": (WARNING, "the camera did not start; it is asked again"),
        "register_error": (WARNING, "the camera refused a setting, or to tell its temperature; it is asked again"),
        "exposure_changed": (WARNING, "the camera changed its exposure or gain; this is said with the next lines"),
        "fetch_error": (WARNING, "a frame could not be fetched at once"),
        "repeated_frame": (WARNING, "a frame came twice; it is dropped"),
        "late_frame": (WARNING, "a frame came after its successor; it is dropped"),
        "clock_jump": (WARNING, "time stamps that cannot be true; lines carry the time of the fetch and a flag"),
        "stall": (WARNING, "frames came 60 ms later than they were exposed, though they were waited for"),
        "jitter": (WARNING, "frames came 20 ms later than they were exposed, though they were waited for"),
        "encoder_slip": (WARNING, "the encoder jumped: the position is doubtful, and lines are flagged"),
        "encoder_reversal": (WARNING, "the encoder runs backwards: the position is doubtful, and lines are flagged"),
        "encoder_missed": (WARNING, "the encoder could not be read; such lines have no position, and are flagged"),
        "encoder_rollover": (INFO, "the encoder's counter wrapped, which is no fault"),
        "recording_ended": (INFO, "the recording has ended before its step"),
        "aside": (WARNING, "how many lines were taken in between is no longer known: they count for the scene"),
    },
    "inference": {
        "no_light": (ALARM, "lines without light; they get no labels"),
        "lamp": (ALARM, "the strip beside the belt is not as bright as it was"),
        "no_answer": (ALARM, "the network answered something that is not a number; the samples are unknown"),
        "features_left_out": (INFO, "the camera's bands do not cover some windows: those features are not measured"),
        "cut_capture": (WARNING, "the stream ended in the middle of a dark or white: no reference is made of it"),
        "reference_CODE": (
            WARNING,
            "something speaks against new references, or against the one in force",
        ),
    },
    "conveyor": {
        "plc_lost": (ALARM, "the PLC does not answer, or its heartbeat stands still"),
        "plc_inhibit": (ALARM, "the PLC went to its safe state; rows that waited were dropped"),
        "held": (INFO, "the sorter is held: no valve opens, and no rock is to be fed"),
        "resumed": (INFO, "the sorter goes on, with the next stone"),
        "valve_worn": (WARNING, "a valve has opened as often as it is good for"),
        "no_wear": (WARNING, "how often the valves have opened could not be read or written"),
        "valves_tested": (INFO, "somebody had valves tested"),
        "plc_map": (INFO, "the PLC speaks register map 1: it does not say which valve fails, and tests none"),
        "encoder_mismatch": (ALARM, "the PLC counts the belt otherwise than the camera: nothing is ejected"),
        "recipe_changed": (INFO, "another recipe decides the stones that begin from now on"),
        "recipe_refused": (WARNING, "a recipe was asked for that cannot be used: the one in force stays"),
        "no_shots": (WARNING, "what the valves were told could not be written; label maps lack it"),
        "unanswered": (WARNING, "a message to the valves got no answer: rows go again while there is time"),
        "valve_fault": (ALARM, "the PLC reports a valve that does not do as it is told"),
    },
    "core": {
        "core_cut": (WARNING, "a box of core was cut short: it is to be scanned again"),
        "core_rescan": (WARNING, "a box of core is not good enough: it is to be scanned again"),
        "core_stray": (WARNING, "a tray passes, and the session has no box for it"),
        "core_session": (WARNING, "the session of a hole was changed, and is not right: the one before stays"),
        "core_not_made": (WARNING, "a verdict or table of a box could not be made"),
    },
    "log, record": {
        "store_failed": (ALARM, "the disk takes no more: nothing is acknowledged, and it is tried twice a second"),
        "no_end": (ALARM, "the run before was given up, or what it had left was removed: its end is in no journal"),
        "put_back": (ALARM, "a file was removed or moved while it was open: it is there again, whole"),
    },
    "station": {
        "mqtt_away": (WARNING, "the plant's broker does not answer: what happens waits in the spool"),
        "mqtt_refused": (ALARM, "the plant's broker refuses this station, or a topic: what happens waits in the spool"),
        "mqtt_dropped": (ALARM, "the spool for the plant's broker is full: the oldest that waits goes, and is counted"),
        "face_failed": (ALARM, "a face of the operator's station has failed; it is opened again"),
        "no_audit": (ALARM, "what somebody did could not be written in the audit log"),
        "audit_repaired": (WARNING, "the last line of the audit log was not whole, and is gone: a crash, or somebody"),
        "no_alarm_state": (WARNING, "the state of alarms could not be read or written: after a restart some call anew"),
    },
    "a stream": {
        "ring_full": (ALARM, "lines were given up that a consumer lacked"),
        "hold_exceeded": (ALARM, "a consumer that the line's file does not name is too far behind: it loses lines"),
        "consumer_left": (ALARM, "such a consumer was away for too long: nothing is kept for it any more"),
        "undelivered": (ALARM, "the line ends while consumers lack lines, which stay in the ring"),
        "damaged": (ALARM, "a record's bytes changed in the ring; its line becomes a gap"),
        "bad_message": (WARNING, "what came is no message; a tcp connection that left without a handshake counts, too"),
        "out_of_order": (WARNING, "a message came too early, and was asked for again"),
        "damaged_or_gone": (WARNING, "a record could not be read in the ring, and was asked for again"),
        "overwritten": (WARNING, "a line was overwritten while it was worked on, and asked for again"),
        "refused_key": (WARNING, "someone came by tcp whose key is not allowed, or without one"),
        "no_handshake": (WARNING, "said by a consumer: the other host has not the key that this one knows of it"),
        "refused_name": (WARNING, "a consumer came by tcp under a name that is not its key's"),
    },
    "supervisor": {
        "silent": (WARNING, "a process has shown no progress for too long: killed"),
        "restarted": (WARNING, "a process died, and is started again"),
        "stopped": (INFO, "somebody stopped the line before it was at work"),
        "left_out": (ALARM, "a sink that keeps nothing and moves nothing cannot go on; the line goes on without it"),
        "gave_up": (ALARM, "the line ends before it should"),
        "cut_short": (WARNING, "the run before was cut short: what it left is delivered first"),
        "finished": (INFO, "what the run before had left is delivered"),
        "left_elsewhere": (
            WARNING,
            "a run of the same name, but of another output, was cut short and is not delivered",
        ),
        "not_finished": (ALARM, "the run before is not delivered: what it left stays where it is"),
    },
    "any process": {
        "asked": (WARNING, "something was asked for that cannot be understood: what is in force stays"),
        "refused": (ALARM, "it cannot go on, and ends with the exit code of its refusal"),
        "crashed": (ALARM, "an error in it, with its traceback"),
        "library": (WARNING, "what a library had to say"),
        "no_report": (WARNING, "what it counted could not be left in the output folder"),
        "no_log_file": (WARNING, "its log file takes nothing; what it has to say waits for it"),
    },
    "simulated camera": {"simulator": (WARNING, "it cannot do what it should")},
}
KINDS = {
    name: Kind(stage, severity, meaning)
    for stage, kinds in _BY_STAGE.items()
    for name, (severity, meaning) in kinds.items()
}
_OTHER = Kind("", WARNING, "no more is known")


def kind_of(name: str) -> Kind:
    """Of a name, or of its family, as `reference_leak` is of `reference_CODE`."""
    return KINDS.get(name) or KINDS.get(f"{name.partition('_')[0]}_CODE", _OTHER)
