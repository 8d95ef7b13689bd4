"""Mistakes that one could make, each a small change of one file, by subject."""

from __future__ import annotations

from tests.mutants.catalogue import (
    acquisition,
    end,
    evaluation,
    incidents,
    layers,
    measures,
    networks,
    producer,
    ring,
    sinks,
    strangers,
    stream,
    system,
)

MUTANTS = (
    *ring.MUTANTS,
    *stream.MUTANTS,
    *end.MUTANTS,
    *evaluation.MUTANTS,
    *acquisition.MUTANTS,
    *sinks.MUTANTS,
    *layers.MUTANTS,
    *measures.MUTANTS,
    *producer.MUTANTS,
    *incidents.MUTANTS,
    *system.MUTANTS,
    *strangers.MUTANTS,
    *networks.MUTANTS,
)
