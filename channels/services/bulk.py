"""Bulk listing: many listings published, or taken off, at once: those that the preview showed.

Set-based, chunk by chunk, each chunk one transaction with its progress: a million listings are a
few hundred statements. Source: Cin7 Core, "Disable backorder for multiple products".
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
    F,
    IntegerField,
    Q,
    Value,
    When,
)
from django.db.models.functions import Cast

from channels.errors import BulkNotReady
from channels.filters import filtered
from channels.locks import lock_channel, lock_listings
from channels.models import (
    BulkListing,
    BulkListingItem,
    Channel,
    Listing,
)
from channels.models.bulk import AllowBackorder, BulkAction, BulkState, ItemState
from channels.services.listings import not_while_off
from channels.services.publish import tell_shop
from channels.services.snapshot import take_snapshot
from channels.services.unlist import lock_to_take_off, remember, take_off, to_take_off
from inventory.acts import Act
from inventory.errors import InvalidChange
from inventory.models import ChangeSet, Job
from inventory.models.catalog import own_sellers, seller_scope
from inventory.services.history import open_change_set
from inventory.services.jobs import keep
from inventory.services.not_done import Errors
from inventory.services.on_behalf import still_may, was_asked_for
from inventory.sql import among, run

CHUNK = 5_000


@transaction.atomic
def choose(
    *,
    channel: Channel,
    allow_backorder: str,
    user: Any,
    action: str = BulkAction.LIST,
    listing_ids: Collection[int] | None = None,
    filters: Mapping[str, str] | None = None,
    but: Collection[int] = (),
    words: str = "",
) -> BulkListing:
    """Note what is to be listed, or taken off: these listings, or all that match but some.

    :raises NotInChannel: the channel has no listings.
    :raises InvalidChange: backorders cannot be changed while the channel does not allow them.
    """
    channel.refuse_without_listings()
    if allow_backorder != AllowBackorder.KEEP and not channel.allow_out_of_stock_purchases:
        raise InvalidChange({"allow_backorder": not_while_off(channel)})
    return BulkListing.objects.create(
        channel=channel,
        action=action,
        allow_backorder=allow_backorder,
        chosen={
            "listings": None if listing_ids is None else sorted(listing_ids),
            "filters": dict(filters or {}),
            "but": sorted(but),
        },
        words=words,
        created_by_id=getattr(user, "pk", None),
    )


@transaction.atomic
def freeze(bulk: BulkListing) -> BulkListing:
    """Take down each chosen listing as it is now: from here on the list stays what it is.

    :raises ValidationError: the filter makes no sense any more.
    :raises NotAllowedAnyMore: whoever began it was deleted meanwhile, or may not do it by now.
    """
    bulk = (
        BulkListing.objects.select_for_update(of=("self",))
        .select_related("channel", "created_by")
        .get(pk=bulk.pk)
    )
    if bulk.state != BulkState.CHECKING:
        return bulk
    _refuse_if_not_allowed(bulk)
    rows = _chosen(bulk).annotate(
        bulk_key=Cast(Value(bulk.pk), IntegerField()),
        after=_after(bulk.allow_backorder),
        stands=Cast(Value(ItemState.CHOSEN.value), CharField()),
        nothing=Cast(Value(""), CharField()),
    )
    values = rows.order_by("pk").values_list(
        "bulk_key", "pk", "version", "status", "allow_backorder", "after", "stands", "nothing"
    )
    with suppress(EmptyResultSet):  # certainly nothing: a statement for it cannot be made
        sql, parameters = values.query.sql_with_params()
        run(
            "INSERT INTO channels_bulklistingitem (bulk_id, listing_id, version, status,"
            f" allow_before, allow_after, state, message) {sql}",
            parameters,
        )
    items = BulkListingItem.objects.filter(bulk=bulk)
    counts = items.aggregate(
        total=Count("pk"),
        new=Count("pk", filter=Q(status="unlisted")),
        changing=Count(
            "pk",
            filter=Q(status__in=("changed", "failed"))
            | ~Q(allow_before=F("allow_after")) & ~Q(status="unlisted"),
        ),
    )
    if bulk.takes_off:
        counts.update(new=0, changing=counts["total"])
    for name, number in counts.items():
        setattr(bulk, name, number)
    bulk.state = BulkState.APPLYING if bulk.change_set_id else BulkState.READY
    bulk.save()
    return bulk


@transaction.atomic
def confirm(
    bulk: BulkListing, *, act: Act, start: Callable[[BulkListing], Job], unseen: bool = False
) -> BulkListing:
    """Let a previewed bulk listing begin; pressed twice, it is done once.

    `unseen`: nobody wants a preview; what is chosen is taken down when the job begins.

    :raises BulkNotReady: it was thrown away, or is being put together.
    """
    bulk = (
        BulkListing.objects.select_for_update(of=("self",))
        .select_related("channel")
        .get(pk=bulk.pk)
    )
    if bulk.state in {BulkState.APPLYING, BulkState.DONE}:
        return bulk
    if bulk.state != BulkState.READY and not (unseen and bulk.state == BulkState.CHECKING):
        raise BulkNotReady("This bulk listing was canceled, or is not put together yet.")
    bulk.change_set = open_change_set(
        ChangeSet.Kind.BULK_LISTING,
        act=act,
        label=f"{bulk.channel}: {bulk.words or 'bulk listing'}",
    )
    if bulk.state == BulkState.READY:
        bulk.state = BulkState.APPLYING
    bulk.save(update_fields=["change_set", "state"])
    bulk.job = start(bulk)
    bulk.save(update_fields=["job"])
    return bulk


@transaction.atomic
def throw_away(bulk: BulkListing) -> None:
    """Forget a preview; what was begun goes on.

    :raises BulkNotReady: it was begun.
    """
    forgotten = BulkListing.objects.filter(
        pk=bulk.pk, state__in=(BulkState.CHECKING, BulkState.READY)
    ).update(state=BulkState.CANCELED)
    if not forgotten:
        raise BulkNotReady("This bulk listing was begun: cancel its job instead.")


@transaction.atomic
def list_next(bulk: BulkListing, *, at: datetime, job: Job | None = None) -> int:
    """Do the next items of a bulk listing; return how many, 0 when there are no more.

    What somebody changed since the preview is left as it is, and reported.

    :raises NotAllowedAnyMore: whoever began it was deleted meanwhile, or may not do it by now.
    :raises LeaseLost: another worker has the job, or it has ended.
    """
    channel = lock_channel(bulk.channel_id)
    bulk = BulkListing.objects.select_for_update().get(pk=bulk.pk)
    keys = list(
        BulkListingItem.objects.filter(bulk=bulk, pk__gt=bulk.through)
        .order_by("pk")
        .values_list("pk", flat=True)[:CHUNK]
    )
    if not keys:
        return 0
    chunk = [bulk.pk, keys[0], keys[-1]]
    _lock(chunk)
    _refuse_if_not_allowed(bulk)
    words = _NOT_TAKEN_OFF if bulk.takes_off else _SKIPPED_WORDS
    skipped = run(_SKIP, [ItemState.SKIPPED.value, words, *chunk])
    skipped += _skip_anothers(bulk, words, chunk)
    do = _take_off if bulk.takes_off else _list
    listed = do(bulk, channel, chunk, at)
    BulkListing.objects.filter(pk=bulk.pk).update(
        through=keys[-1], listed=F("listed") + listed, skipped=F("skipped") + skipped
    )
    keep(job)
    return len(keys)


def _refuse_if_not_allowed(bulk: BulkListing) -> None:
    if was_asked_for(bulk.created_by_id, bulk.change_set):
        still_may(bulk.created_by_id, "channels.change_listing", "channels.add_bulklisting")


def _skip_anothers(bulk: BulkListing, words: str, chunk: list[int]) -> int:
    """Leave alone what is not theirs any more who began it; return how many. It is locked."""
    sellers = None if bulk.created_by is None else own_sellers(bulk.created_by)
    if sellers is None:
        return 0
    theirs, keys = among("p.seller_id", sellers)
    return run(
        _SKIP_ANOTHERS.format(theirs=theirs), [ItemState.SKIPPED.value, words, *chunk, *keys]
    )


def _list(bulk: BulkListing, channel: Channel, chunk: list[int], at: datetime) -> int:
    """List the items of a chunk; return how many shoppers see now. It is locked."""
    run(_REMEMBER[connection.vendor], [bulk.change_set_id, *chunk])
    if not channel.is_remote:
        where = f"l.id = i.listing_id AND {_CHOSEN}"
        return take_snapshot(where, chunk, at=at, items="channels_bulklistingitem i")
    run(_ALLOW, chunk)
    tell_shop(_OF_CHUNK, chunk, at=at, job=bulk.job)
    run(_SENDING, [ItemState.SENDING.value, *chunk])
    return 0


def _take_off(bulk: BulkListing, channel: Channel, chunk: list[int], at: datetime) -> int:
    """Take the items of a chunk off; return how many are off already. It is locked."""
    keys = lock_to_take_off(channel, _OF_CHUNK, chunk)
    remember(bulk.change_set_id or 0, keys)
    off = take_off(channel, keys, at=at, job=bulk.job)
    if channel.is_remote:
        run(_OFF, [ItemState.LISTED.value, *chunk])
        run(_SENDING, [ItemState.SENDING.value, *chunk])
    return off


@transaction.atomic
def end(bulk: BulkListing, *, state: BulkState = BulkState.DONE) -> None:
    """Note that everything of a bulk listing is done, or that somebody stopped it."""
    bulk = BulkListing.objects.select_for_update().get(pk=bulk.pk)
    if bulk.state in {BulkState.CHECKING, BulkState.APPLYING}:
        BulkListing.objects.filter(pk=bulk.pk).update(state=state)


def go_on(bulk: BulkListing) -> None:
    """Make a bulk listing that was stopped, and is locked, ready to be gone on with.

    One of which nothing was taken down yet is put together first.
    """
    bulk.state = BulkState.APPLYING if bulk.items.exists() else BulkState.CHECKING
    bulk.save(update_fields=["state"])


def not_listed(job: Job) -> Errors:
    """Return what a job of a bulk listing could not list, and why."""
    wrong = (ItemState.FAILED, ItemState.SKIPPED)
    rows = BulkListingItem.objects.filter(bulk=job.subject_id, state__in=wrong).order_by("pk")
    return rows.values_list("listing__variant__sku", "message").iterator()


def _chosen(bulk: BulkListing) -> Any:
    chosen = bulk.chosen
    rows: Any = Listing.objects.filter(channel=bulk.channel)
    if bulk.takes_off:
        rows = to_take_off(rows)
    if bulk.created_by is not None:
        rows = rows.filter(seller_scope(bulk.created_by, "variant__product__seller"))
    if chosen["listings"] is not None:
        rows = rows.filter(pk__in=chosen["listings"])
    else:
        rows = filtered(bulk.channel, rows, chosen["filters"])
    return rows.exclude(pk__in=chosen["but"]) if chosen["but"] else rows


def _after(word: str) -> Any:
    if word == AllowBackorder.KEEP:
        return F("allow_backorder")
    wanted = word == AllowBackorder.ALLOW
    return Case(When(pk__isnull=False, then=Value(wanted)), output_field=BooleanField())


_SKIPPED_WORDS = "Somebody changed it after the preview: look at it and list it again."
_NOT_TAKEN_OFF = "Somebody changed it after the preview: look at it and take it off again."
_RANGE = "i.bulk_id = %s AND i.id BETWEEN %s AND %s"
_CHOSEN = f"{_RANGE} AND i.state = 'chosen'"
_OF_CHUNK = f"l.id IN (SELECT i.listing_id FROM channels_bulklistingitem i WHERE {_CHOSEN})"  # noqa: S608
_SKIP = (
    "UPDATE channels_bulklistingitem AS i SET state = %s, message = %s FROM channels_listing l"  # noqa: S608
    f" WHERE l.id = i.listing_id AND l.version <> i.version AND {_CHOSEN}"
)
_SKIP_ANOTHERS = (
    "UPDATE channels_bulklistingitem AS i SET state = %s, message = %s FROM channels_listing l"  # noqa: S608
    " JOIN inventory_variant v ON v.id = l.variant_id JOIN inventory_product p"
    f" ON p.id = v.product_id WHERE l.id = i.listing_id AND {_CHOSEN}"
    " AND (p.seller_id IS NULL OR NOT ({theirs}))"
)
_ALLOW = (
    "UPDATE channels_listing AS l SET allow_backorder = i.allow_after, version = l.version + 1"  # noqa: S608
    f" FROM channels_bulklistingitem i WHERE l.id = i.listing_id AND {_CHOSEN}"
    " AND l.allow_backorder <> i.allow_after"
)
_SENDING = f"UPDATE channels_bulklistingitem AS i SET state = %s WHERE {_CHOSEN}"  # noqa: S608
_OFF = (
    "UPDATE channels_bulklistingitem AS i SET state = %s FROM channels_listing l"  # noqa: S608
    f" WHERE l.id = i.listing_id AND l.status = 'unlisted' AND NOT l.is_leaving AND {_CHOSEN}"
)
_REMEMBER_AS = """
INSERT INTO inventory_changesetrow (change_set_id, model, object_id, label, before, after, version)
SELECT %s, 'listing', l.id, v.sku, {before}, {after}, l.version + 1
FROM channels_bulklistingitem i
JOIN channels_listing l ON l.id = i.listing_id
JOIN inventory_variant v ON v.id = l.variant_id
WHERE {chosen} AND (l.allow_backorder <> i.allow_after OR l.status <> 'listed')
"""
_REMEMBER = {
    "postgresql": _REMEMBER_AS.format(
        chosen=_CHOSEN,
        before=(
            "jsonb_build_object('allow_backorder', l.allow_backorder, 'status', l.status,"
            " 'published_backorder', l.published_backorder,"
            " 'published_price', l.published_price::text)"
        ),
        after="jsonb_build_object('allow_backorder', i.allow_after, 'status', 'listed')",
    ),
    "sqlite": _REMEMBER_AS.format(
        chosen=_CHOSEN,
        before=(
            "json_object('allow_backorder', json(CASE WHEN l.allow_backorder THEN 'true'"
            " ELSE 'false' END), 'status', l.status,"
            " 'published_backorder', l.published_backorder,"
            " 'published_price', CAST(l.published_price AS TEXT))"
        ),
        after=(
            "json_object('allow_backorder', json(CASE WHEN i.allow_after THEN 'true'"
            " ELSE 'false' END), 'status', 'listed')"
        ),
    ),
}


def _lock(chunk: list[int]) -> None:
    """Lock the listings of a chunk, so that nobody edits one between the check and the change."""
    lock_listings(_OF_CHUNK, chunk)
