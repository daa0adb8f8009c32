"""Tenants, their companies and people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.conf import settings
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

M = TypeVar("M", bound=models.Model)


class Role(models.TextChoices):
    """What a member may do; each role may do all that those after it may."""

    OWNER = "owner", _("Owner")
    CONSULTANT = "consultant", _("Consultant")
    OPERATOR = "operator", _("Operator")
    VIEWER = "viewer", _("Viewer")

    def covers(self, needed: Role) -> bool:
        order = list(Role)
        return order.index(self) <= order.index(needed)


class TenantQuerySet(models.QuerySet[M]):
    """Querysets of everything that belongs to a tenant (``tenant_path`` leads to it)."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser, role: Role = Role.VIEWER) -> TenantQuerySet[M]:
        """Rows of the tenants in which the user has ``role`` or a stronger one; superusers see all."""
        if getattr(user, "is_superuser", False):
            return self
        path = getattr(self.model, "tenant_path", "tenant")
        tenants = Membership.tenant_ids(user, role)
        return self.filter(**{f"{path}__in" if path else "pk__in": tenants})


class Tenant(models.Model):
    """A customer account; the provider is one too."""

    tenant_path = ""

    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    is_provider = models.BooleanField(_("provider"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    public_base_url = models.URLField(
        _("public address"),
        blank=True,
        help_text=_("The customer's own domain, shown in callback addresses; empty: the platform's."),
    )
    step_days = models.PositiveIntegerField(_("keep step logs (days)"), default=30, validators=[MinValueValidator(1)])
    event_days = models.PositiveIntegerField(_("keep events (days)"), default=90, validators=[MinValueValidator(1)])
    delivery_days = models.PositiveIntegerField(
        _("keep deliveries (days)"), default=0, help_text=_("0: for ever. The ledger remembers what was sent.")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("tenant")
        verbose_name_plural = _("tenants")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> str:
        return self.time_zone or settings.TIME_ZONE

    def public_url(self, path: str) -> str:
        """Absolute address of one of our paths, as the outside world calls it."""
        return f"{(self.public_base_url or settings.PUBLIC_BASE_URL).rstrip('/')}/{path.lstrip('/')}"


class Company(models.Model):
    """One ERP company database (账套) of a tenant."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="companies", verbose_name=_("tenant"))
    code = models.CharField(_("code"), max_length=64, help_text=_("The company database, e.g. SBODEMOCN."))
    name = models.CharField(_("name"), max_length=120, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        ordering = ["tenant", "code"]
        constraints = [models.UniqueConstraint(fields=["tenant", "code"], name="company_code_once")]

    def __str__(self) -> str:
        return self.name or self.code


class Membership(models.Model):
    """user x tenant x role."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships", verbose_name=_("user")
    )
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="memberships", verbose_name=_("tenant"))
    role = models.CharField(_("role"), max_length=12, choices=Role.choices, default=Role.VIEWER)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["user", "tenant"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} @ {self.tenant}: {self.get_role_display()}"

    @classmethod
    def roles(cls, user: Any) -> dict[int, Role]:
        """{tenant id: role} of active tenants; kept on the user object for the length of a request."""
        if not getattr(user, "is_authenticated", False):
            return {}
        cached: dict[int, Role] | None = getattr(user, "_tenant_roles", None)
        if cached is None:
            rows = cls.objects.filter(user_id=user.pk, tenant__is_active=True).values_list("tenant_id", "role")
            cached = user._tenant_roles = {tenant: Role(role) for tenant, role in rows}
        return cached

    @classmethod
    def tenant_ids(cls, user: Any, role: Role = Role.VIEWER) -> list[int]:
        """Ids of the tenants in which the user has at least ``role``."""
        return [tenant for tenant, held in cls.roles(user).items() if held.covers(role)]

    @classmethod
    def allows(cls, user: Any, tenant_id: int | None, role: Role) -> bool:
        """May the user act as ``role`` in this tenant?"""
        if getattr(user, "is_superuser", False):
            return True
        return tenant_id is not None and tenant_id in cls.tenant_ids(user, role)


class DomainFile(models.Model):
    """A file that a vendor wants to see at the root of the tenant's domain (WW_verify_<token>.txt)."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="domain_files", verbose_name=_("tenant"))
    name = models.CharField(
        _("file name"),
        max_length=80,
        unique=True,
        validators=[RegexValidator(r"^[A-Za-z0-9_-]+\.txt$", _("Letters, digits, _ and -, ending in .txt."))],
    )
    content = models.CharField(_("content"), max_length=500)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("domain file")
        verbose_name_plural = _("domain files")

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    """Who an ERP user is in another system: goes before any user field of the ERP."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="people", verbose_name=_("tenant"))
    connector = models.CharField(_("system"), max_length=60, help_text=_("Connector key, e.g. the one of the OA."))
    erp_user = models.CharField(_("ERP user id"), max_length=60)
    outside_user = models.CharField(_("user id over there"), max_length=120)
    name = models.CharField(_("name"), max_length=120, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [models.UniqueConstraint(fields=["tenant", "connector", "erp_user"], name="person_once")]

    def __str__(self) -> str:
        return self.name or self.erp_user
