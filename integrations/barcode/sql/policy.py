"""Which tables, procedures and functions a flow's SQL may touch."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from django.utils.translation import gettext as _

from integrations.barcode.sql.nodes import FUNCTIONS

# The ERP's own tables are named OITM, WOR1, INV10 (SDK "Database Tables Reference"). The database's dictionary (USERS,
# TABLES, M_SESSIONS ...) is reachable without a schema through public synonyms; none of those looks like this.
_ERP_TABLE = re.compile(r"[A-Z]{3}[A-Z0-9][0-9]{0,2}|[A-Z]{4}[0-9]{1,2}")
_USER_TABLE = re.compile(r"@\w+")
# Users, their log (USR5) and their rights; where the licence server is (SLIC), the licence (CINF).
_NEVER = re.compile(r"[OA]USR|USR[0-9]+|[OA]?UPT[0-9]?|OUGR|[OA]?UGR[0-9]+|CDPM|SLIC|[OA]LIC|CINF|PSES")
# Holds secrets among harmless things: columns by name only.
WITHOUT_STAR = frozenset({"OADM", "ADM1", "AADM"})
SECRET_COLUMN = re.compile(r"PASSW|PWD|SECRET|CREDENTIAL|ENCRYPT", re.IGNORECASE)
DUMMY = "DUMMY"


@dataclass(frozen=True)
class Policy:
    """``company``: the one schema that may be named. Patterns: ``*`` and ``?``, in capitals or not.

    ``allowed``: when not empty, only these tables; ``views``: names beside the ERP's own and user tables;
    ``denied`` goes before both. Users, licences and other schemas are denied whatever stands here.
    """

    company: str
    allowed: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    procedures: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()

    @classmethod
    def of(cls, config: dict[str, Any], company: str) -> Policy:
        """From a flow's config."""
        return cls(
            company,
            tuple(config["allowed_tables"]),
            tuple(config["denied_tables"]),
            tuple(config["own_views"]),
            tuple(config["allowed_procedures"]),
            tuple(config["allowed_functions"]),
        )

    def table_problem(self, name: str) -> str:
        """Why this table may not be read; "" when it may."""
        wide = folded(name)
        if wide != name.upper() or not wide.isprintable():
            return _("a table's name has characters that look like others")
        if self.is_denied(wide):
            return _("table %(name)s may not be read") % {"name": name}
        if wide == DUMMY or _matches(wide, self.views):
            return ""
        if self.allowed:
            listed = _matches(wide, self.allowed)
            return "" if listed else _("table %(name)s is not one of the allowed tables") % {"name": name}
        if _ERP_TABLE.fullmatch(wide) or _USER_TABLE.fullmatch(wide):
            return ""
        text = _("%(name)s is none of the ERP's own tables; views of your own are named in the flow's config")
        return text % {"name": name}

    def is_denied(self, name: str) -> bool:
        """Is this one of the tables that may never be read, or one that the config denies?"""
        wide = folded(name)
        return bool(_NEVER.fullmatch(wide)) or _matches(wide, self.denied)

    def schema_problem(self, name: str) -> str:
        """Why this schema may not be named; "" when it is the company's own."""
        own = name.upper() == self.company.upper()
        return "" if own else _("schema %(name)s is not this company's") % {"name": name}

    def may_call(self, name: str, *, quoted: bool) -> bool:
        """Is this procedure allowed? Unquoted names are capitals to the database."""
        known = {*self.procedures, *(procedure.upper() for procedure in self.procedures)}
        return (name if quoted else name.upper()) in known

    def may_compute(self, name: str) -> bool:
        """Is this function allowed?"""
        return name.upper() in FUNCTIONS or name.upper() in {function.upper() for function in self.functions}


def folded(name: str) -> str:
    """In capitals, with look-alikes (full-width letters ...) turned into what they look like."""
    return unicodedata.normalize("NFKC", name).upper()


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern.upper()) for pattern in patterns)
