"""Errors of the management API: fields where they belong to fields, else ``detail``; never a traceback."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import ProtectedError
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import ValidationError as ApiValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from core.errors import B1FlowError, ConfigurationError, NotFound, RetryLater


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler, with the platform's errors: 400 for what the caller must change, 502/503 for others'."""
    if isinstance(error, ConfigurationError):
        body: Any = error.fields or {"detail": error.message}
        return Response(body, status=status.HTTP_400_BAD_REQUEST)
    if isinstance(error, B1FlowError):
        return Response({"detail": str(error)}, status=_status(error))
    if isinstance(error, ValidationError):
        error = ApiValidationError(error.message_dict if hasattr(error, "error_dict") else error.messages)
    if isinstance(error, IntegrityError):
        error = ApiValidationError({"detail": _("This exists already.")})
    if isinstance(error, ProtectedError):
        error = ApiValidationError({"detail": _("It is still used and cannot be deleted.")})
    return exception_handler(error, context)


def _status(error: B1FlowError) -> int:
    if isinstance(error, NotFound):
        return status.HTTP_404_NOT_FOUND
    return status.HTTP_409_CONFLICT if isinstance(error, RetryLater) else status.HTTP_400_BAD_REQUEST
