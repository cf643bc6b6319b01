"""Bulk listing: what was previewed is listed, and nothing that changed meanwhile."""

import pytest
from django.utils import timezone

from channels.errors import BulkNotReady
from channels.models import BulkListing, Listing
from channels.models.bulk import BulkState, ItemState
from channels.services.bulk import choose, confirm, freeze
from channels.services.listings import edit_listing
from inventory.acts import Act
from inventory.errors import InvalidChange
from inventory.models import ChangeSetRow
from inventory.services.catalog import update_variant
from inventory.tasks import launch, run_job


def prepared(channel, user=None, **chosen):
    return freeze(choose(channel=channel, user=user, **{"allow_backorder": "keep", **chosen}))


def run(bulk):
    """Confirm and run it, as the button and the worker do."""
    confirmed = confirm(
        bulk,
        act=Act.now(),
        start=lambda one: launch(kind="run_bulk_listing", subject_id=one.pk, label="Bulk listing"),
    )
    run_job.call(job_id=confirmed.job_id)
    return BulkListing.objects.select_related("job").get(pk=bulk.pk)


@pytest.mark.parametrize(
    ("word", "before", "after"),
    [
        ("keep", True, True),
        ("keep", False, False),
        ("allow", False, True),
        ("dont_allow", True, False),
    ],
)
def test_the_dropdown_keeps_allows_or_forbids(
    storefront, make_mug, listing_of, word, before, after
):
    mug = make_mug()
    edit_listing(
        act=Act.now(), listing=listing_of(storefront, mug), changes={"allow_backorder": before}
    )

    done = run(prepared(storefront, filters={}, allow_backorder=word))

    listing = listing_of(storefront, mug)
    assert (done.state, done.listed, done.job.state) == (BulkState.DONE, 1, "done")
    assert (listing.allow_backorder, listing.status) == (after, "listed")
    assert listing.published_backorder == ("allowed" if after else "listing")
    assert str(listing.published_price) == "12.95"


def test_it_applies_to_all_that_match_and_not_only_to_some(storefront, make_mug):
    for number in range(7):
        make_mug(f"mug-{number}")
    make_mug("bowl", title="Bowl")

    bulk = prepared(storefront, filters={"q": "mug"})

    assert (bulk.state, bulk.total, bulk.new) == (BulkState.READY, 7, 7)
    run(bulk)
    listed = Listing.objects.filter(channel=storefront, status="listed")
    assert listed.count() == 7
    assert not listed.filter(variant__sku="bowl").exists()


def test_all_but_some_leaves_them_out(storefront, make_mug, listing_of):
    mug, cup = make_mug(), make_mug("cup")

    run(prepared(storefront, filters={}, but=[listing_of(storefront, cup).pk]))

    assert listing_of(storefront, mug).status == "listed"
    assert listing_of(storefront, cup).status == "unlisted"


def test_what_came_after_the_preview_is_not_listed(storefront, make_mug, listing_of):
    make_mug()
    bulk = prepared(storefront, filters={})
    late = make_mug("late")

    run(bulk)

    assert listing_of(storefront, late).status == "unlisted"


def test_what_changed_after_the_preview_is_reported_and_not_overwritten(
    storefront, make_mug, listing_of
):
    mug, cup = make_mug(), make_mug("cup")
    bulk = prepared(storefront, filters={}, allow_backorder="allow")
    edit_listing(
        act=Act.now(), listing=listing_of(storefront, cup), changes={"allow_backorder": False}
    )

    done = run(bulk)

    assert (done.listed, done.skipped) == (1, 1)
    assert listing_of(storefront, mug).status == "listed"
    assert not listing_of(storefront, cup).allow_backorder
    item = done.items.get(state=ItemState.SKIPPED)
    assert item.listing.variant == cup
    assert "after the preview" in item.message


def test_every_change_is_remembered_with_what_was_before(storefront, make_mug, listing_of):
    mug = make_mug()
    run(prepared(storefront, filters={}))

    done = run(prepared(storefront, filters={}, allow_backorder="dont_allow"))

    row = ChangeSetRow.objects.get(change_set=done.change_set)
    listing = listing_of(storefront, mug)
    assert (row.model, row.object_id, row.label) == ("listing", listing.pk, "mug")
    assert row.before["allow_backorder"] is True
    assert row.before["published_backorder"] == "allowed"
    assert row.after["allow_backorder"] is False
    assert row.version == listing.version


def test_backorders_cannot_be_changed_while_the_channel_does_not_allow_them(outlet, make_mug):
    make_mug()

    with pytest.raises(InvalidChange, match="turn it on in the setup"):
        prepared(outlet, filters={}, allow_backorder="allow")

    assert run(prepared(outlet, filters={})).listed == 1


def test_pressed_twice_it_is_done_once(storefront, make_mug, listing_of):
    mug = make_mug()
    bulk = prepared(storefront, filters={})
    done = run(bulk)
    update_variant(act=Act.now(), variant=mug, changes={"price": 9})

    assert run(bulk).job_id == done.job_id
    assert listing_of(storefront, mug).status == "changed"


def test_a_preview_that_was_thrown_away_is_not_listed(storefront, make_mug):
    make_mug()
    bulk = prepared(storefront, filters={})
    BulkListing.objects.update(state=BulkState.CANCELED)

    with pytest.raises(BulkNotReady):
        run(bulk)

    assert not Listing.objects.published().exists()


def test_a_job_that_died_goes_on_where_it_was(storefront, make_mug, monkeypatch):
    monkeypatch.setattr("channels.services.bulk.CHUNK", 2)
    for number in range(5):
        make_mug(f"mug-{number}")
    bulk = prepared(storefront, filters={})
    monkeypatch.setattr("channels.tasks.report_progress", die_once())
    with pytest.raises(KeyboardInterrupt):
        run(bulk)
    assert Listing.objects.filter(status="listed").count() == 2
    job = BulkListing.objects.get().job
    type(job).objects.update(heartbeat_at=timezone.now() - timezone.timedelta(hours=1))

    run_job.call(job_id=job.pk)

    done = BulkListing.objects.get()
    assert (done.state, done.listed) == (BulkState.DONE, 5)
    assert set(Listing.objects.filter(status="listed").values_list("version", flat=True)) == {2}


def die_once():
    died = []

    def report(*_args, **_kwargs):
        if not died:
            died.append(True)
            raise KeyboardInterrupt

    return report
