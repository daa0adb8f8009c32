"""django-q2's settings: a pump that is told "run task X for row N now", and nothing more.

The reasons, each measured (timeouts in seconds):
- ``save_limit`` -1: with a positive one every saved task loads all kept rows; we keep our own results.
- ``ack_failures``: a task that raises would come again every ``retry`` seconds for ever.
- ``retry > (timeout + 3) * (1 + ceil((queue_limit + bulk) / workers))``: prefetched tasks wait, and a shorter
  retry starts them twice. ``core.checks`` refuses settings that break this.
- ``ALT_CLUSTERS`` is always there: Q_CLUSTER_NAME without it is a KeyError at import.
- ``recycle`` high: workers that recycle together can hang a stop.
"""

from __future__ import annotations

import math
from typing import Any

NAME = "b1flow"  # also the salt of signed tasks: the same everywhere, for ever
TIMEOUT = 600
SOFT_SECONDS = 480  # a run ends by itself before the pump would kill it, and goes on in the next


def retry(timeout: int, workers: int, queue_limit: int = 1, bulk: int = 1) -> int:
    """The shortest safe ``retry``, with a margin."""
    return (timeout + 3) * (1 + math.ceil((queue_limit + bulk) / workers)) + 30


def cluster(broker_url: str) -> dict[str, Any]:
    """Q_CLUSTER. Queues: ``b1flow`` (scheduled runs), ``inbound`` (callbacks), ``bulk`` (first runs, retries)."""
    settings: dict[str, Any] = {
        "name": NAME,
        "label": "Queue",
        "workers": 2,
        "queue_limit": 1,
        "bulk": 1,
        "poll": 0.25,
        "timeout": TIMEOUT,
        "retry": retry(TIMEOUT, 2),
        "ack_failures": True,
        "max_attempts": 1,
        "catch_up": False,
        "save_limit": -1,
        "recycle": 100_000,
        "ALT_CLUSTERS": {
            "inbound": {"workers": 2, "timeout": 120, "retry": retry(120, 2), "queue_limit": 1, "bulk": 1},
            "bulk": {"workers": 1, "timeout": TIMEOUT, "retry": retry(TIMEOUT, 1), "queue_limit": 1, "bulk": 1},
        },
    }
    if broker_url:
        settings["redis"] = broker_url
    else:
        settings["orm"] = "default"
    return settings
