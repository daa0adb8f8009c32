"""What both kinds of inbound endpoints share."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView


class InboundView(APIView):
    """Open to the outside (the endpoint checks by itself), whatever the caller claims to accept."""

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = [AllowAny]
    schema = None
    label: ClassVar[str] = ""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Vendors send odd Accept headers: they get our answer all the same."""
        return super().perform_content_negotiation(request, force=True)
