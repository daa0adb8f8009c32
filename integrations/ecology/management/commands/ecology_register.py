"""``manage.py ecology_register ADDRESS APPID``: secret and spk of an appid, for whoever was not given them."""

from __future__ import annotations

import base64
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.connectors.target import Target
from core.errors import B1FlowError
from integrations.ecology.registration import Registration


class Command(BaseCommand):
    help = (
        "Register an appid at an e-cology (once!) and show secret and spk. Older builds make new ones each time: "
        "whoever uses the present ones is locked out."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="e.g. https://oa.example.com")
        parser.add_argument("appid", help="the licence id that the OA's administrator entered")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["yes"] and input("This may lock out others who use this appid. Go on? [y/N] ").lower() != "y":
            raise CommandError("nothing was done")
        client = Registration(Target(None, None, "ecology.oa", base_url=options["address"].rstrip("/")))
        try:
            made = client.register(options["appid"], _own_public_key())
        except B1FlowError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"secret: {made.secret}\nspk: {made.spk}")


def _own_public_key() -> str:
    """The OA asks for our key and never uses it."""
    key = rsa.generate_private_key(65537, 2048).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(key.public_bytes(serialization.Encoding.DER, form)).decode()
