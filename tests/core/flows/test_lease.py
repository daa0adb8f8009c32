"""One runner a flow: expiry, takeover, fence."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from core.flows.lease import Lease, LeaseLost
from core.models import FlowInstance
from core.processes import holder, is_dead, process_started
from tests.core.flows.target import make_flow

pytestmark = pytest.mark.django_db(transaction=True)


def test_only_one_holds_it():
    flow = make_flow()
    lease = Lease.take(flow.pk)
    assert lease is not None
    assert Lease.take(flow.pk) is None
    lease.release()
    assert Lease.take(flow.pk) is not None


def test_an_expired_lease_is_taken_over_and_the_old_holder_is_fenced_out():
    flow = make_flow()
    old = Lease.take(flow.pk)
    FlowInstance.objects.filter(pk=flow.pk).update(
        lease_until=Now() - timedelta(seconds=1), lease_holder="other-host:1:2"
    )
    new = Lease.take(flow.pk)
    assert new is not None
    assert not new.inherited_dead
    with pytest.raises(LeaseLost):
        old.beat()
    assert not old.may_send()
    old.release()
    assert Lease.take(flow.pk) is None  # the old holder's release does not free the new one's


def test_a_dead_process_of_this_host_frees_it_at_once():
    flow = make_flow()
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    name = f"{socket.gethostname()}:{child.pid}:{process_started(child.pid)}"
    FlowInstance.objects.filter(pk=flow.pk).update(lease_until=Now() + timedelta(hours=1), lease_holder=name)
    try:
        assert not is_dead(name)
        assert Lease.take(flow.pk) is None
    finally:
        child.kill()
        child.wait()
    lease = Lease.take(flow.pk)
    assert lease is not None
    assert lease.inherited_dead


def test_a_reused_pid_is_not_the_old_process():
    assert is_dead(f"{socket.gethostname()}:{os.getpid()}:1")
    assert not is_dead(holder())
    assert not is_dead("somewhere-else:1:1")


def test_sending_needs_time_for_a_whole_call(settings):
    flow = make_flow()
    lease = Lease.take(flow.pk)
    assert lease.may_send()
    lease._confirmed -= settings.LEASE_SECONDS - settings.CALL_DEADLINE_SECONDS
    assert not lease.may_send()
    lease.beat()
    assert lease.may_send()
