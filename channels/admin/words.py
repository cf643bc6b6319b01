"""What staff and shoppers are told of channels and listings: words, no decisions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.availability import ships_from, terms_as
from channels.models import Channel, Listing, ListingStatus, PublishedBackorder
from inventory.admin.explain import (
    STATE_LABELS,
    STATES,
    reason,
    units,
    way_out,
)
from inventory.availability import availability_of
from inventory.models import StoreSettings
from inventory.offers import Availability
from inventory.policy import State
from inventory.shop_window import shop_window

STATUS_LABELS: dict[str, str] = {
    ListingStatus.UNLISTED: "default",
    ListingStatus.LISTED: "success",
    ListingStatus.CHANGED: "warning",
    ListingStatus.FAILED: "danger",
}
CHANNEL_LABELS = {"ok": "success", "off": "default", "down": "danger"}
VERBS: dict[str, Any] = {
    ListingStatus.UNLISTED: gettext_lazy("List"),
    ListingStatus.LISTED: gettext_lazy("Update"),
    ListingStatus.CHANGED: gettext_lazy("Update"),
    ListingStatus.FAILED: gettext_lazy("Try again"),
}
"""What publishing is called, by the status of a listing."""

LIST_AGAIN: Any = gettext_lazy("List again")
"""What it is called while the listing is being taken off, or could not be."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a shopper reads of one item, from the first line to how many there are to buy."""

    title: str
    price: str
    lines: Sequence[str]
    label: str
    how_many: str
    reason: str = ""
    way_out: str = ""


def state_of(channel: Channel) -> tuple[str, str, str]:
    """Return how a channel does: its code, its words, since when, and when it is tried next."""
    if not channel.is_active:
        return "off", _("Off"), ""
    if not channel.failures:
        return "ok", _("OK"), ""
    details = []
    if channel.down_since:
        details.append(_("since %(at)s") % {"at": moment(channel.down_since)})
    if channel.next_try_at:
        details.append(_("next try %(at)s") % {"at": moment(channel.next_try_at)})
    return "down", _("Does not answer"), ", ".join(details)


def moment(at: Any) -> str:
    """Return a time as staff read it."""
    return date_format(localtime(at), "SHORT_DATETIME_FORMAT")


def price(amount: Decimal | None, currency: str) -> str:
    """Return an amount with its currency: "12.95 EUR"."""
    if amount is None:
        return "–"
    return f"{number_format(amount, decimal_pos=2, force_grouping=True)} {currency}"


def backorder_words(word: str) -> str:
    """Return what is published of backorders, in a word or two."""
    return str(PublishedBackorder(word).label) if word else "–"


def offers_as_shown(
    channel: Channel, listings: Collection[Listing], settings: StoreSettings, *, today: date
) -> dict[int, Availability]:
    """Return what shoppers may buy of each listing, or could when it were listed, by its key."""
    words = {row.variant_id: row.published_backorder or row.backorder_to_be for row in listings}
    offers = availability_of(
        [row.variant for row in listings],
        today=today,
        settings=settings,
        with_dates=False,
        ships_from=ships_from(channel),
        terms={pk: terms_as(channel, word) for pk, word in words.items()},
    )
    return {row.pk: offers[row.variant_id] for row in listings}


def state_words(offer: Availability) -> tuple[str, Any]:
    """Return the color and the words of what shoppers are told first."""
    return STATE_LABELS[offer.state.value], STATES[offer.state.value]


def seen_now_and_then(
    channel: Channel, listing: Listing, settings: StoreSettings, *, today: date
) -> tuple[Seen | None, Seen]:
    """Return what shoppers see of a listing, and what they would see once it is published anew."""
    variant, currency = listing.variant, settings.currency
    places = ships_from(channel)

    def through(word: str) -> Availability:
        return availability_of(
            [variant],
            today=today,
            settings=settings,
            ships_from=places,
            terms={variant.pk: terms_as(channel, word)},
        )[variant.pk]

    amount = price(listing.price_to_be, currency)
    offer_then = through(listing.backorder_to_be)
    then = _seen(channel, listing, variant.full_title, amount, offer_then, settings, today=today)
    if not listing.is_published:
        return None, then
    amount = price(listing.shown_price, currency)
    offer_now = through(listing.published_backorder)
    title = listing.shown_title
    return _seen(channel, listing, title, amount, offer_now, settings, today=today), then


def _seen(
    channel: Channel,
    listing: Listing,
    title: str,
    amount: str,
    offer: Availability,
    settings: StoreSettings,
    *,
    today: date,
) -> Seen:
    is_shown = offer.state is not State.ON_BACKORDER or channel.show_backorder_label
    label = [str(STATES[offer.state.value])] if is_shown else []
    below = shop_window().lines(listing.variant, offer, settings=settings, today=today)
    return Seen(
        title=title,
        price=amount,
        lines=[*label, *below],
        label=STATE_LABELS[offer.state.value],
        how_many=units(offer.salable),
        reason=reason(check) if (check := offer.limited_by) else "",
        way_out=way_out(check) if check else "",
    )


def verb_of(listing: Listing) -> Any:
    """Return what publishing a listing is called; empty where it changes nothing."""
    if listing.is_leaving:
        return LIST_AGAIN
    return VERBS[listing.status] if listing.status != ListingStatus.LISTED else ""


def taking_off(listing: Listing, settings: StoreSettings) -> list[str]:
    """Return what Unlist would change for shoppers, in words."""
    if not listing.is_published:
        return [_("Not listed any more, before shoppers saw it")]
    now = price(listing.published_price, settings.currency)
    return [_("Not for sale any more: %(price)s now") % {"price": now}]


def changes_of(listing: Listing, after: str, settings: StoreSettings) -> list[str]:
    """Return what List or Update would change for shoppers, in words.

    `after` is what would be published of backorders. The channel and the variant are loaded.
    """
    variant = listing.variant
    then = price(listing.price_to_be, settings.currency)
    if not listing.is_published:
        words = {"price": then, "backorder": backorder_words(after)}
        return [_("Listed at %(price)s, backorders: %(backorder)s") % words]
    said = [_("Listed again: it was being taken off")] if listing.is_leaving else []
    if listing.published_price != listing.price_to_be:
        said.append(
            _("Price: %(before)s → %(after)s")
            % {"before": price(listing.published_price, settings.currency), "after": then}
        )
    if listing.published_backorder != after:
        said.append(
            _("Backorders: %(before)s → %(after)s")
            % {
                "before": backorder_words(listing.published_backorder),
                "after": backorder_words(after),
            }
        )
    if listing.published_title != variant.product.title:
        said.append(_("Title: → %(after)s") % {"after": variant.product.title})
    if listing.published_variant_title != variant.title:
        said.append(_("Variant: → %(after)s") % {"after": variant.title or "–"})
    return said
