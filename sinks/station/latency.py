"""Latency of the last seconds, from the histograms that a process tells as metrics."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping

BUCKET, OVER = "oreline_latency_ms_bucket", 10
"""Looks, a second apart, over which latencies are taken."""


class RecentLatency:
    """Recent latency of one stage: what its buckets have gained since some looks ago."""

    def __init__(self, stage: str) -> None:
        self._stage = stage
        self._looks: deque[dict[float, float]] = deque(maxlen=OVER)

    def see(self, samples: Mapping[tuple[str, ...], float]) -> None:
        """A look at the metrics of its process."""
        found = {
            float(edge): n for (name, edge, *stage), n in _buckets(samples) if name == BUCKET and stage == [self._stage]
        }
        if self._looks and sum(found.values()) < sum(self._looks[-1].values()):
            self._looks.clear()
        self._looks.append(found)

    def quantile(self, q: float) -> float:
        """Quantile in ms, between the edges of its bucket by its rank; NaN where nothing has come."""
        if not self._looks:
            return math.nan
        first, last = self._looks[0] if len(self._looks) > 1 else {}, self._looks[-1]
        gained = [(edge, last[edge] - first.get(edge, 0.0)) for edge in sorted(last)]
        rank = q * gained[-1][1] if gained else 0.0
        below_edge, below = 0.0, 0.0
        for edge, n in gained:
            if n >= rank > below:
                share = (rank - below) / (n - below)
                return below_edge if math.isinf(edge) else below_edge + share * (edge - below_edge)
            below_edge, below = edge, n
        return math.nan


def _buckets(samples: Mapping[tuple[str, ...], float]) -> list[tuple[tuple[str, ...], float]]:
    return [(key, n) for key, n in samples.items() if key[0] == BUCKET and len(key) == 3]
