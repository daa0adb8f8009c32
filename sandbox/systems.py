"""The pretended systems: packages of the sandbox with ``urls.py`` (``urlpatterns``) and ``seed.py`` (``seed()``)."""

from __future__ import annotations

import importlib.util

# name of the package -> first part of its addresses
PREFIXES = {
    "erp": "erp/",  # Service Layer at /erp/b1s/v1/..., the ERP's web page at /erp/
    "diapi": "diapi/",  # DI API at /diapi/b1dis/v1/...
    "ecology": "ecology/",
    "dingtalk": "dingtalk/",
    "wecom": "wecom/",
    "blacklake": "blacklake/",
    "scanner": "scanner/",
}


def present() -> dict[str, str]:
    """The systems that exist in this tree."""
    return {name: prefix for name, prefix in PREFIXES.items() if _has(name, "urls") and _has(name, "seed")}


def _has(name: str, module: str) -> bool:
    try:
        return importlib.util.find_spec(f"sandbox.{name}.{module}") is not None
    except ModuleNotFoundError:
        return False
