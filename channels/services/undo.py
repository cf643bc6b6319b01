"""Putting back what bulk listing changed, and why a listed variant cannot be deleted.

What shoppers saw is published again, and what they did not see is taken off: at once in a channel
of ours, through the outbox in a shop elsewhere.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db.models import F, Q
from django.utils.translation import gettext as _

from channels.models import BulkListing, Channel, Listing
from channels.models.bulk import BulkState
from channels.services.publish import tell_shop
from channels.services.snapshot import restate, take_snapshot
from channels.services.unlist import SHOWN, lock_to_take_off, side_of, take_off
from inventory.models import ChangeSet, ChangeSetRow
from inventory.models.work import JobState
from inventory.services import undo, undo_rows
from inventory.services.history import LEFT_ALONE
from inventory.services.undo_rows import (
    Change,
    Look,
    Undoing,
    User,
    Verdict,
    changed_since,
    remember,
    seen_by,
)
from inventory.sql import among, moment, update_rows


class ListingsChanged:
    """*Allow backorder*, and what was published, of listings."""

    def variant_ids(self, changes: Sequence[Change]) -> Iterable[int]:
        """Return the variants of the listings."""
        rows = Listing.objects.filter(pk__in=[one.object_id for one in changes])
        return list(rows.values_list("variant", flat=True))

    def judge(self, changes: Sequence[Change], look: Look) -> list[Verdict]:
        """Leave what somebody edited since, and what its channel would refuse."""
        listings = _listings(changes, look.user)
        edited = _edited_since(changes)
        touched = [
            one
            for one in changes
            if one.object_id in listings
            and _is_touched(one, listings[one.object_id], edited=edited)
        ]
        words = changed_since(touched)
        return [
            _judge(one, listings.get(one.object_id), words.get(one.object_id, ""))
            for one in changes
        ]

    def restore(self, changes: Sequence[Change], undoing: Undoing) -> None:
        """Put back the draft, and what shoppers saw of it."""
        by_channel: dict[int, list[Change]] = defaultdict(list)
        now = _listings(changes, None)
        for one in changes:
            by_channel[now[one.object_id].channel_id].append(one)
        channels = Channel.objects.select_for_update(no_key=True).filter(pk__in=by_channel)
        for channel in channels.order_by("pk"):
            rows = by_channel[channel.pk]
            before = _listings(rows, None)
            _put_back(channel, rows, undoing)
            _remember(rows, before, undoing)


def _listings(changes: Sequence[Change], user: User | None) -> dict[int, Listing]:
    rows = Listing.objects.filter(pk__in=[one.object_id for one in changes])
    rows = seen_by(rows, user)
    return {listing.pk: listing for listing in rows.select_related("channel").order_by("pk")}


def _edited_since(changes: Sequence[Change]) -> set[int]:
    """Return the listings of which the history knows a change after these."""
    found = {one.object_id: one for one in changes}
    rows = ChangeSetRow.objects.filter(
        model="listing", object_id__in=found, pk__gt=min(one.pk for one in changes)
    ).exclude(LEFT_ALONE)
    return {
        pk
        for pk, row, version in rows.values_list("object_id", "pk", "version")
        if row > found[pk].pk and version > found[pk].version
    }


def _is_touched(change: Change, listing: Listing, *, edited: set[int]) -> bool:
    """Return whether somebody edited it; sending it to a shop counts its version up as well."""
    if listing.allow_backorder != (change.after or {})["allow_backorder"]:
        return True
    if listing.channel.is_remote:
        return listing.pk in edited
    return listing.version != change.version


def _judge(change: Change, listing: Listing | None, touched: str) -> Verdict:
    if listing is None:
        return Verdict(change, _("It is not there any more."))
    if touched:
        return Verdict(change, touched)
    return Verdict(change)


def _put_back(channel: Channel, changes: Sequence[Change], undoing: Undoing) -> None:
    """Write the drafts; publish them again, put back what shoppers saw, or take it off."""
    drafts = [((one.before or {})["allow_backorder"], one.object_id) for one in changes]
    update_rows(Listing, ["allow_backorder"], drafts)
    _take_off_again(channel, [one for one in changes if _was_unlisted(one)], undoing)
    listed = [one for one in changes if not _was_unlisted(one)]
    if channel.is_remote:
        keys = [one.object_id for one in listed]
        Listing.objects.filter(pk__in=keys).update(version=F("version") + 1)
        tell_shop(*among("l.id", keys), at=undoing.act.at)
        return
    shown = [one for one in listed if (one.before or {}).get(SHOWN[0])]
    if fresh := {one.object_id for one in listed} - {one.object_id for one in shown}:
        take_snapshot(*among("l.id", fresh), at=undoing.act.at)
    if shown:
        _put_back_shown(shown, undoing)


def _was_unlisted(change: Change) -> bool:
    return bool((change.before or {})["status"] == "unlisted")


def _take_off_again(channel: Channel, changes: Sequence[Change], undoing: Undoing) -> None:
    keys = {one.object_id for one in changes}
    listed = lock_to_take_off(channel, *among("l.id", keys))
    Listing.objects.filter(pk__in=keys.difference(listed)).update(version=F("version") + 1)
    take_off(channel, listed, at=undoing.act.at)


def _put_back_shown(changes: Sequence[Change], undoing: Undoing) -> None:
    """Show shoppers again what they saw; what was not published then is not published now.

    Titles that were not kept are those that are published, or to be published.
    """
    now = _listings(changes, None)
    update_rows(
        Listing,
        [*SHOWN, "status", "published_at"],
        [
            (*_shown(one, now[one.object_id]), "listed", moment(undoing.act.at), one.object_id)
            for one in changes
        ],
    )
    keys = [one.object_id for one in changes]
    Listing.objects.filter(pk__in=keys).update(version=F("version") + 1)
    restate(*among("l.id", keys))


def _shown(change: Change, now: Listing) -> tuple[Any, ...]:
    was = {**{name: getattr(now, name) for name in SHOWN}, **(change.before or {})}
    return tuple(was[name] for name in SHOWN)


def _remember(changes: Sequence[Change], was: dict[int, Listing], undoing: Undoing) -> None:
    now = _listings(changes, None)
    rows = [(one, was[one.object_id], now[one.object_id]) for one in changes]
    remember(
        undoing,
        [(one, side_of(before), side_of(after), after.version) for one, before, after in rows],
    )


# --- what else undo asks ----------------------------------------------------------------------


def keeps_variants(variant_ids: Collection[int]) -> dict[int, str]:
    """Return which of these variants are listed, or were edited in a channel, and where."""
    used = Q(published_at__isnull=False) | Q(version__gt=1) | Q(outgoing__isnull=False)
    rows = Listing.objects.filter(used, variant__in=variant_ids).order_by("channel__name")
    words = _("It is listed, or was edited, in %(channel)s.")
    return {
        pk: words % {"channel": name} for pk, name in rows.values_list("variant", "channel__name")
    }


def is_being_listed(change_set: ChangeSet) -> bool:
    """Return whether a bulk listing still adds rows to a change set."""
    ended = Q(job__state__in=(JobState.FAILED, JobState.CANCELED))
    rows = BulkListing.objects.filter(change_set=change_set, state=BulkState.APPLYING)
    return rows.exclude(ended).exists()


def install() -> None:
    """Make undo know listings."""
    undo.RESTORERS["listing changed"] = ListingsChanged()
    undo.RIGHTS[ChangeSet.Kind.BULK_LISTING] = ("channels.change_listing",)
    undo_rows.KEEPERS[:] = [keeps_variants]
    undo.STILL_WRITTEN[:] = [is_being_listed]
