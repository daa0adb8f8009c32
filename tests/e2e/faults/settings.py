"""The platform's own settings, plus the hooks of the fault tests: every process they start runs with these."""

from __future__ import annotations

import os

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS, Q_CLUSTER

INSTALLED_APPS = [*INSTALLED_APPS, "tests.e2e.faults.hooks.Hooks"]

# A queue whose tasks are killed after seconds instead of ten minutes, for documents that hang.
if os.environ.get("FAULTS_TASK_SECONDS"):
    seconds = int(os.environ["FAULTS_TASK_SECONDS"])
    Q_CLUSTER = {**Q_CLUSTER, "timeout": seconds, "retry": 3 * (seconds + 3)}
