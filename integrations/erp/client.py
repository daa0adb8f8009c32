"""The ERP's Service Layer: sessions, lists, objects, marks (SAP "Working with SAP Business One Service Layer").

Addresses with a path before /b1s (a gateway's tenant number) work; /b1s/v1 itself may be part of the address or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from django.utils.translation import gettext as _

from core.connectors.http import Answer, Call, HttpClient
from core.connectors.steps import Recorder
from core.connectors.target import Target
from core.connectors.tokens import Token
from core.errors import ConfigurationError, ConnectionBroken, DocumentRejected, NotFound
from integrations.erp import errors, metadata, odata, paging
from integrations.erp.entities import KEYS
from integrations.erp.logins import Logins
from integrations.erp.marking import Marking
from integrations.erp.metadata import Metadata
from integrations.erp.odata import Key
from integrations.erp.remembered import Remembered
from integrations.erp.sessions import SessionPool, session_token

PAGE_SIZE = 100  # where neither call nor connection says another; the server's own default of 20 costs round trips
METADATA_SECONDS = 600
DEFAULT_MINUTES = 30.0


class ServiceLayerClient(HttpClient):
    """Settings: company_db, username, language, sessions, api_version, page_size; secret: password."""

    system = "ERP"

    def __init__(self, target: Target, recorder: Recorder | None = None, slot: str = "") -> None:
        super().__init__(target, recorder, slot)
        settings = target.settings
        self.root = "" if re.search(r"/b1s/v[12]$", target.base_url) else f"b1s/{settings.get('api_version') or 'v1'}"
        self.page_size = int(settings.get("page_size") or PAGE_SIZE)
        self.logins = Logins(self.identity())
        size = int(settings.get("sessions") or 4)
        self.pool = SessionPool(target.connector, self.identity(), lambda: self.logins.attempt(self.login), size)
        self.tokens = self.pool
        self._metadata: Metadata | None = None
        self._remembered_metadata = Remembered("metadata", self.identity(), METADATA_SECONDS)
        self._marking = Marking(self)

    # -- the session

    def identity(self) -> tuple[Any, ...]:
        target = self.target
        names = ("company_db", "username", "language", "api_version")
        values = [str(target.settings.get(name) or "") for name in names]
        return (target.tenant_id, target.base_url, *values, target.secrets.get("password", ""))

    def login(self) -> Token:
        """POST /Login (its case counts: /login answers 401). Wrong credentials: ConnectionBroken, not tried again."""
        answer, body = self.log_in()
        return session_token(self.session_cookies(answer), float(body.get("SessionTimeout") or DEFAULT_MINUTES))

    def log_in(self) -> tuple[Answer, dict[str, Any]]:
        """The answer to a fresh login and its body {SessionId, Version, SessionTimeout}."""
        settings = self.target.settings
        body = {
            "CompanyDB": str(settings.get("company_db") or "").strip(),
            "UserName": settings.get("username") or "",
            "Password": self.target.secrets.get("password", ""),
            "Language": int(settings.get("language") or 15),
        }
        try:
            answer = self.call("POST", self.path("Login"), json=body, safe=True, auth=False, name="Login")
        except (DocumentRejected, NotFound) as error:
            raise ConnectionBroken(error.message, code=error.code) from error
        return answer, self.parsed_object(answer, safe=True)

    def session_cookies(self, answer: Answer) -> tuple[str, ...]:
        """B1SESSION and ROUTEID of a login's answer."""
        body = answer.json()
        cookies = answer.cookies
        if not any(cookie.startswith("B1SESSION=") for cookie in cookies) and body.get("SessionId"):
            cookies = (f"B1SESSION={body['SessionId']}", *cookies)
        if not any(cookie.startswith("B1SESSION=") for cookie in cookies):
            raise ConnectionBroken(_("The ERP answered the login without a session."))
        return cookies

    def log_out(self, cookies: tuple[str, ...]) -> None:
        """End a session of one's own (a connection test's)."""
        self.call("POST", self.path("Logout"), headers={"Cookie": "; ".join(cookies)}, safe=True, auth=False)

    def authorize(self, call: Call, value: Any) -> None:
        call.headers["Cookie"] = value["cookies"]

    def expired(self, answer: Answer) -> bool:
        return errors.is_session_end(answer)

    def check(self, call: Call, answer: Answer) -> None:
        if answer.status < 400:
            super().check(call, answer)
            self.pool.used(call.headers.get("Cookie"))
            return
        self._marking.check(call, answer)
        error = errors.meaning(call, answer, self._where(call))
        if error is not None:
            raise error
        code, text = errors.read(answer)
        self.refuse(call, answer, text, code)

    def _log(self, call: Call, started: float, *, ok: bool, output: Any) -> None:
        """The query stands in the address (a blank must be %20); people want to read it among the inputs."""
        _path, _mark, query = call.path.partition("?")
        shown = replace(call, params=dict(parse_qsl(query))) if query else call
        super()._log(shown, started, ok=ok, output=output)

    # -- reading

    def path(self, resource: str) -> str:
        """A resource below the service's root."""
        return f"{self.root}/{resource}" if self.root else resource

    def inner_path(self, resource: str) -> str:
        """The same as the server itself knows it, without a gateway's prefix (for the parts of $batch)."""
        found = re.search(r"/?(b1s/v[12])$", self.root or urlsplit(self.target.base_url).path)
        return f"/{found[1] if found else 'b1s/v1'}/{resource}"

    def key_kinds(self, entity_set: str) -> dict[str, str]:
        """{key property: kind}; asks $metadata for what is not known, {} when that does not know it either."""
        if entity_set in KEYS:
            return KEYS[entity_set]
        try:
            kind = self.metadata().of_set(entity_set)
        except (metadata.Unreadable, NotFound, DocumentRejected, ConfigurationError):
            return {}
        return kind.key_kinds if kind else {}

    def resource(self, entity_set: str, key: Key) -> str:
        """``Items('c001')``, percent-encoded."""
        return odata.path(entity_set, key, self.key_kinds(entity_set))

    def query_pages(
        self,
        entity_set: str,
        *,
        filter: str = "",
        select: str = "",
        order: str = "",
        page_size: int | None = None,
        expand: str = "",
    ) -> Iterator[list[dict[str, Any]]]:
        """The rows of a list, a page at a time, to its end; safe while they are marked (see paging)."""
        size = self.page_size if page_size is None else page_size
        kinds = self.key_kinds(entity_set)
        query = paging.Query(odata.name(entity_set), kinds, filter, select, order, size, expand)
        headers = {"Prefer": f"odata.maxpagesize={size}"} if size else {}
        return paging.pages(query, lambda options: self._list(entity_set, options, headers))

    def query(self, entity_set: str, **options: Any) -> Iterator[dict[str, Any]]:
        """The rows one by one; options as ``query_pages``."""
        for rows in self.query_pages(entity_set, **options):
            yield from rows

    def first(self, entity_set: str, *, filter: str = "", select: str = "", order: str = "") -> dict[str, Any] | None:
        """The first row, or None."""
        order = order or ",".join(self.key_kinds(entity_set))
        options = {"$filter": filter, "$select": select, "$orderby": order, "$top": "1"}
        rows = self._list(entity_set, {name: text for name, text in options.items() if text}).get("value") or []
        return rows[0] if rows else None

    def exists(self, entity_set: str, key: Key) -> bool:
        """Is there such an object? Reads its key only."""
        try:
            self.get(entity_set, key, select=",".join(self.key_kinds(entity_set)))
        except NotFound:
            return False
        return True

    def get(self, entity_set: str, key: Key, *, select: str = "", expand: str = "") -> dict[str, Any]:
        """One object. Raises NotFound."""
        options = {name: text for name, text in (("$select", select), ("$expand", expand)) if text}
        found: dict[str, Any] = self.get_json(self._url(self.resource(entity_set, key), options))
        return found

    def count(self, entity_set: str, *, filter: str = "") -> int:
        """How many rows match."""
        options = {"$filter": filter} if filter else {}
        answer = self.call("GET", self._url(f"{odata.name(entity_set)}/$count", options))
        try:
            return int(answer.text.strip().lstrip("\ufeff"))
        except ValueError:
            raise ConnectionBroken(f"{self.system} answered {entity_set}/$count with {answer.text[:80]!r}") from None

    def read_bytes(self, resource: str) -> bytes:
        """A stream, e.g. an attachment's content."""
        return self.call("GET", self.path(resource), headers={"Accept": "*/*"}).content

    def metadata(self, *, fresh: bool = False) -> Metadata:
        """$metadata, kept for ten minutes; ``fresh`` asks anew (after user fields were made)."""
        if fresh:
            self._metadata = None
            self._remembered_metadata.forget()
        if self._metadata is None:
            packed = self._remembered_metadata.get()
            self._metadata = (Metadata.unpack(packed) if packed else None) or self._fetch_metadata()
        return self._metadata

    def _fetch_metadata(self) -> Metadata:
        headers = {"Accept": "application/xml", "B1S-WithMappingInfo": "1"}
        found = metadata.parse(self.call("GET", self.path("$metadata"), headers=headers).content)
        self._remembered_metadata.set(found.pack())
        return found

    def _list(self, resource: str, options: dict[str, str], headers: dict[str, str] | None = None) -> dict[str, Any]:
        answer = self.get_json(self._url(resource, options), headers=headers, name=f"GET {resource}")
        if not isinstance(answer, dict):
            raise ConnectionBroken(f"{self.system} answered {resource} with {type(answer).__name__}, not a list")
        return answer

    def _url(self, resource: str, options: Mapping[str, str]) -> str:
        """With its query. A blank is %20: the Service Layer does not take +."""
        query = "&".join(f"{name}={quote(text, safe=_SAFE)}" for name, text in options.items())
        return self.path(f"{resource}?{query}" if query else resource)

    # -- writing

    def create(self, entity_set: str, fields: dict[str, Any], *, timeout: float = 0.0) -> dict[str, Any]:
        """POST: the whole new object. An unreadable answer is OutcomeUnknown: there is no key against doubles."""
        answer = self.call("POST", self.path(odata.name(entity_set)), json=fields, timeout=timeout)
        if answer.status == 204:
            return {}
        return self.parsed_object(answer, safe=False)

    def update(
        self,
        entity_set: str,
        key: Key,
        fields: dict[str, Any],
        *,
        etag: str = "",
        replace_lines: bool = False,
    ) -> None:
        """PATCH: only these fields; lines merge by their key unless ``replace_lines``.

        Repeating it does no harm, unless ``etag`` is given (then a repeat is answered ChangedMeanwhile).
        """
        headers = {"If-Match": etag} if etag else {}
        if replace_lines:
            headers["B1S-ReplaceCollectionsOnPatch"] = "true"
        self.patch(self.resource(entity_set, key), fields, headers=headers)

    def patch(self, resource: str, fields: dict[str, Any], *, headers: dict[str, str]) -> None:
        """PATCH a resource below the root (percent-encoded already)."""
        self.call("PATCH", self.path(resource), json=fields, headers=headers, safe="If-Match" not in headers)

    def delete(self, entity_set: str, key: Key) -> None:
        """DELETE. Documents refuse it."""
        self.call("DELETE", self.path(self.resource(entity_set, key)))

    def action(self, entity_set: str, key: Key, name: str, fields: dict[str, Any] | None = None) -> Any:
        """POST Set(key)/Action: its JSON answer, None when it has none."""
        return self._acted(f"{self.resource(entity_set, key)}/{odata.name(name)}", fields)

    def service(self, name: str, fields: dict[str, Any] | None = None, *, safe: bool = False) -> Any:
        """POST a global method, e.g. DraftsService_SaveDraftToDocument; ``safe`` for those that only read."""
        return self._acted(odata.name(name), fields, safe=safe)

    def _acted(self, resource: str, fields: dict[str, Any] | None, *, safe: bool = False) -> Any:
        answer = self.call("POST", self.path(resource), json=fields or {}, safe=safe)
        if answer.status == 204 or not answer.content.strip():
            return None
        return self.parsed(answer, safe=safe)

    def update_many(
        self, entity_set: str, changes: Mapping[Any, dict[str, Any]], *, etags: Mapping[Any, str] | None = None
    ) -> dict[Any, Exception]:
        """PATCH many objects, in one round trip where the server offers $batch: {key: error} of those that failed."""
        return self._marking.update_many(entity_set, changes, etags or {})

    def mark_limit(self) -> int:
        """How many objects ``update_many`` changes in one round trip: 1 where $batch is not offered."""
        return self._marking.limit()


_SAFE = "$,()'*:/"  # characters that mean what they say inside a query value
