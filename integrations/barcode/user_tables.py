"""Which object of the Service Layer a user table's name means (protocol C6, UserDataTable).

Only tables and objects that the company made itself: the name comes from outside and must not reach Users or Items.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from integrations.barcode import codes
from integrations.barcode.codes import Refusal
from integrations.erp.client import ServiceLayerClient
from integrations.erp.entities import KEYS

# Every object made with a user table has these; none of the ERP's own has all of them ($metadata).
_USER_OBJECT = {"Object", "Canceled", "UserSign"}


def entity_set(erp: ServiceLayerClient, table: str) -> str:
    """``SCANLOG``, ``@SCANLOG`` -> U_SCANLOG (a plain table), ``CONTRACT`` -> CONTRACT (an object).

    Raises Refusal (BC.4004) for what is neither.
    """
    name = table.lstrip("@")
    metadata = erp.metadata()
    for candidate in (name, f"U_{name}"):
        for known in (candidate, candidate.upper()):
            kind = metadata.of_set(known)
            if kind is None or known in KEYS:
                continue
            if known.startswith("U_") or set(kind.properties) >= _USER_OBJECT:
                return known
    raise Refusal(codes.BAD_TABLE, _("the ERP has no user table or object %(table)s") % {"table": table})
