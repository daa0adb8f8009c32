"""Bearer tokens of the management API: a token acts in one tenant with one role, like a member would."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from core.models import ApiToken, Role
from core.models.credential import digest

USED_EVERY = timedelta(minutes=5)


class TokenUser(AnonymousUser):
    """Who a token is: no row of the user table, but the same questions can be asked (roles, permissions)."""

    is_superuser = False
    is_staff = False

    def __init__(self, token: ApiToken) -> None:
        self.token = token
        self._tenant_roles = {token.tenant_id: Role(token.role)}

    @property
    def is_authenticated(self) -> bool:  # type: ignore[override]
        return True

    @property
    def is_anonymous(self) -> bool:  # type: ignore[override]
        return False

    def __str__(self) -> str:
        return f"token {self.token.name}"


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer <token>`` (or ``Token <token>``)."""

    def authenticate(self, request: Request) -> tuple[TokenUser, ApiToken] | None:
        """(user, token), or None where no bearer token was sent."""
        parts = get_authorization_header(request).split()
        if len(parts) != 2 or parts[0].lower() not in (b"bearer", b"token"):
            return None
        token = (
            ApiToken.objects.select_related("tenant")
            .filter(token_hash=digest(parts[1].decode("latin-1")), is_active=True, tenant__is_active=True)
            .first()
        )
        if token is None:
            raise AuthenticationFailed(_("This token is not known or switched off."))
        now = timezone.now()
        if token.last_used_at is None or now - token.last_used_at > USED_EVERY:
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
        return TokenUser(token), token

    def authenticate_header(self, request: Request) -> str:
        """So that a missing login is 401, not 403."""
        return "Bearer"


class TokenScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI document shows it."""

    target_class = "core.api.authentication.TokenAuthentication"
    name = "bearerToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
