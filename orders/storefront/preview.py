"""What shoppers see, for the pages of staff (`inventory.shop_window`): the shop's own words."""

from collections.abc import Sequence
from datetime import date

from channels.availability import availability_in, published_in
from channels.models import Channel, Listing
from inventory.models import BundleComponent, StoreSettings, Variant
from inventory.offers import Availability
from inventory.shop_window import Seen, Told
from orders.amounts import money
from orders.storefront import words
from orders.storefront.chosen import Chosen, delivery_of


class OurWindow:
    """The shop window of this program."""

    def lines(
        self, variant: Variant, offer: Availability, *, settings: StoreSettings, today: date
    ) -> Sequence[str]:
        """Return what shoppers read of a variant below its state."""
        ahead = _ahead([variant.release_date], today)
        delivery = delivery_of(variant, offer, settings, ahead=ahead)
        return _lines(offer, delivery, today=today)

    def seen_in(
        self, channel: str, variant: Variant, *, settings: StoreSettings, today: date
    ) -> Seen | None:
        """Return what the shoppers of a channel see; `None`: it is not listed there."""
        place = Channel.objects.get(slug=channel)
        shown = published_in(place, [variant.pk]) if place.has_listings else {}
        listing = shown.get(variant.pk)
        if place.has_listings and listing is None:
            return None
        offer = availability_in(
            place, [variant], today=today, settings=settings, published=shown or None
        )[variant.pk]
        rows = BundleComponent.objects.filter(bundle=variant)
        dates = rows.values_list("component__release_date", flat=True)
        chosen = Chosen(
            variant=variant,
            channel=place,
            availability=offer,
            price=listing.shown_price if listing else variant.price,
            settings=settings,
            today=today,
            ahead=_ahead([variant.release_date, *dates], today),
        )
        return _seen(chosen, listing)


def _seen(chosen: Chosen, listing: Listing | None) -> Seen:
    offer = chosen.availability
    label = words.label_of(offer.state, show_backorder_label=chosen.channel.show_backorder_label)
    asked = sorted({1, max(offer.available, 1), offer.available + 2})
    return Seen(
        title=listing.shown_title if listing else chosen.variant.full_title,
        price=money(chosen.price, chosen.settings.currency),
        state=offer.state,
        label=label.text if label else "",
        lines=_lines(offer, chosen.delivery, today=chosen.today),
        answers=[_told(units, chosen.answer_to(units)) for units in asked],
    )


def _told(units: int, answer: words.Answer) -> Told:
    lines = [answer.text, *answer.lines, answer.notice]
    return Told(units, [line for line in lines if line])


def _lines(offer: Availability, delivery: words.Delivery, *, today: date) -> list[str]:
    """Return what the product page says below the price and the state, line by line."""
    lines = (
        words.left_words(offer.only_x_left),
        words.delivery_words(offer.state, delivery, today=today),
        words.backorder_notice(offer),
    )
    return [line for line in lines if line]


def _ahead(days: Sequence[date | None], today: date) -> date | None:
    """Return the last of these days that is ahead."""
    return max((day for day in days if day is not None and day > today), default=None)
