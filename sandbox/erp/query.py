"""Reading: one object, one property, a list with $filter, $select, $orderby, paging and counts."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sandbox import store
from sandbox.erp import bodies, errors, filters, settings, values
from sandbox.erp.drafts import entries, entry
from sandbox.erp.schema import Type
from sandbox.erp.sets import EntitySet
from sandbox.erp.wire import CONTENT_TYPE, Call, Reply

_KNOWN = {"$filter", "$select", "$orderby", "$top", "$skip", "$inlinecount", "$count", "$format"}
_link_turn = itertools.count()


@dataclass(frozen=True)
class Page:
    """What a list request asks for: the page's limits and whether the page size ends it."""

    skip: int
    top: int | None  # $top as sent
    size: int  # page size, 0 = no paging

    @property
    def limit(self) -> int | None:
        wanted = [n for n in (self.top, self.size or None) if n is not None]
        return min(wanted) if wanted else None


def one(call: Call, entity_set: EntitySet, key: Any, rest: tuple[str, ...]) -> Reply:
    """GET Set(key), Set(key)/Property, Set(key)/Property/$value."""
    found = entry(call.company, entity_set, key)
    if found is None:
        raise errors.not_found()
    kind = call.company.schema.types[entity_set.type]
    if rest:
        return _property(call, kind, found, rest)
    headers = {"ETag": etag(found.version)} if entity_set.etag else {}
    return Reply(200, whole(call, entity_set, found, _selection(call, kind)), headers, CONTENT_TYPE[call.version])


def many(call: Call, entity_set: EntitySet) -> Reply:
    """GET Set?...: one page."""
    kind = call.company.schema.types[entity_set.type]
    _check_options(call)
    page, part = _page(call), _selection(call, kind)
    matching = _ordered(call, kind, _matching(call, entity_set, kind))
    result: dict[str, Any] = {_metadata_name(call): f"{call.root}/$metadata#{entity_set.name}"}
    if _wants_count(call):
        matching = list(matching)
        result[f"{call.prefix}count"] = str(len(matching)) if call.version == "v1" else len(matching)
    end = None if page.limit is None else page.skip + page.limit + 1
    window = list(itertools.islice(matching, page.skip, end))
    rows = window if page.limit is None else window[: page.limit]
    result["value"] = [_shown(call, entity_set, kind, found, part) for found in rows]
    if len(window) > len(rows) and (page.top is None or page.top > len(rows)):
        result[f"{call.prefix}nextLink"] = _next_link(call, entity_set, page, len(rows))
    return Reply(200, result, _applied(call), CONTENT_TYPE[call.version])


def count(call: Call, entity_set: EntitySet) -> Reply:
    """GET Set/$count: the number as plain text."""
    kind = call.company.schema.types[entity_set.type]
    return Reply(200, str(sum(1 for _ in _matching(call, entity_set, kind))), content_type="text/plain;charset=utf-8")


def etag(version: int) -> str:
    """W/"<SHA-1 of the DataVersion as text, upper case>"."""
    digest = hashlib.sha1(str(version).encode()).hexdigest().upper()
    return f'W/"{digest}"'


def whole(call: Call, entity_set: EntitySet, found: store.Entry, part: Type | None = None) -> dict:
    """One object with its metadata line; ``part`` is what was selected of it."""
    kind = call.company.schema.types[entity_set.type]
    suffix = "/@Element" if call.version == "v1" else "/$entity"
    meta = {_metadata_name(call): f"{call.root}/$metadata#{entity_set.name}{suffix}"}
    return {**meta, **_shown(call, entity_set, kind, found, part)}


def _metadata_name(call: Call) -> str:
    return "odata.metadata" if call.version == "v1" else "@odata.context"


def _check_options(call: Call) -> None:
    for name in call.query:
        if name.startswith("$") and name not in _KNOWN:
            raise errors.ServiceError(-1000, f"Query option '{name}' is not supported")


def _matching(call: Call, entity_set: EntitySet, kind: Type) -> Iterable[store.Entry]:
    everything = entries(call.company, entity_set)
    text = call.query.get("$filter", "").strip()
    if not text:
        return everything
    test = filters.parse(text, kind, call.switched_on("CaseInsensitive"))
    return (found for found in everything if test(found.body))


def _selection(call: Call, kind: Type) -> Type | None:
    """The selected part of the type; None for everything."""
    names = [name.strip() for name in call.query.get("$select", "").split(",") if name.strip()]
    if not names or "*" in names:
        return None
    found = {}
    for name in names:
        prop = bodies.find_property(kind, name)
        if prop is None:
            raise errors.unknown_property(name, kind.name)
        found[prop.name] = dataclasses.replace(prop, shown=True)
    return Type(kind.name, kind.keys, found)


