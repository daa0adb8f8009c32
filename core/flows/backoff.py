"""When a failed thing is tried again."""

from __future__ import annotations

import random

FIRST = 2.0
SHORT_CAP = 60.0
SHORT_TRIES = 14  # about ten minutes: 2, 4, 8, 16, 32, then 60 s each
LONG_FIRST = 300.0
LONG_CAP = 6 * 3600.0


def delay(failures: int, after: float | None = None) -> float:
    """Seconds until the next try after ``failures`` failures (1 = the first), with up to 20 % of jitter.

    Doubling from 2 s to 60 s for ten minutes, then from 5 min to 6 h; never before ``after``, which the other
    side asked for.
    """
    failures = max(1, failures)
    if failures <= SHORT_TRIES:
        seconds = min(FIRST * 2 ** (failures - 1), SHORT_CAP)
    else:
        seconds = min(LONG_FIRST * 2 ** (failures - SHORT_TRIES - 1), LONG_CAP)
    return max(seconds, after or 0.0) * (1 + random.random() * 0.2)
