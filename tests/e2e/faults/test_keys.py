"""Both keys change while the queue is full (F12 of the fault plan)."""

from __future__ import annotations

from tests.e2e.faults import checker
from tests.e2e.faults.place import Place, wait_until
from tests.e2e.faults.scale import scaled

OLD, NEW = "the-first-field-key", "the-second-field-key"
SECRET = {"SECRET_KEY": "the-second-secret-key-of-the-fault-tests"}
FILL = """
from datetime import timedelta
from django.utils import timezone
from core.flows.dispatcher import dispatch
from core.models import FlowInstance
for number in range({ticks}):
    at = timezone.now() - timedelta(seconds=10_000 - number)
    FlowInstance.objects.filter(next_run_at__isnull=False).update(next_run_at=at)
    dispatch()
"""


def test_a_full_queue_outlives_new_keys(place: Place) -> None:
    """django-q drops every task that was signed with the old key; the runs are rows of ours and are rung for again."""
    ticks = scaled(10, 500)
    where = checker.drafts(place.sandbox, 8)
    place.apply(where=where, items="ItemCode eq '14003'")
    filled = place.fork("shell", "-c", FILL.format(ticks=ticks)).go().wait(300)
    assert (filled.code, place.runs("queued")) == (0, 2 * ticks), filled.text

    worker = place.worker("--queues", "b1flow", "--grace", "5", FIELD_ENCRYPTION_KEYS=f"{NEW},{OLD}", **SECRET)
    seconds = wait_until(lambda: not place.runs("queued") and not place.runs("running"), scaled(60, 300), "dropped")
    worker.terminate()
    worker.wait(30)

    print(f"F12: {2 * ticks} queued runs, {place.runs('queued')} dropped, all carried out within {seconds:.0f} s")
    assert place.runs() >= 2 * ticks
    assert place.runs("failed") == 0
    assert checker.approvals(place.sandbox, where).clean

    assert place.manage("rotate_keys", FIELD_ENCRYPTION_KEYS=f"{NEW},{OLD}", **SECRET).code == 0
    again = place.manage("rotate_keys", "--dry-run", FIELD_ENCRYPTION_KEYS=NEW, **SECRET)
    assert again.code == 0, again.text
    assert " 3 were current" in again.text, again.text
    last = place.manage("run_flow", "acme", "物料", "--json", FIELD_ENCRYPTION_KEYS=NEW, **SECRET)
    assert (last.code, last.run["status"]) == (0, "succeeded"), last.text


def test_an_old_key_that_was_taken_away_too_early_is_told(place: Place) -> None:
    place.apply(items="ItemCode eq '14003'")

    ended = place.manage("run_flow", "acme", "物料", FIELD_ENCRYPTION_KEYS=NEW)

    assert ended.code == 1
    assert "FIELD_ENCRYPTION_KEYS" in ended.text
