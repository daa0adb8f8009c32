"""Routes one request of a logged-in client to reading, writing, an action or a global function."""

from __future__ import annotations

from typing import Any

from sandbox.erp import actions, attachments, errors, paths, query, writing
from sandbox.erp import rules as _rules  # noqa: F401 - registers the business rules
from sandbox.erp.sets import EntitySet
from sandbox.erp.wire import CONTENT_TYPE, Call, Reply

_OVERRIDES = ("PATCH", "PUT", "MERGE", "DELETE")


def handle(call: Call) -> Reply:
    """The answer; raises ServiceError for every refusal."""
    override = call.headers.get("x-http-method-override", "").upper()
    if call.method == "POST" and override in _OVERRIDES:
        call.method = override
    if not call.path.strip("/"):
        return _service_document(call)
    path = paths.split(call.path)
    if path.key is None and not path.rest and path.name in actions.GLOBAL:
        if call.method != "POST":
            raise errors.unknown_resource()
        return actions.GLOBAL[path.name](call)
    entity_set = call.company.schema.sets.get(path.name)
    if entity_set is None:
        raise errors.unknown_resource()
    if path.key is None:
        return _on_set(call, entity_set, path.rest)
    kind = call.company.schema.types[entity_set.type]
    key = paths.record_key(kind, paths.key_values(kind, path.key))
    return _on_object(call, entity_set, key, path.rest)


def operation(method: str, path: str) -> str:
    """What the fault switches call this request."""
    name = path.strip("/").partition("(")[0]
    if name == "$batch":
        return "batch"
    if method == "GET":
        return "query"
    if method in ("PATCH", "PUT", "MERGE"):
        return "decide" if name == "ApprovalRequests" else "mark"
    if method == "DELETE":
        return "delete"
    return "action" if "(" in path or name in actions.GLOBAL else "create"


def _on_set(call: Call, entity_set: EntitySet, rest: tuple[str, ...]) -> Reply:
    if call.method == "GET" and rest == ("$count",):
        return query.count(call, entity_set)
    if rest:
        raise errors.unknown_resource()
    if call.method == "GET":
        return query.many(call, entity_set)
    if call.method == "POST":
        if not entity_set.create:
            raise errors.not_supported()
        if entity_set.name == attachments.NAME and "multipart" in call.headers.get("content-type", ""):
            return attachments.upload(call)
        return actions.create(call, entity_set)
    raise errors.not_supported()


def _on_object(call: Call, entity_set: EntitySet, key: Any, rest: tuple[str, ...]) -> Reply:
    if call.method == "GET" and entity_set.name == attachments.NAME and rest == ("$value",):
        return attachments.content(call, key)
    if call.method == "GET":
        return query.one(call, entity_set, key, rest)
    if call.method == "POST" and len(rest) == 1:
        return actions.bound(call, entity_set, key, rest[0])
    if rest:
        raise errors.unknown_resource()
    if call.method in ("PATCH", "MERGE", "PUT"):
        writing.update(call, entity_set, key, whole=call.method == "PUT")
        return Reply(204)
    if call.method == "DELETE":
        writing.delete(call, entity_set, key)
        return Reply(204)
    raise errors.not_supported()


def _service_document(call: Call) -> Reply:
    names = call.company.schema.sets
    listed = [{"name": name, "kind": "EntitySet", "url": name} for name in names]
    return Reply(200, {"value": listed}, content_type=CONTENT_TYPE[call.version])
