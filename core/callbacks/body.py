"""Reading an inbound body within its limit."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.request import UnreadablePostError

from core.errors import CallbackRejected


def read(request: HttpRequest, limit: int | None = None) -> bytes:
    """The raw body; CallbackRejected (413) before more than the limit is read, (400) for a broken upload."""
    limit = limit or settings.INBOUND_BODY_LIMIT
    try:
        announced = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise CallbackRejected("bad Content-Length", stage="body", status=400) from None
    if announced > limit:
        raise CallbackRejected(f"the body is larger than {limit} bytes", stage="body", status=413)
    try:
        return request.body
    except RequestDataTooBig as error:
        raise CallbackRejected(f"the body is larger than {limit} bytes", stage="body", status=413) from error
    except UnreadablePostError as error:
        raise CallbackRejected("the body ended early", stage="body", status=400) from error


def parse_json(raw: bytes) -> Any:
    """The JSON value; CallbackRejected (400) naming what is wrong. Text must be UTF-8; NaN is refused, and so are
    halves of characters (an escaped surrogate alone): no database and no log takes them."""
    if not raw.strip():
        raise CallbackRejected("the body is empty; send JSON", stage="body", status=400)
    try:
        value = json.loads(raw.decode("utf-8-sig"), parse_constant=_no_constant)
        if b"\\u" in raw:
            json.dumps(value, ensure_ascii=False).encode()
        return value
    except UnicodeError:
        raise CallbackRejected("the body is not UTF-8", stage="body", status=400) from None
    except (ValueError, RecursionError) as error:
        raise CallbackRejected(f"the body is not JSON: {error}", stage="body", status=400) from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
