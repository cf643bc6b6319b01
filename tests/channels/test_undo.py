"""Undo of a bulk listing: what shoppers saw is published again, what somebody edited stays."""

import pytest
from django.utils import timezone

from channels.models import Listing, Outgoing
from channels.services.channels import create_channel, update_channel
from channels.services.listings import edit_listing
from channels.services.unlist import unlist
from inventory.acts import Act
from inventory.models import ChangeSetRow, Variant
from inventory.services.catalog import update_product, update_variant
from inventory.services.undo import preview, undo
from tests.channels.test_bulk import prepared, run
from tests.inventory.spreadsheets.conftest import lines
from tests.inventory.spreadsheets.conftest import run as import_file

SEEN = ("allow_backorder", "status", "published_backorder", "published_price", "price")


def take_back(change_set, user=None):
    return undo(change_set, act=Act(timezone.now(), user_id=user.pk if user else None), start=None)[
        0
    ]


def seen(channel):
    """Return what was edited of the listings of a channel and what shoppers see of them."""
    rows = Listing.objects.filter(channel=channel)
    return {sku: values for sku, *values in rows.values_list("variant__sku", *SEEN)}


def notes(undoing):
    return dict(undoing.rows.exclude(note="").values_list("label", "note"))


@pytest.fixture
def three(storefront, make_mug, put_up, listing_of):
    """Three listed mugs; of the second and third something is not published yet."""
    mugs = [make_mug(sku) for sku in ("a", "b", "c")]
    put_up(storefront, *mugs)
    edit_listing(
        act=Act.now(), listing=listing_of(storefront, mugs[1]), changes={"allow_backorder": False}
    )
    update_variant(act=Act.now(), variant=mugs[2], changes={"price": "19.95"})
    return mugs


@pytest.mark.parametrize("word", ["keep", "allow", "dont_allow"])
def test_what_was_listed_is_as_it_was(storefront, three, word):
    before = seen(storefront)
    done = run(prepared(storefront, filters={}, allow_backorder=word))
    after = seen(storefront)

    undoing = take_back(done.change_set)
    assert seen(storefront) == before
    assert not notes(undoing)

    again = take_back(undoing)
    assert seen(storefront) == after
    take_back(again)
    assert seen(storefront) == before


def test_what_somebody_edited_stays_and_is_listed(storefront, three, listing_of):
    done = run(prepared(storefront, filters={}, allow_backorder="dont_allow"))
    edit_listing(act=Act.now(), listing=listing_of(storefront, three[0]), changes={"price": "1.00"})

    undoing = take_back(done.change_set)

    assert notes(undoing) == {"a": "Somebody changed it since."}
    assert not listing_of(storefront, three[0]).allow_backorder


def test_what_was_new_is_taken_off_again(storefront, make_mug, listing_of):
    mug, cup = make_mug("mug"), make_mug("cup")
    edit_listing(
        act=Act.now(), listing=listing_of(storefront, cup), changes={"allow_backorder": False}
    )
    before = seen(storefront)
    done = run(prepared(storefront, filters={}, allow_backorder="allow"))
    after = seen(storefront)

    found = preview(done.change_set, user=None)
    undoing = take_back(done.change_set)

    assert (found.restored, found.touched, found.warned) == (2, [], [])
    assert seen(storefront) == before
    again = take_back(undoing)
    assert seen(storefront) == after
    assert listing_of(storefront, mug).shown_title == "Mug mug"
    take_back(again)
    assert seen(storefront) == before


def test_what_was_taken_off_is_listed_as_it_was(storefront, three, listing_of):
    """Also what of it was not published then, and under the title of then."""
    update_product(act=Act.now(), product=three[0].product, changes={"title": "Cup"})
    before, titles = seen(storefront), titles_in(storefront)
    done = run(prepared(storefront, filters={}, action="unlist"))
    assert not Listing.objects.published().exists()

    undoing = take_back(done.change_set)

    assert (seen(storefront), titles_in(storefront)) == (before, titles)
    assert not notes(undoing)
    take_back(undoing)
    assert not Listing.objects.published().exists()


def titles_in(channel):
    rows = Listing.objects.filter(channel=channel).order_by("pk")
    return list(rows.values_list("published_title", "published_variant_title"))


@pytest.mark.parametrize("action", ["list", "unlist"])
def test_what_somebody_listed_or_took_off_since_stays(
    storefront, three, listing_of, put_up, action
):
    done = run(prepared(storefront, filters={}, action=action))
    key = listing_of(storefront, three[1]).pk
    if action == "list":
        unlist(channel=storefront, listing_ids=[key], act=Act(at=done.created_at))
    else:
        put_up(storefront, three[1])

    undoing = take_back(done.change_set)

    assert list(notes(undoing)) in (["b"], ["b in Storefront"])
    assert listing_of(storefront, three[1]).is_published is (action == "unlist")


def test_a_shop_elsewhere_is_told_again(db, make_mug, listing_of):
    shop = create_channel(
        act=Act.now(),
        slug="woo",
        name="Woo",
        connector="woocommerce",
        allow_out_of_stock_purchases=True,
        is_active=False,
    )
    mug = make_mug()
    Listing.objects.filter(channel=shop).update(
        status="listed", published_at=mug.created_at, published_backorder="allowed"
    )
    done = run(prepared(shop, filters={}, allow_backorder="dont_allow"))
    Outgoing.objects.all().delete()
    Listing.objects.filter(channel=shop).update(version=7)  # sent, which counts versions up

    undoing = take_back(done.change_set)

    assert not notes(undoing)
    assert listing_of(shop, mug).allow_backorder
    assert Outgoing.objects.get().kind == "listing"
    assert update_channel(act=Act.now(), channel=shop, changes={}).is_remote


def test_a_shop_elsewhere_is_told_to_take_off_what_was_new(db, make_mug, listing_of):
    shop = create_channel(
        act=Act.now(), slug="woo", name="Woo", connector="woocommerce", is_active=False
    )
    sent, waiting = make_mug("sent"), make_mug("waiting")
    done = run(prepared(shop, filters={}))
    Outgoing.objects.filter(listing__variant=sent).delete()
    Listing.objects.filter(channel=shop, variant=sent).update(
        status="listed", published_at=sent.created_at, published_backorder="channel", version=2
    )

    undoing = take_back(done.change_set)

    assert not notes(undoing)
    assert [listing_of(shop, one).is_leaving for one in (sent, waiting)] == [True, False]
    assert Outgoing.objects.get().listing.variant == sent
    take_back(undoing)
    assert not listing_of(shop, sent).is_leaving
    assert Outgoing.objects.count() == 1


@pytest.mark.parametrize("listed", [True, False])
def test_a_new_variant_that_is_listed_stays(storefront, operator, put_up, listed):
    source = import_file(
        lines(["SKU;US_Title_Short;Stock_Track", "pan;Pan;Y"]), user=operator, mode="create"
    )
    if listed:
        put_up(storefront, Variant.objects.get(sku="pan"))

    undoing = take_back(source.change_set, operator)

    assert Variant.objects.filter(sku="pan").exists() is listed
    assert (notes(undoing).get("pan") == "It is listed, or was edited, in Storefront.") is listed
    if not listed:
        take_back(undoing, operator)
        assert Listing.objects.filter(variant__sku="pan", status="unlisted").exists()
        assert ChangeSetRow.objects.filter(model="listing").count() == 0
