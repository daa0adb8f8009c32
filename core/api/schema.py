"""The OpenAPI document: every operation also names the errors that any operation may answer."""

from __future__ import annotations

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

ERROR = {
    "type": "object",
    "description": "Either `detail`, or a list of messages for each field that is wrong.",
    "additionalProperties": True,
}
ANY = {
    400: "What to change, by field or as `detail`.",
    401: "No login, or an unknown token.",
    403: "The role does not allow it.",
    404: "No such object in a tenant of yours.",
    405: "This method is not offered here.",
    406: "Only JSON is answered.",
    409: "The other system is not available now: try again.",
    415: "Send JSON.",
}


class Schema(AutoSchema):
    """drf-spectacular's schema with the common errors."""

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        for code, text in ANY.items():
            bodies.setdefault(str(code), {"description": text, "content": {"application/json": {"schema": ERROR}}})
        return bodies


class Done(serializers.Serializer):
    """An answer without an object."""

    detail = serializers.CharField()


def described(text: str) -> OpenApiResponse:
    """A 200 with free content."""
    return OpenApiResponse(description=text, response={"type": "object", "additionalProperties": True})
