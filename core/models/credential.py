"""AppCodes for API flows and tokens for the management API: only their hashes are kept."""

from __future__ import annotations

import hashlib
import secrets

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models.flow import FlowInstance
from core.models.tenancy import Role, Tenant, TenantQuerySet


def digest(code: str) -> str:
    """SHA-256 hex. The codes are long and random (or refused when short), so no slow hash is needed."""
    return hashlib.sha256(code.encode()).hexdigest()


class AppCredential(models.Model):
    """An AppCode that may call chosen API flows. Two codes live while one is being rotated."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="app_credentials", verbose_name=_("tenant"))
    name = models.CharField(_("name"), max_length=80)
    hint = models.CharField(_("ends with"), max_length=8, blank=True, editable=False)
    code_hash = models.CharField(max_length=64, db_index=True, editable=False)
    previous_hash = models.CharField(max_length=64, blank=True, editable=False)
    previous_until = models.DateTimeField(null=True, editable=False)
    flows = models.ManyToManyField(FlowInstance, blank=True, related_name="app_credentials", verbose_name=_("flows"))
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("AppCode")
        verbose_name_plural = _("AppCodes")
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="credential_name_once")]

    def __str__(self) -> str:
        return self.name

    def set_code(self, code: str = "") -> str:
        """Take ``code`` (or make one); returns it, for the only time that it is seen."""
        code = code or secrets.token_urlsafe(32)
        self.code_hash = digest(code)
        self.hint = code[-4:]
        return code


class ApiToken(models.Model):
    """A token of the management API: acts in one tenant with one role."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="api_tokens", verbose_name=_("tenant"))
    name = models.CharField(_("name"), max_length=80)
    role = models.CharField(_("role"), max_length=12, choices=Role.choices, default=Role.VIEWER)
    hint = models.CharField(_("ends with"), max_length=8, blank=True, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("created by")
    )
    is_active = models.BooleanField(_("active"), default=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="api_token_name_once")]

    def __str__(self) -> str:
        return self.name

    def set_token(self) -> str:
        """Make a token; returns it, for the only time that it is seen."""
        token = secrets.token_urlsafe(32)
        self.token_hash = digest(token)
        self.hint = token[-4:]
        return token
