"""A provider with the shipped templates, a customer with its people, and the sandbox as all outside systems."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model

from core.catalog import templates
from core.models import Company, Connection, FlowTemplate, Membership, Role, Tenant
from tests.sandbox_server import SandboxServer

PASSWORD = "Console 2026 demo"


class World:
    """``staff``: the provider's; ``consultant`` and ``operator``: the customer's."""

    def __init__(self, sandbox: SandboxServer) -> None:
        self.sandbox = sandbox
        templates.load_shipped()
        self.tenant = Tenant.objects.create(slug="acme", name="示例制造")
        self.company = Company.objects.create(tenant=self.tenant, code="SBODEMOCN", name="演示账套")
        users = get_user_model().objects
        self.staff = users.create_superuser("provider", "", PASSWORD)
        self.consultant = self._member("consultant", Role.OWNER)
        self.operator = self._member("operator", Role.OPERATOR)

    def _member(self, name: str, role: Role) -> Any:
        person = get_user_model().objects.create(username=name)
        Membership.objects.create(user=person, tenant=self.tenant, role=role)
        return person

    def template(self, slug: str) -> FlowTemplate:
        """The provider's newest."""
        found = templates.own(templates.provider(), slug)
        assert found is not None
        return found

    def shared(self, slug: str) -> FlowTemplate:
        """Shared with the customer and copied already."""
        template = self.template(slug)
        templates.share(template.tenant, slug, self.tenant)
        return templates.copy(template, self.tenant).template

    # -- connections as a person types them, and as rows

    def erp(self, user: str = "manager") -> dict[str, Any]:
        return {"name": "ERP", "base_url": f"{self.sandbox.url}/erp", "company": str(self.company.pk),
                "setting_company_db": "SBODEMOCN", "setting_username": user, "setting_password": "sandbox"}  # fmt: skip

    def oa(self, system: str) -> dict[str, Any]:
        """The OA or MES, with the sandbox's own keys."""
        known: dict[str, dict[str, Any]] = {
            "wecom": {
                "setting_corp_id": "ww0a1b2c3d4e5f6071", "setting_agent_id": "1000002",
                "setting_corp_secret": "wecom-demo-secret-of-the-self-built-app-0001",
                "setting_callback_token": "wecomTokenTest01",
                "setting_callback_aes_key": "Gm3Zr8Kx1Yt6Qb4Lw9Hd2Sv7Jc5Np0Fa8Ue3Ri6Tk4A",
            },
            "blacklake": {
                "setting_factory_number": "34133123", "setting_app_key": "cli_1734569511470",
                "setting_app_secret": "blacklake-demo-secret",
            },
        }  # fmt: skip
        if system == "ecology":
            keys = self._keys("ecology")
            known["ecology"] = {"setting_appid": keys["appid"], "setting_userid": "1", "setting_systemid": "SYS01",
                                "setting_secret": keys["secret"], "setting_spk": keys["spk"],
                                "setting_password": "PWD01"}  # fmt: skip
        if system == "dingtalk":
            keys = self._keys("dingtalk")
            names = ("app_key", "agent_id", "corp_id", "app_secret", "callback_token", "callback_aes_key")
            known["dingtalk"] = {f"setting_{name}": str(keys[name]) for name in names}
        return {"name": system, "base_url": f"{self.sandbox.url}/{system}", **known[system]}

    def _keys(self, system: str) -> dict[str, Any]:
        reply = self.sandbox._http.get(f"{self.sandbox.url}/{system}/keys", timeout=10)
        assert reply.ok, reply.text
        return reply.json()

    def connection(self, connector: str, typed: dict[str, Any], name: str = "") -> Connection:
        """A stored, tested connection."""
        from core import registry

        hidden = registry.connector(connector).secret_names()
        given = {n.removeprefix("setting_"): v for n, v in typed.items() if n.startswith("setting_")}
        plain, secrets = registry.connector(connector).clean(
            {n: v for n, v in given.items() if n not in hidden}, {n: v for n, v in given.items() if n in hidden}
        )
        return Connection.objects.create(
            tenant=self.tenant, connector=connector, name=name or typed["name"], base_url=typed["base_url"],
            company=self.company if "company" in typed else None, settings=plain, secrets=secrets, status="ok",
        )  # fmt: skip
