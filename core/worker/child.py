"""What a forked child does: be a django-q cluster for one queue, and end with its parent, however that ends.

Forked, not started anew: the children share the memory of what was imported before (a third of the size). django-q
reads its settings once, at import, for the queue that Q_CLUSTER_NAME names; a fork sets the same values itself.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from typing import NoReturn

from django.conf import settings
from django.core.cache import caches
from django.db import connections

from core import tasks

PR_SET_PDEATHSIG = 1
# Name in Q_CLUSTER -> attribute of django_q.conf.Conf, read at run time.
NAMES = {
    "workers": "WORKERS",
    "timeout": "TIMEOUT",
    "retry": "RETRY",
    "queue_limit": "QUEUE_LIMIT",
    "bulk": "BULK",
    "recycle": "RECYCLE",
}


def run(queue: str, parent: int) -> NoReturn:
    """Serve ``queue`` until told to stop; never returns."""
    code = 1
    try:
        os.setsid()
        _die_with(parent)
        connections.close_all()
        caches.close_all()
        _serve(queue)
        code = 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _serve(queue: str) -> None:
    from django_q.cluster import Cluster
    from django_q.conf import Conf
    from django_q.signals import post_execute

    own = settings.Q_CLUSTER["ALT_CLUSTERS"].get(queue, {})
    for name, attribute in NAMES.items():
        setattr(Conf, attribute, {**settings.Q_CLUSTER, **own}[name])
    Conf.CLUSTER_NAME = queue
    post_execute.connect(tasks.canary_came_back)
    cluster = Cluster()
    cluster.start()
    cluster.sentinel.join()


def _die_with(parent: int) -> None:
    """Linux: the kernel tells us when the parent ends. A thread looks too: not every system has that.

    Told, not killed: our own children would go on without us, so the whole group has to go.
    """
    if sys.platform == "linux":
        signal.signal(signal.SIGUSR2, lambda *_: os.killpg(0, signal.SIGKILL))
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGUSR2)

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=look, daemon=True).start()
