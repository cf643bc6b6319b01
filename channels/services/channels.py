"""The setup of channels."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from channels.connectors.addresses import check_address
from channels.connectors.base import ConnectorError
from channels.models import (
    STOREFRONT,
    CaptureWhen,
    Channel,
    ConnectorCode,
    Listing,
    ListingStatus,
    ProcessingMode,
)
from channels.secrets import seal
from channels.services.listings import add_listings
from channels.services.publish import publish_automatically
from channels.services.snapshot import restate
from inventory.acts import Act
from inventory.consequences import SettingChange
from inventory.errors import InvalidChange
from inventory.locks import lock_row, lock_variants
from inventory.models import Warehouse
from inventory.services.changes import refuse_stale, validate
from inventory.services.consequences import ask, one_question
from inventory.services.history import record, record_creation
from inventory.waiting_room import waiting_room

SETUP_FIELDS = (
    "name",
    "is_active",
    "allow_out_of_stock_purchases",
    "capture_when",
    "processing_mode",
    "publish_automatically",
    "show_backorder_label",
    "address",
)
SECRETS = {
    "key": "sealed_key",
    "secret": "sealed_secret",
    "webhook_secret": "sealed_webhook_secret",
}
"""What is given in clear, and the column that keeps it sealed."""

SENT = ("key", "secret")
"""Those that are sent to the shop; the secret of its webhooks never leaves us."""

PLACES = "warehouses"

MAX_SECRET = 500

NOT_FROM_CHANNEL = (
    "To sell what is out of stock, the processing mode must not be “Load data from the channel”: "
    "what is owed has to wait here."
)
NOT_WHEN_SHIPPED = (
    "To sell what is out of stock, orders must be captured when they are created or paid: one that "
    "is owed units is not shipped yet."
)


NOTHING_TO_LOAD = (
    "The storefront has no other shop behind it from which to load: choose another processing mode."
)
NEVER_SHIPPED = (
    "Orders of the storefront are shipped here and nowhere else: capture them when they are "
    "created or paid."
)
NOT_FOR_DIRECT = (
    "Direct orders are placed by staff and by programs: only the name and the warehouses of this "
    "channel can be set."
)
ENTER_AGAIN = (
    "Enter it again: the stored one was entered for {before}, and is not sent to another address."
)
STILL_PUBLISHED = (
    "{many} still published with backorders allowed, so that shoppers can buy what is out of "
    "stock. First turn “Allow users to purchase out of stock items” off, save, and update the "
    "listings that say “changed”; then change this."
)


def create_channel(
    *, act: Act, slug: str, name: str, connector: str = ConnectorCode.NONE, **setup: Any
) -> Channel:
    """Make a channel; every variant gets a listing in it, unlisted.

    :raises InvalidChange: a field cannot take its value, or the code is taken.
    """
    return _create(act=act, slug=slug, name=name, connector=connector, setup=_looked_up(setup))


@transaction.atomic
def _create(*, act: Act, slug: str, name: str, connector: str, setup: dict[str, Any]) -> Channel:
    channel = Channel(slug=slug, name=name, connector=connector)
    places = setup.pop("warehouses", None)
    _set(channel, setup)
    validate(channel)
    try:
        with transaction.atomic():
            channel.save(force_insert=True)
    except IntegrityError as error:
        raise InvalidChange({"slug": f"There is a channel {slug} already."}) from error
    if places is not None:
        channel.warehouses.set(places)
    given = [name for name in SECRETS if setup.get(name)]
    record_creation(channel, act=act, **_said(channel, [*given, PLACES]))
    add_listings("c.id = %s", [channel.pk])
    return channel


def update_channel(
    *, channel: Channel, changes: Mapping[str, Any], act: Act, confirm: bool = False
) -> Channel:
    """Change the setup of a channel. Shoppers see a new switch once listings are updated.

    `warehouses` are rows; `key`, `secret` and `webhook_secret` are kept sealed, and an empty one is
    forgotten. Another address needs its own keys. What orders are owed stays owed; `confirm` says
    yes to that.

    :raises StaleChange: `version` is not the newest.
    :raises InvalidChange: a field cannot take its value, or the first prerequisite of backorders
        that is not met.
    :raises NeedsConfirmation: it does something to open orders, and nobody said yes.
    """
    return _update(channel, _looked_up(changes), act=act, confirm=confirm)


@transaction.atomic
def _update(channel: Channel, changes: dict[str, Any], *, act: Act, confirm: bool) -> Channel:
    waited_for = waiting_room().waited_for_through(channel.pk) if PLACES in changes else []
    lock_variants(waited_for)
    channel = lock_row(channel)
    refuse_stale(channel, act)
    was = _said(channel, changes)
    places: Sequence[Warehouse] | None = changes.pop("warehouses", None)
    before = (channel.allow_out_of_stock_purchases, channel.publish_automatically)
    address = channel.address
    _set(channel, changes)
    validate(channel, fields=[name for name in changes if name not in SECRETS])
    channel.version += 1
    channel.save()
    with one_question(confirm=confirm):
        if places is not None and set(places) != set(channel.warehouses.all()):
            _move(channel, places, confirm=confirm)
            waiting_room().follow(waited_for, act=act)
            waiting_room().rule_changed()
        _remember(channel, was, act=act)
        if address and channel.address != address:
            _forget_shop(channel)
        _publish(channel, before)
        if before[0] and not channel.allow_out_of_stock_purchases:
            ask(_closed(channel), confirm=confirm)
    if {"capture_when", "processing_mode"} & changes.keys():
        _refuse_published(channel)
    return channel


def _publish(channel: Channel, before: tuple[bool, bool]) -> None:
    """Say of listings what a changed switch makes of them, and publish it where that is wanted."""
    if before != (channel.allow_out_of_stock_purchases, channel.publish_automatically):
        restate("l.channel_id = %s", [channel.pk])
        publish_automatically("l.channel_id = %s", [channel.pk], at=timezone.now())


def _closed(channel: Channel) -> SettingChange:
    """Return what becomes of open orders when a channel sells nothing any more that is not there.

    Shoppers see it once its listings are updated, which a channel may do by itself.
    """
    key = frozenset({channel.pk})
    if Listing.objects.allowing(channel).exists():
        return SettingChange(drafted_channels=key)
    return SettingChange(closed_channels=key)


def _move(channel: Channel, places: Sequence[Warehouse], *, confirm: bool) -> None:
    """Let a channel ship from these warehouses alone."""
    left = frozenset(place.pk for place in places)
    ask(SettingChange(channel_places={channel.pk: left}), confirm=confirm)
    channel.warehouses.set(places)
    channel.recount_after = 0
    channel.save(update_fields=["recount_after"])


def _said(channel: Channel, names: Collection[str]) -> dict[str, Any]:
    """Return these fields as the history compares them: secrets as they are sealed."""
    said = {name: getattr(channel, SECRETS.get(name, name)) for name in names if name != PLACES}
    if PLACES in names:
        said[PLACES] = [place.code for place in channel.warehouses.order_by("code")]
    return said


def _remember(channel: Channel, was: Mapping[str, Any], *, act: Act) -> None:
    """Record what was changed of a channel; of a secret only that it was."""
    now = _said(channel, was)
    names = [name for name in was if was[name] != now[name]]
    if names:
        before, after = ({name: side[name] for name in names} for side in (was, now))
        record(channel, act=act, before=before, after=after, version=channel.version)


def _forget_shop(channel: Channel) -> None:
    """Forget what is what in a shop that stood at another address: its numbers mean others here.

    What was listed there is to be updated, which finds or makes it in the new one.
    """
    listings = Listing.objects.filter(channel=channel)
    listings.update(
        remote_id="",
        remote_parent_id="",
        remote_sku="",
        pushed_quantity=None,
        pushed_at=None,
        drift="",
    )
    listings.filter(status=ListingStatus.LISTED).update(
        status=ListingStatus.CHANGED, version=F("version") + 1
    )


def prerequisite_error(
    *, allow_out_of_stock_purchases: bool, capture_when: str, processing_mode: str
) -> tuple[str, str] | None:
    """Return the first prerequisite of backorders that is not met: its field, and a sentence.

    Source: Cin7 Core, "Backorder for ecommerce channels", Prerequisites.
    """
    if not allow_out_of_stock_purchases:
        return None
    if processing_mode == ProcessingMode.LOAD_FROM_CHANNEL:
        return "processing_mode", NOT_FROM_CHANNEL
    if capture_when not in {CaptureWhen.CREATED, CaptureWhen.PAID}:
        return "capture_when", NOT_WHEN_SHIPPED
    return None


def meaningless_error(channel: Channel) -> tuple[str, str] | None:
    """Return what the built-in storefront cannot be set to, if it is: its field, and a sentence."""
    if channel.slug != STOREFRONT:
        return None
    if channel.processing_mode == ProcessingMode.LOAD_FROM_CHANNEL:
        return "processing_mode", NOTHING_TO_LOAD
    return ("capture_when", NEVER_SHIPPED) if channel.capture_when == CaptureWhen.SHIPPED else None


def _refuse_for_direct(channel: Channel, changes: Mapping[str, Any]) -> None:
    """Refuse what means nothing where staff and programs place orders and nothing is listed.

    :raises InvalidChange: naming every such field that would change.
    """
    kept = {"name", PLACES}
    errors = {
        name: NOT_FOR_DIRECT
        for name, value in changes.items()
        if name not in kept and getattr(channel, SECRETS.get(name, name), value) != value
    }
    if errors:
        raise InvalidChange(errors)


def _refuse_published(channel: Channel) -> None:
    """Refuse a setup in which nothing may be owed while shoppers can still buy what is owed.

    What they see was published with backorders allowed: it stays so until it is updated.

    :raises InvalidChange: naming how many listings allow it, and the way out.
    """
    error = prerequisite_error(
        allow_out_of_stock_purchases=True,
        capture_when=channel.capture_when,
        processing_mode=channel.processing_mode,
    )
    if error is None:
        return
    count = Listing.objects.allowing(channel).count()
    if count:
        many = "1 listing is" if count == 1 else f"{count:,} listings are"
        raise InvalidChange({error[0]: STILL_PUBLISHED.format(many=many)})


def _set(channel: Channel, changes: Mapping[str, Any]) -> None:
    """Set fields of a channel.

    :raises InvalidChange: a field is unknown, or they do not go together.
    """
    known = {*SETUP_FIELDS, *SECRETS}
    if unknown := sorted(set(changes) - known):
        raise InvalidChange(dict.fromkeys(unknown, "This field cannot be changed."))
    if not channel.has_listings:
        _refuse_for_direct(channel, changes)
    _refuse_kept_keys(channel, changes)
    for name, value in changes.items():
        if name in SECRETS:
            _set_secret(channel, name, str(value))
        else:
            setattr(channel, name, value)
    error = prerequisite_error(
        allow_out_of_stock_purchases=channel.allow_out_of_stock_purchases,
        capture_when=channel.capture_when,
        processing_mode=channel.processing_mode,
    )
    error = error or meaningless_error(channel)
    if error:
        raise InvalidChange(dict([error]))
    if {"address", "key", "secret", "is_active"} & changes.keys():
        channel.failures, channel.last_error = 0, ""
        channel.down_since = channel.next_try_at = None


def _refuse_kept_keys(channel: Channel, changes: Mapping[str, Any]) -> None:
    """Refuse to send what was entered for one address to another: who changes it may own that one.

    :raises InvalidChange: naming every key that has to be entered again.
    """
    address = changes.get("address", channel.address)
    if not address or address == channel.address:
        return
    kept = [name for name in SENT if getattr(channel, SECRETS[name]) and name not in changes]
    if kept:
        before = channel.address or "no address"
        raise InvalidChange(dict.fromkeys(kept, ENTER_AGAIN.format(before=before)))


def _set_secret(channel: Channel, name: str, value: str) -> None:
    if len(value) > MAX_SECRET or not value.isprintable():
        raise InvalidChange({name: f"At most {MAX_SECRET} characters that can be printed."})
    setattr(channel, SECRETS[name], seal(value) if value else "")


def _looked_up(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a setup with its address looked up, which takes a while: nothing is locked yet.

    :raises InvalidChange: it is no address, or none that may be reached.
    """
    address = changes.get("address")
    if not address:
        return dict(changes)
    try:
        check_address(str(address))
    except ConnectorError as error:
        raise InvalidChange({"address": str(error)}) from error
    return {**changes, "address": str(address).rstrip("/")}
