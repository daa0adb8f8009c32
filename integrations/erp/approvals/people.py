"""Who an ERP user is in the OA."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from core.errors import DocumentRejected, NotFound
from core.flows.context import FlowContext
from integrations.erp import odata

_KNOWN = "erp users"  # in ctx.extra: a run asks once about each user


def oa_user(ctx: FlowContext, connector: str, erp_user: Any, field: str = "", fallback: str = "") -> str:
    """The user id over there of an ERP user (InternalKey: OriginatorID, UserSign).

    In this order: the tenant's people (by internal key, then by user code), the ERP user's ``field`` (FaxNumber, a
    user field ...), ``fallback``. Raises DocumentRejected, naming the user, where none of them knows. No database:
    may be called in deliver().
    """
    known = ctx.person(connector, erp_user) if erp_user not in (None, "") else ""
    if known:
        return known
    user = erp_user_of(ctx, erp_user, field)
    found = ctx.person(connector, user.get("UserCode")) or str(user.get(field) or "").strip() or fallback.strip()
    if found:
        return found
    message = _("ERP user %(key)s (%(name)s) has no user id in %(system)s: add a person%(field)s, or set a fallback.")
    name = user.get("UserName") or user.get("UserCode") or "?"
    hint = _(" or fill the ERP user's field %(field)s") % {"field": field} if field else ""
    raise DocumentRejected(message % {"key": erp_user, "name": name, "system": connector, "field": hint})


def erp_user_of(ctx: FlowContext, erp_user: Any, field: str = "") -> dict[str, Any]:
    """InternalKey, UserCode, UserName and ``field`` of an ERP user; {} for none or an unknown one."""
    if erp_user in (None, ""):
        return {}
    users: dict[tuple[str, str], dict[str, Any]] = ctx.extra.setdefault(_KNOWN, {})
    key = (str(erp_user), field)
    if key not in users:
        names = ["InternalKey", "UserCode", "UserName"]
        select = ",".join(names + ([odata.name(field)] if field and field not in names else []))
        try:
            users[key] = ctx.erp.get("Users", erp_user, select=select)
        except NotFound:
            users[key] = {}
    return users[key]
