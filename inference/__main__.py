"""The inference process: `python -m inference LINE.toml`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from contextlib import ExitStack, closing, suppress
from functools import partial
from pathlib import Path

from oreline.process import one_thread, tune_allocator

one_thread()
tune_allocator()

from inference import backends  # noqa: E402  (numba, torch read the settings above when imported)
from inference.active_reference import ActiveReference, Patient  # noqa: E402
from inference.calibration.calibrator import Calibrator  # noqa: E402
from inference.classification.card import MODEL  # noqa: E402
from inference.classification.classifier import Classifier  # noqa: E402
from inference.labeller import Model  # noqa: E402
from inference.pipeline import Pipeline  # noqa: E402
from inference.preprocessing.steps import SNV  # noqa: E402
from inference.reference_review import ReferenceReview  # noqa: E402
from inference.references.certificates import Certificates  # noqa: E402
from inference.references.files import load  # noqa: E402
from inference.references.reference import Reference  # noqa: E402
from inference.references.store import Store  # noqa: E402
from inference.rings import geometry  # noqa: E402
from inference.settings import Settings, Stream  # noqa: E402
from inference.warm_up import compile_kernels  # noqa: E402
from oreline.config import Config, LineSettings  # noqa: E402
from oreline.errors import ModelError  # noqa: E402
from oreline.guard import guarded  # noqa: E402
from oreline.incidents import refused  # noqa: E402
from oreline.keys import client_keys, server_keys  # noqa: E402
from oreline.messages import LayerInfo  # noqa: E402
from oreline.metrics import Account, latency  # noqa: E402
from oreline.process import run  # noqa: E402
from oreline.ring import Ring  # noqa: E402
from oreline.service import Service  # noqa: E402
from oreline.sink import Policy  # noqa: E402
from oreline.stream import Inbox, Outbox  # noqa: E402


def main(path: str) -> None:
    """Serve labels, reflectance and features of the raw stream until it ends."""
    config = Config.load(Path(path))
    settings, line = config.section("inference", Settings), config.line
    service = Service("inference", line.output)
    keys = client_keys(settings.remote, line.keys, "inference", "acquisition") if settings.remote else None
    pipeline = _pipeline(settings, line, service.patient)
    with ExitStack() as stack:
        layers = pipeline.model.layers if pipeline.model else ()
        outboxes = [stack.enter_context(closing(_outbox(name, settings, config, layers))) for name in settings.streams]
        inbox = Inbox(
            settings.remote or line.endpoint("raw"),
            "inference",
            Policy.COMPLETE,
            ring=None if settings.remote else line.ring("raw"),
            cursor=pipeline.resume(min(((box.run, box.next) for box in outboxes), key=lambda at: at[1], default=None)),
            borrow=True,
            keys=keys,
        )
        stack.enter_context(closing(inbox))
        compile_kernels(pipeline.model, pipeline.active.features)
        pipeline.active.watch()
        service.ready(settings.metrics_port)
        run(inbox, pipeline, outboxes, service, pipeline.account, pipeline.window)
    service.report(
        account=pipeline.account.summary(),
        latency_ms=latency("inference").summary(),
        incidents=pipeline.account.incidents,
        saturated_samples=pipeline.saturated_samples,
        reference=_facts(pipeline.active.reference) if pipeline.active.reference else None,
        quicker=_quicker(settings, pipeline.model),
    )


def _pipeline(settings: Settings, line: LineSettings, patient: Patient) -> Pipeline:
    folder = settings.model_folder()
    classifier = Classifier.load(folder, settings.precision, line.keys, settings.layers) if folder else None
    review = ReferenceReview(
        Store(line.references_folder), _first(settings, line), limits=settings.limits,
        certificates=Certificates(settings.panel, settings.coefficients, settings.coefficients_unit),
        lanes=settings.lanes, calibrate=_calibrate(settings, classifier), model=classifier,
        features="features" in settings.streams,
    )  # fmt: skip
    return Pipeline(
        ActiveReference(review, Account("inference"), patient),
        reflectance="reflectance" in settings.streams, uncertainty=settings.uncertainty, strip=settings.strip,
        unit=settings.coefficients_unit if settings.correction.quantity == "radiance" else "",
        no_data=settings.correction.no_data,
    )  # fmt: skip


def _calibrate(settings: Settings, classifier: Classifier | None) -> partial[Calibrator]:
    """Maker of calibrators, which makes a reference ready for a stream."""
    steps = SNV if classifier is None else classifier.card.steps
    return partial(Calibrator, correction=settings.correction, strip=settings.strip, steps=steps)


def _first(settings: Settings, line: LineSettings) -> Reference | None:
    """The reference to begin with: the one that is named, or else the one that is chosen."""
    if settings.reference is not None:
        return load(settings.reference)
    store = Store(line.references_folder)
    return store.load(store.chosen) if store.chosen else None


def _facts(reference: Reference) -> dict[str, object]:
    dark, white = reference.dark, reference.white
    return {
        "id": reference.id,
        "dark_lines": dark.lines,
        "white_lines": white.lines,
        "left_out": dark.rejected + white.rejected,
        "saturated_white_samples": int(white.saturated.sum()),
    }


def _quicker(settings: Settings, model: Model | None) -> backends.Precision | None:
    """The precision in which this processor would be quicker at this network; None where it knows no such."""
    if not isinstance(model, Classifier) or settings.precision != "float32":
        return None
    with suppress(ModelError):
        folder, card = settings.model_folder(), model.card
        assert folder is not None
        backends.load(card.backend, card.content(folder, MODEL, card.model_sha256), (model.features, 1), "bfloat16")
        return "bfloat16"
    return None


def _outbox(name: Stream, settings: Settings, config: Config, layers: tuple[LayerInfo, ...]) -> Outbox:
    line, kept = config.line, geometry(name, settings, layers)
    listen = settings.listen.get(name)
    keys = server_keys(listen, line.keys, "inference") if listen else None
    ring = Ring.open(line.ring(name), kept.slots, kept.slot_bytes)
    named = config.tables.get("sinks", {})
    return Outbox(
        line.endpoint(name), ring, lines=kept.kind, named=named, hold_s=line.hold_s, listen=listen, keys=keys,
        elsewhere=settings.remote is not None,
    )  # fmt: skip


if __name__ == "__main__":
    parser = ArgumentParser("python -m inference", description=__doc__)
    parser.add_argument("line", metavar="LINE.toml")
    given = parser.parse_args()
    sys.exit(guarded(lambda: main(given.line), say=refused))
