"""Peers: ports at which a line listens."""

from __future__ import annotations

from collections.abc import Iterator

from oreline.doctor.answer import ALARM, INFO, Answer, Check, bad, good, unknown
from oreline.doctor.machine import Machine
from oreline.doctor.needs import Needs

NO_LINE = "a line's file tells whom it talks with"


def ports(machine: Machine, needs: Needs) -> Iterator[Answer]:
    """Ports at which the line will listen, and nobody else does."""
    fixed = [claim for claim in needs.ports if claim[2]]
    if needs.config is None:
        yield unknown(NO_LINE)
        return
    if needs.runs:
        yield unknown("the line runs, and has its ports itself")
        return
    refused = {claim: why for claim in fixed if (why := machine.why_not_listen(*claim[1:]))}
    for (key, host, port), why in refused.items():
        yield bad(
            f"{key}: {host}:{port} is not to be had: {why}",
            f"`ss -ltnp 'sport = :{port}'` says who has it: end that, or give {key} another",
        )
    if not refused:
        yield good(f"{len(fixed)} ports are free")


def metrics_ports(machine: Machine, needs: Needs) -> Iterator[Answer]:  # noqa: ARG001
    """Ports of metrics that stay the same, for who reads them."""
    if needs.config is None:
        yield unknown(NO_LINE)
        return
    loose = [key for key, _, port in needs.ports if key.endswith(".metrics_port") and not port]
    if loose:
        yield bad(
            f"another port with each start, so Prometheus does not find it: {', '.join(loose)}", f"{loose[0]} = 9401"
        )
    else:
        yield good("every process has its own")


CHECKS = (
    Check("peers", "ports", "nobody else has the ports at which the line listens", ALARM, ports),
    Check("peers", "metrics", "each process has a metrics_port of its own", INFO, metrics_ports),
)
