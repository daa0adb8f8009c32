"""Who may call an API flow: the AppCode in ``X-Apig-AppCode``, as clients of the workbench send it."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from core.errors import CallbackRejected
from core.models import AppCredential, FlowInstance
from core.models.credential import digest

HEADER = "X-Apig-AppCode"


def check(flow: FlowInstance, code: str | None) -> AppCredential:
    """The credential; CallbackRejected (401) for a missing, unknown, inactive or foreign code.

    Looked up by the code's hash, then compared in constant time; a code of another tenant or of other flows is
    refused with the same words.
    """
    if not code:
        raise CallbackRejected(f"header {HEADER} is missing", stage="AppCode", status=401)
    hashed = digest(code.strip())
    rows = AppCredential.objects.filter(
        Q(code_hash=hashed) | Q(previous_hash=hashed, previous_until__gt=timezone.now()),
        tenant_id=flow.tenant_id,
        is_active=True,
        flows=flow,
    )
    for credential in rows:
        for known in (credential.code_hash, credential.previous_hash):
            if known and constant_time_compare(known, hashed):
                return credential
    raise CallbackRejected("the AppCode may not call this address", stage="AppCode", status=401)