def _shown(call: Call, entity_set: EntitySet, kind: Type, found: store.Entry, part: Type | None) -> dict:
    body = found.body
    if "DataVersion" in kind.properties:
        body = {**body, "DataVersion": found.version}
    if part is not None:
        kind, body = part, {name: body[name] for name in part.properties if name in body}
    iso = call.version == "v2" or settings.DATE_STYLE() == "iso"
    result = values.shown(kind, body, call.company.schema.types, iso)
    return {f"{call.prefix}etag": etag(found.version), **result} if entity_set.etag else result


def _property(call: Call, kind: Type, found: store.Entry, rest: tuple[str, ...]) -> Reply:
    prop = bodies.find_property(kind, rest[0])
    if prop is None or len(rest) > 2 or rest[1:] not in ((), ("$value",)):
        raise errors.unknown_property(rest[0], kind.name)
    value = found.body.get(prop.name)
    if rest[1:]:
        if value is None:
            raise errors.not_found()
        return Reply(200, str(value), content_type="text/plain;charset=utf-8")
    if value is None and not prop.many:
        return Reply(200, {f"{call.prefix}null": True}, content_type=CONTENT_TYPE[call.version])
    return Reply(200, {"value": value or ([] if prop.many else value)}, content_type=CONTENT_TYPE[call.version])


def _wants_count(call: Call) -> bool:
    wanted = call.query.get("$inlinecount")
    if wanted not in (None, "allpages", "none"):
        raise errors.ServiceError(-1000, f"Query option '$inlinecount={wanted}' is invalid")
    return wanted == "allpages" or call.query.get("$count") == "true"


def _page(call: Call) -> Page:
    top = _natural(call, "$top")
    return Page(_natural(call, "$skip") or 0, top, page_size(call))


def page_size(call: Call) -> int:
    """Rows a page: the request's wish, else the server's setting; 0 = all."""
    preferred = _preferences(call).get("odata.maxpagesize")
    for text in (preferred, call.option("PageSize")):
        if text is not None and text.isdigit():
            return int(text)
    return settings.PAGE_SIZE()


def _preferences(call: Call) -> dict[str, str]:
    parts = [part.strip().partition("=") for part in call.headers.get("prefer", "").split(",")]
    return {name.strip(): value.strip() for name, _, value in parts}


def _applied(call: Call) -> dict[str, str]:
    size = _preferences(call).get("odata.maxpagesize")
    return {"Preference-Applied": f"odata.maxpagesize={size}"} if size else {}


def _natural(call: Call, name: str) -> int | None:
    text = call.query.get(name)
    if text is None:
        return None
    if not text.strip().isdigit():
        raise errors.ServiceError(-1000, f"Query option '{name}={text}' is invalid")
    return int(text)


def _ordered(call: Call, kind: Type, matching: Iterable[store.Entry]) -> Iterable[store.Entry]:
    """In the order asked for; rows come in key order, so the key alone needs no sorting."""
    wanted = list(_order(call, kind))
    if not wanted or [(name, down) for name, down in wanted] == [(name, False) for name in kind.keys[: len(wanted)]]:
        return matching
    rows = list(matching)
    for name, down in reversed(wanted):
        rows.sort(key=_place(name), reverse=down)
    return rows


def _place(name: str) -> Callable[[store.Entry], tuple]:
    """Sorts nulls first, as HANA does."""
    return lambda found: (False, "") if (value := found.body.get(name)) is None else (True, value)


def _order(call: Call, kind: Type) -> Iterator[tuple[str, bool]]:
    for part in call.query.get("$orderby", "").split(","):
        words = part.split()
        if not words:
            continue
        prop = bodies.find_property(kind, words[0])
        if prop is None or prop.many or words[1:] not in ([], ["asc"], ["desc"]):
            raise errors.unknown_property(words[0], kind.name)
        yield prop.name, words[1:] == ["desc"]


def _next_link(call: Call, entity_set: EntitySet, page: Page, sent: int) -> str:
    """In one of the three forms that were seen: an absolute path without the gateway's prefix, relative, re-encoded."""
    options = {name: value for name, value in call.query.items() if name not in ("$skip", "$top")}
    if page.top is not None:
        options["$top"] = str(page.top - sent)
    options["$skip"] = str(page.skip + sent)
    forms = ("path", "relative", "encoded")
    form = settings.LINK_FORM()
    form = forms[next(_link_turn) % 3] if form == "rotate" else form
    safe = "" if form == "encoded" else "'$,()"
    if form == "encoded":
        options = {name: value.replace(" eq ", " eq  ") for name, value in options.items()}
    query = "&".join(f"{name}={quote(value, safe=safe)}" for name, value in options.items())
    return (f"/b1s/{call.version}/" if form == "path" else "") + f"{entity_set.name}?{query}"
