"""``manage.py barcode_reverse_issue DELIVERY``: return the components of a half-done backflush to stock."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.errors import B1FlowError
from core.models import Delivery
from integrations.barcode.reversal import reverse


class Command(BaseCommand):
    help = "Take back the issue of a backflush whose receipt will not come; the scan may then be sent anew."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("delivery", type=int, help="number of the issue's row in the list of deliveries")

    def handle(self, *args: Any, **options: Any) -> None:
        delivery = Delivery.objects.select_related("flow", "flow__tenant").filter(pk=options["delivery"]).first()
        if delivery is None:
            raise CommandError(f"there is no delivery {options['delivery']}")
        try:
            made = reverse(delivery)
        except B1FlowError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{delivery.label}: returned by {made['method']} {made['DocEntry']}")
