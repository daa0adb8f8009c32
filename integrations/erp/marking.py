"""Many small PATCHes: by $batch where it is offered, else one by one.

404, 405 or 501 to $batch means "not offered" and is remembered for an hour by all processes. A batch that broke off
(a stored procedure that refuses a change can cut the connection) is done one by one, this once.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.connectors.http import Answer, Call
from core.errors import (
    B1FlowError,
    ConfigurationError,
    ConnectionBroken,
    DocumentRejected,
    OutcomeUnknown,
    RetryLater,
)
from integrations.erp import batch
from integrations.erp.remembered import Remembered

if TYPE_CHECKING:
    from integrations.erp.client import ServiceLayerClient

LIMIT = 20  # changes in one batch
OFF_SECONDS = 3600
LOOK_SECONDS = 30.0  # how long this process believes what it read of the above
NOT_OFFERED = (404, 405, 501)
RESOURCE = "$batch"


class BatchNotOffered(B1FlowError):
    """This ERP, or a gateway before it, does not take $batch."""


@dataclass(frozen=True)
class Change:
    """One PATCH to come."""

    key: Any
    resource: str
    fields: dict[str, Any]
    etag: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"If-Match": self.etag} if self.etag else {}


class Marking:
    """The marks of one client."""

    def __init__(self, client: ServiceLayerClient) -> None:
        self._client = client
        self._off = Remembered("nobatch", client.identity(), OFF_SECONDS)
        self._seen: tuple[float, bool] = (float("-inf"), False)

    def limit(self) -> int:
        """Changes in one round trip."""
        return 1 if self._is_off() else LIMIT

    def _is_off(self) -> bool:
        at, off = self._seen
        if time.monotonic() - at > LOOK_SECONDS:
            off = bool(self._off.get())
            self._seen = (time.monotonic(), off)
        return off

    def _switch_off(self) -> None:
        self._off.set(True)
        self._seen = (time.monotonic(), True)

    def check(self, call: Call, answer: Answer) -> None:
        """Raises BatchNotOffered for an answer that says so."""
        if call.path.endswith(RESOURCE) and answer.status in NOT_OFFERED:
            raise BatchNotOffered(f"$batch answered {answer.status}", code=answer.status)

    def update_many(
        self, entity_set: str, changes: Mapping[Any, dict[str, Any]], etags: Mapping[Any, str]
    ) -> dict[Any, Exception]:
        """{key: error} of the changes that failed."""
        failed: dict[Any, Exception] = {}
        todo: list[Change] = []
        for key, fields in changes.items():
            try:
                todo.append(Change(key, self._client.resource(entity_set, key), fields, etags.get(key, "")))
            except DocumentRejected as error:  # a key of the wrong type
                failed[key] = error
        for start in range(0, len(todo), LIMIT):
            failed |= self._group(todo[start : start + LIMIT])
        return failed

    def _group(self, todo: list[Change]) -> dict[Any, Exception]:
        """One batch; parts that got no answer (it stops at the first failure) are sent again."""
        failed: dict[Any, Exception] = {}
        while todo:
            answers = self._answers(todo) if len(todo) > 1 else []
            if not answers:
                return failed | self._one_by_one(todo)
            for change, answer in zip(todo, answers, strict=False):
                error = self._error(change, answer)
                if error is not None:
                    failed[change.key] = error
            todo = todo[len(answers) :]
        return failed

    def _answers(self, todo: Sequence[Change]) -> list[Answer]:
        """Answers of the parts that were carried out; none where it has to be done one by one."""
        if self._is_off():
            return []
        try:
            return self._send(todo)
        except (BatchNotOffered, DocumentRejected, ConfigurationError):
            self._switch_off()
        except (RetryLater, OutcomeUnknown):
            pass  # broken off; one by one tells which of them does that
        return []

    def _send(self, todo: Sequence[Change]) -> list[Answer]:
        client = self._client
        parts = [batch.Part(client.inner_path(each.resource), each.fields, each.headers) for each in todo]
        content_type, body = batch.body(parts)
        answer = client.call(
            "POST",
            client.path(RESOURCE),
            data=body,
            headers={"Content-Type": content_type, "Accept": "multipart/mixed, application/json"},
            safe=not any(each.etag for each in todo),
            name=f"$batch {todo[0].resource} ... x {len(todo)}",
        )
        try:
            return batch.answers(answer)[: len(todo)]
        except ValueError as error:
            raise OutcomeUnknown(f"{client.system} answered $batch unreadably: {error}") from error

    def _error(self, change: Change, answer: Answer) -> Exception | None:
        """What one part's answer means: as if the PATCH had been sent alone."""
        if answer.status < 400:
            return None
        path = self._client.path(change.resource)
        try:
            self._client.check(Call("PATCH", path, headers=change.headers, safe=not change.etag), answer)
        except B1FlowError as error:
            return error
        return None

    def _one_by_one(self, todo: Sequence[Change]) -> dict[Any, Exception]:
        """Single PATCHes. Two outages in a row: the ERP is away, the rest is not tried."""
        failed: dict[Any, Exception] = {}
        away = 0
        for position, change in enumerate(todo):
            try:
                self._client.patch(change.resource, change.fields, headers=change.headers)
                away = 0
            except B1FlowError as error:
                failed[change.key] = error
                away = away + 1 if isinstance(error, RetryLater | OutcomeUnknown) else 0
                if away == 2 or isinstance(error, ConnectionBroken):
                    return failed | dict.fromkeys((each.key for each in todo[position:]), error)
        return failed
