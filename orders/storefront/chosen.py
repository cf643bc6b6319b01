"""One variant in a shop window: what is promised of it, and what a quantity is answered."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from channels.availability import ships_from
from channels.models import Channel
from inventory.availability import ships_on
from inventory.models import StoreSettings, Variant
from inventory.offers import Availability, split_of
from orders.services.booking import limit_in
from orders.storefront import words


@dataclass(frozen=True, slots=True)
class Chosen:
    """A variant as a channel sells it, with its product; `ahead` is its release date, if ahead."""

    variant: Variant
    channel: Channel
    availability: Availability
    price: Decimal
    settings: StoreSettings
    today: date
    ahead: date | None = None

    @property
    def delivery(self) -> words.Delivery:
        """Return what is promised about one unit."""
        return delivery_of(self.variant, self.availability, self.settings, ahead=self.ahead)

    @property
    def at_most(self) -> int:
        """Return how many units one order may have."""
        return limit_in(self.channel, self.variant, settings=self.settings).units

    def answer_to(self, wanted: int) -> words.Answer:
        """Return what a shopper is told who wants so many units."""
        salable = self.availability.salable
        if wanted > self.at_most and (salable is None or self.at_most <= salable):
            return words.Answer(words.at_most_in_order(self.at_most), is_refusal=True)
        delivery = self.delivery
        if split_of(wanted, self.availability) is not None and wanted > 1:
            day = self.day_of(wanted)
            delivery = replace(
                delivery, expected_at=day, ships_from=self.ahead and (day or self.ahead)
            )
        return words.answer_of(wanted, self.availability, delivery, today=self.today)

    def day_of(self, units: int) -> date | None:
        """Return when so many units ship that are bought alone; `None`: at once, or unknown."""
        if not self.ahead and units <= self.availability.available:
            return None
        return ships_on(
            self.variant,
            units,
            price=self.price,
            ships_from=ships_from(self.channel),
            settings=self.settings,
            today=self.today,
        )


def delivery_of(
    variant: Variant, offer: Availability, settings: StoreSettings, *, ahead: date | None
) -> words.Delivery:
    """Return what is promised about one unit; `ahead` is a release date ahead."""
    timeframe = words.timeframe_of(
        variant.delivery_timeframe,
        variant.product.delivery_timeframe,
        settings.delivery_timeframe,
    )
    return words.Delivery(
        now=timeframe.in_stock_text if timeframe else "",
        later=timeframe.out_of_stock_text if timeframe else "",
        expected_at=offer.expected_at,
        ships_from=ahead and (offer.expected_at or ahead),
    )
