"""The corp: its id, the apps' secrets, and where events go. Kept over a restart, unlike the switches."""

from __future__ import annotations

from typing import Any

from sandbox.kept import Kept

SYSTEM = "wecom"
APPROVAL_AGENT = 3010040  # the 审批 app, whose events these are

DEFAULTS: dict[str, Any] = {
    "corp_id": "ww0a1b2c3d4e5f6071",
    "secret": "wecom-demo-secret-of-the-self-built-app-0001",
    "approval_secret": "wecom-demo-secret-of-the-approval-app-00001",
    "agent_id": 1000002,
    "url": "",  # where events are posted; empty: nowhere
    "token": "wecomTokenTest01",
    "aes_key": "Gm3Zr8Kx1Yt6Qb4Lw9Hd2Sv7Jc5Np0Fa8Ue3Ri6Tk4A",
}
ACCOUNT = Kept(SYSTEM, DEFAULTS)


def secrets() -> dict[str, int]:
    """secret -> agent id: each app has a token of its own."""
    known = ACCOUNT.all()
    return {known["secret"]: int(known["agent_id"]), known["approval_secret"]: APPROVAL_AGENT}
