"""``python -m core.worker.child``: a qcluster that ends with its parent, however the parent ends."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time

PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Linux: the kernel ends us when the parent thread ends. Elsewhere, and for grandchildren, a thread looks."""
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=look, daemon=True).start()


def main() -> None:
    """Set up Django and run the cluster that Q_CLUSTER_NAME names."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    die_with_parent()
    from django.core.management import execute_from_command_line

    execute_from_command_line(["manage.py", "qcluster"])


if __name__ == "__main__":
    main()
