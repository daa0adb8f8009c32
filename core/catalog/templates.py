"""Templates: load, share, copy, find, publish, export. The table of contents of the modules that do it."""

from core.catalog.copying import KEEP, OVERRIDE, Copied, copy, difference, newest
from core.catalog.loading import Loaded, load_shipped
from core.catalog.publishing import export_yaml, import_yaml, private_names, publish_from_flow
from core.catalog.sharing import Offer, revoke, share, shared_with
from core.catalog.versions import newest_of_all, own, provider

__all__ = [
    "KEEP",
    "OVERRIDE",
    "Copied",
    "Loaded",
    "Offer",
    "copy",
    "difference",
    "export_yaml",
    "import_yaml",
    "load_shipped",
    "newest",
    "newest_of_all",
    "own",
    "private_names",
    "provider",
    "publish_from_flow",
    "revoke",
    "share",
    "shared_with",
]
