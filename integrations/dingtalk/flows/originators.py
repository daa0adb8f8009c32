"""In whose name, and from which department, an approval starts."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from core.errors import B1FlowError, DocumentRejected, NotFound
from core.flows.context import FlowContext
from integrations.erp.approvals import oa_user

CONNECTOR = "dingtalk.oa"
ROOT, ROOT_OF_APPROVALS = 1, -1  # the organisation itself: in the address book, and in approvals
_KNOWN = "dingtalk departments"


def originator(ctx: FlowContext, erp_user: Any) -> str:
    """The DingTalk user of an ERP user. Raises DocumentRejected where nobody is known, and no fallback is set."""
    field, fallback = ctx.config["originator_from"], ctx.config["originator_user_id"]
    if not field and fallback and not any(connector == CONNECTOR for connector, _user in ctx.people):
        return str(fallback)
    return oa_user(ctx, CONNECTOR, erp_user, field, fallback)


def department(ctx: FlowContext, user: str) -> int:
    """The config's department where the user belongs to it (or nobody can say), else the user's first one.

    An approval from a department that is not the originator's is refused by DingTalk. Raises DocumentRejected for a
    user that does not exist.
    """
    wanted = int(ctx.config["dept_id"])
    known: dict[str, list[int]] = ctx.extra.setdefault(_KNOWN, {})
    if user not in known:
        known[user] = _departments(ctx, user)
    own = known[user]
    return wanted if wanted in own or not own else own[0]


def _departments(ctx: FlowContext, user: str) -> list[int]:
    try:
        numbers = ctx.oa.user(user).get("dept_id_list")
    except NotFound as error:
        text = _("DingTalk has no user %(user)s (%(error)s): correct the person, the user field or originator_user_id.")
        raise DocumentRejected(text % {"user": user, "error": error}) from error
    except B1FlowError:  # no permission, no way to the old API: the config's department has to do
        return []
    found = [int(number) for number in numbers or [] if str(number).lstrip("-").isdigit()]
    return [ROOT_OF_APPROVALS if number == ROOT else number for number in found]
