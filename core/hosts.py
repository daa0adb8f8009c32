"""Tenants' own domains: allowed hosts beside ALLOWED_HOSTS, and the files that vendors look for at their root."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import split_domain_port, validate_host
from django.views.decorators.http import require_safe

from core.models import DomainFile, Tenant

CACHE_KEY = "tenant-hosts"
CACHE_SECONDS = 30


def tenant_hosts() -> dict[str, list[int]]:
    """{host name: ids of the active tenants whose public address it is}; at most CACHE_SECONDS old."""
    hosts: dict[str, list[int]] | None = cache.get(CACHE_KEY)
    if hosts is None:
        hosts = _read_hosts()
        cache.set(CACHE_KEY, hosts, CACHE_SECONDS)
    return hosts


def _read_hosts() -> dict[str, list[int]]:
    hosts: dict[str, list[int]] = {}
    rows = Tenant.objects.filter(is_active=True).exclude(public_base_url="")
    for pk, address in rows.values_list("pk", "public_base_url"):
        name = urlsplit(address).hostname
        if name:
            hosts.setdefault(name, []).append(pk)
    return hosts


def host_of(request: HttpRequest) -> str:
    """The host name the client asked for, lower case, without its port; not yet checked."""
    domain, _port = split_domain_port(request.META.get("HTTP_HOST", ""))
    return domain


class TenantHostMiddleware:
    """Lets Django accept the tenants' own domains. All other hosts pass Django's check of ALLOWED_HOSTS."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not _allowed_already(request) and host_of(request) in tenant_hosts():
            host = request.META["HTTP_HOST"]
            # The one request is told its host; ALLOWED_HOSTS stays as it is, so a removed domain is refused again.
            request.get_host = lambda: host  # type: ignore[method-assign]
        return self.get_response(request)


def _allowed_already(request: HttpRequest) -> bool:
    return validate_host(host_of(request), settings.ALLOWED_HOSTS)


@require_safe
def domain_file(request: HttpRequest, name: str) -> HttpResponse:
    """``/WW_verify_<token>.txt``: on a tenant's own domain only that tenant's files, elsewhere any tenant's."""
    files = DomainFile.objects.filter(name=name, tenant__is_active=True)
    owners = tenant_hosts().get(host_of(request))
    if owners is not None:
        files = files.filter(tenant__in=owners)
    content = files.values_list("content", flat=True).first()
    if content is None:
        raise Http404("no such file")
    return HttpResponse(content, content_type="text/plain; charset=utf-8")
