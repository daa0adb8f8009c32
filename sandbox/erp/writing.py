"""Writing: create, PATCH, PUT and DELETE of any set, with the rules of the set around them.

Every change is one transaction; what really happened is written to the history of effects with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox import store
from sandbox.erp import bodies, drafts, errors, paths, query, settings
from sandbox.erp.company import Company
from sandbox.erp.schema import Type
from sandbox.erp.sets import LINE_KEYS, UDO_LINE_KEY, EntitySet
from sandbox.erp.wire import CONTENT_TYPE, Call, Reply

SOURCES = ("U_MESReportId", "NumAtCard", "U_REQUESTID")  # a number of the caller's, by which a checker counts


@dataclass
class Change:
    """One write on its way: ``sent`` in stored form, ``old`` None for a new object, ``new`` what will be stored."""

    company: Company
    user: int
    entity_set: EntitySet
    sent: dict
    new: dict
    old: dict | None = None
    key: Any = None
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> Type:
        return self.company.schema.types[self.entity_set.type]


Rule = Callable[[Change], None]
EVERY = "*"  # a rule for all sets
BEFORE_CREATE: dict[str, list[Rule]] = {}
AFTER_CREATE: dict[str, list[Rule]] = {}
BEFORE_UPDATE: dict[str, list[Rule]] = {}
AFTER_UPDATE: dict[str, list[Rule]] = {}
AFTER_DELETE: dict[str, list[Rule]] = {}


def rule(table: dict[str, list[Rule]], *set_names: str) -> Callable[[Rule], Rule]:
    """Register a function for these sets (or types); they run in the order of their registration."""

    def register(function: Rule) -> Rule:
        for name in set_names:
            table.setdefault(name, []).append(function)
        return function

    return register


def _apply(table: dict[str, list[Rule]], change: Change) -> None:
    for name in dict.fromkeys((EVERY, change.entity_set.type, change.entity_set.name)):
        for function in table.get(name, ()):
            function(change)


def create(company: Company, user: int, entity_set: EntitySet, sent: dict) -> Change:
    """Store a new object; ``sent`` is in stored form. Raises ServiceError."""
    types = company.schema.types
    new = bodies.with_defaults(types[entity_set.type], sent, types)
    change = Change(company, user, entity_set, sent, new)
    with store.transaction():
        _number(change)
        _number_lines(change)
        _apply(BEFORE_CREATE, change)
        _stamp(change)
        company.put(entity_set.name, change.key, change.new)
        _apply(AFTER_CREATE, change)
        record("create", change)
    return change


def update(call: Call, entity_set: EntitySet, key: Any, *, whole: bool = False) -> Change:
    """PATCH (or PUT, ``whole``) of one object. Raises ServiceError."""
    company, types = call.company, call.company.schema.types
    kind = types[entity_set.type]
    sent = bodies.read(kind, call.json(), types)
    sent = {name: value for name, value in sent.items() if name not in kind.keys}
    with store.transaction():
        old = present(call, entity_set, key)
        start = _kept_by_put(kind, old) if whole else old
        replace = whole or call.switched_on("ReplaceCollectionsOnPatch")
        new = bodies.merge(kind, start, sent, types, replace)
        change = Change(company, call.session.user, entity_set, sent, new, old, key)
        _apply(BEFORE_UPDATE, change)
        _stamp(change)
        store_update(change)
        record("decide" if entity_set.name == "ApprovalRequests" else "mark", change)
    return change


def store_update(change: Change) -> None:
    """Put a changed object back where it is kept."""
    place = drafts.kept_in(change.company, change.entity_set, change.key)
    body = change.new
    if place != change.entity_set.name:
        body = drafts.as_transfer(change.new, change.company.find(place, change.key) or {})
    change.company.put(place, change.key, body)
    _apply(AFTER_UPDATE, change)


def delete(call: Call, entity_set: EntitySet, key: Any) -> None:
    if not entity_set.delete:
        raise errors.not_supported()
    with store.transaction():
        old = present(call, entity_set, key)
        change = Change(call.company, call.session.user, entity_set, {}, {}, old, key)
        store.delete(call.company.system, entity_set.name, key)
        _apply(AFTER_DELETE, change)
        record("delete", change)


def created_reply(call: Call, change: Change) -> Reply:
    """201 with the whole object, or 204 where the client wants no content."""
    entity_set, key = change.entity_set, paths.shown_key(change.kind, change.new)
    found = store.peek(call.company.system, entity_set.name, change.key)
    assert found is not None
    headers = {"Location": f"{call.root}/{entity_set.name}({key})"}
    if entity_set.etag:
        headers["ETag"] = query.etag(found.version)
    if "return-no-content" in call.headers.get("prefer", ""):
        return Reply(204, headers={**headers, "Preference-Applied": "return-no-content"})
    return Reply(201, query.whole(call, entity_set, found), headers, CONTENT_TYPE[call.version])


def present(call: Call, entity_set: EntitySet, key: Any) -> dict:
    """The object to change, when it is there and is the version that the client knows."""
    found = drafts.entry(call.company, entity_set, key)
    if found is None:
        raise errors.not_found()
    wanted = call.headers.get("if-match", "*")
    if entity_set.etag and wanted != "*" and wanted.removeprefix("W/") != query.etag(found.version).removeprefix("W/"):
        raise errors.stale()
    return found.body


def _kept_by_put(kind: Type, old: dict) -> dict:
    """What a PUT cannot reset: keys, read-only and internal values."""
    fixed = {p.name for p in kind.properties.values() if p.read_only or p.name in kind.keys}
    return {name: value for name, value in old.items() if name in fixed or name.startswith("_")}


def _number(change: Change) -> None:
    """The key: the next number for integer keys, what was sent for others."""
    kind, company, name = change.kind, change.company, change.entity_set.name
    if [kind.properties[key].type for key in kind.keys] == ["I"]:
        change.key = change.new[kind.keys[0]] = drafts.next_entry(company, name)
        return
    for key in kind.keys:
        if change.new.get(key) in (None, "") and key != "FieldID":
            raise errors.ServiceError(-1000, f"Property '{key}' of '{kind.name}' is missing")
    if "FieldID" in kind.keys:
        return  # numbered by its own rule
    change.key = paths.record_key(kind, change.new)
    if company.peek(name, change.key):
        raise _duplicate(name, change.key)


def _duplicate(name: str, key: Any) -> errors.ServiceError:
    texts = {
        "BusinessPartners": f"1320000140 - Business partner code '{key}' already assigned to a business partner; "
        "enter a unique business partner code",
        "Items": f"Item code '{key}' already exists",
    }
    return errors.ServiceError(-10, texts.get(name, f"This entry already exists in the following tables: '{key}'"))


def _number_lines(change: Change) -> None:
    for prop in change.kind.collections:
        if change.new.get(prop.name):
            key = LINE_KEYS.get(prop.type, UDO_LINE_KEY)
            if key in change.company.schema.types[prop.type].properties:
                change.new[prop.name] = bodies.numbered(change.new[prop.name], key)


def _stamp(change: Change) -> None:
    """Creation and update stamps, where the type has them."""
    properties, new = change.kind.properties, change.new
    date, time = settings.create_stamp()
    if change.old is None:
        for name, value in (("CreationDate", date), ("CreateDate", date), ("CreateTime", time), ("CreationTime", time)):
            if name in properties:
                new.setdefault(name, value)
        if "UserSign" in properties:
            new.setdefault("UserSign", change.user)
    date, time = settings.update_stamp()
    for name, value in (("UpdateDate", date), ("UpdateTime", time)):
        if name in properties:
            new[name] = value


def check_update(change: Change) -> None:
    """The rules before an update, for an action that changes an object by itself."""
    _apply(BEFORE_UPDATE, change)


def record(op: str, change: Change, **detail: Any) -> None:
    """Write what happened to the history of effects."""
    company = "" if change.company.code == "SBODEMOCN" else f"{change.company.code}/"
    key = f"{company}{change.entity_set.name}({paths.shown_key(change.kind, change.new or change.old or {})})"
    source = next((change.sent[name] for name in SOURCES if change.sent.get(name)), "") if op == "create" else ""
    fields = {name: value for name, value in change.sent.items() if not isinstance(value, list)}
    fields.pop("UserPassword", None)
    about = {"company": change.company.code, "user": change.user, "fields": fields, **change.detail, **detail}
    store.effect("erp", op, key, source, **about)
