"""One special price of the ERP: created where there is none, changed where there is one (seed 3.3.2.6-8).

With a validity a price is an area {DateFrom, Dateto, SpecialPrice, PriceCurrency, PriceListNo} of its special price:
the area of the same dates is replaced, the others stay; the header's price is then set only on creation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from django.utils.translation import gettext as _

from core.errors import DocumentRejected, NotFound
from core.flows.base import Write
from core.mapping import dates, decimals
from integrations.erp.client import ServiceLayerClient
from integrations.erp.errors import ALREADY_EXISTS, ChangedMeanwhile
from integrations.erp.odata import etag, path

PRICES, AREAS = "SpecialPrices", "SpecialPriceDataAreas"
YES = frozenset({"tyes", "y", "yes", "true", "1", "是", "可用"})
NO = frozenset({"tno", "n", "no", "false", "0", "否", "不可用"})
TRIES = 3


@dataclass(frozen=True)
class Price:
    """What a row says. ``header``: further fields, as mapped."""

    item: str
    partner: str
    price: int | float
    currency: str = ""
    valid: str = ""
    price_list: int | None = None
    since: str = ""
    until: str = ""
    header: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, mapped: dict[str, Any]) -> Price:
        """From the mapping's targets. Raises DocumentRejected naming the target."""
        rest = dict(mapped)
        taken = {name: rest.pop(name, None) for name in TARGETS}
        price = _number("Price", taken["Price"])
        if price is None:
            raise DocumentRejected(_("Price is empty."))
        price_list = _number("PriceListNum", taken["PriceListNum"])
        return cls(
            item=_required("ItemCode", taken["ItemCode"]),
            partner=_required("CardCode", taken["CardCode"]),
            price=price,
            currency=_text(taken["Currency"]),
            valid=_yes_no(taken["Valid"]),
            price_list=None if price_list is None else int(price_list),
            since=_day("ValidFrom", taken["ValidFrom"]),
            until=_day("ValidTo", taken["ValidTo"]),
            header=rest,
        )

    @property
    def key(self) -> dict[str, str]:
        return {"CardCode": self.partner, "ItemCode": self.item}

    @property
    def name(self) -> str:
        """What tells two prices apart: partner, item and validity."""
        validity = f" {self.since}~{self.until}" if self.has_range else ""
        return f"{self.partner}/{self.item}{validity}"

    @property
    def has_range(self) -> bool:
        return bool(self.since or self.until)

    def area(self) -> dict[str, Any]:
        """Only what is given."""
        fields: dict[str, Any] = {"DateFrom": self.since, "Dateto": self.until, "SpecialPrice": self.price}
        fields |= {"PriceCurrency": self.currency, "PriceListNo": self.price_list}
        return {name: value for name, value in fields.items() if value not in (None, "")}

    def fields(self) -> dict[str, Any]:
        """The header's, with its price."""
        fields: dict[str, Any] = {"Price": self.price, "Currency": self.currency, "Valid": self.valid}
        fields |= {"PriceListNum": self.price_list, **self.header}
        return {name: value for name, value in fields.items() if value not in (None, "")}

    def new(self) -> dict[str, Any]:
        """The body that creates it."""
        areas = {AREAS: [self.area()]} if self.has_range else {}
        return {**self.key, **self.fields(), **areas}

    def change(self, present: dict[str, Any]) -> dict[str, Any]:
        """The body that changes what is there."""
        if not self.has_range:
            return self.fields()
        same = [area for area in present.get(AREAS) or [] if _dates(area) == (self.since, self.until)]
        number = {"RowNumber": same[0]["RowNumber"]} if same and same[0].get("RowNumber") is not None else {}
        valid = {"Valid": self.valid} if self.valid else {}
        return {**valid, **self.header, AREAS: [{**number, **self.area()}]}


TARGETS = ("ItemCode", "CardCode", "Price", "Currency", "Valid", "PriceListNum", "ValidFrom", "ValidTo")


def save(client: ServiceLayerClient, price: Price) -> str:
    """Create or change; "created" or "changed". Doing it twice leaves the same price. Raises DocumentRejected."""
    for last in (False,) * (TRIES - 1) + (True,):
        try:
            return _save(client, price)
        except ChangedMeanwhile:
            if last:
                raise
        except DocumentRejected as error:
            if last or error.code not in ALREADY_EXISTS:
                raise
    raise AssertionError("unreachable")


def planned(client: ServiceLayerClient, price: Price) -> Write:
    """What ``save`` would write now."""
    try:
        present = client.get(PRICES, price.key)
    except NotFound:
        return Write(f"POST {PRICES}", price.new())
    return Write(f"PATCH {path(PRICES, price.key)}", price.change(present))


def _save(client: ServiceLayerClient, price: Price) -> str:
    try:
        present = client.get(PRICES, price.key)
    except NotFound:
        client.create(PRICES, price.new())
        return "created"
    client.update(PRICES, price.key, price.change(present), etag=etag(present))
    return "changed"


def _dates(area: dict[str, Any]) -> tuple[str, str]:
    return str(area.get("DateFrom") or "")[:10], str(area.get("Dateto") or "")[:10]


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _required(name: str, value: Any) -> str:
    if not _text(value):
        raise DocumentRejected(_("%(name)s is empty.") % {"name": name})
    return _text(value)


def _number(name: str, value: Any) -> int | float | None:
    try:
        number = None if value is None else decimals.parse(value)
    except ValueError as error:
        raise DocumentRejected(f"{name}: {error}") from None
    return None if number is None else decimals.plain(number)


def _day(name: str, value: Any) -> str:
    try:
        moment = None if value is None else dates.parse(value, UTC)
    except ValueError as error:
        raise DocumentRejected(f"{name}: {error}") from None
    return dates.written(moment, dates.DATE) if moment else ""


def _yes_no(value: Any) -> str:
    word = _text(value).lower()
    if not word:
        return ""
    if word not in YES | NO:
        raise DocumentRejected(_("Valid: “%(value)s” is neither yes nor no.") % {"value": value})
    return "tYES" if word in YES else "tNO"
