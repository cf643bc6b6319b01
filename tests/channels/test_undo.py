"""Undo of a bulk listing: what shoppers saw is published again, what somebody edited stays."""

import pytest

from channels.models import Listing, Outgoing
from channels.services.channels import create_channel, update_channel
from channels.services.listings import edit_listing
from inventory.models import ChangeSetRow, Variant
from inventory.services.catalog import update_variant
from inventory.services.undo import preview, undo
from tests.channels.test_bulk import prepared, run
from tests.inventory.spreadsheets.conftest import lines
from tests.inventory.spreadsheets.conftest import run as import_file

SEEN = ("allow_backorder", "status", "published_backorder", "published_price", "price")


def take_back(change_set, user=None):
    return undo(change_set, user=user, start=None)[0]


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
    edit_listing(listing=listing_of(storefront, mugs[1]), changes={"allow_backorder": False})
    update_variant(variant=mugs[2], changes={"price": "19.95"})
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
    edit_listing(listing=listing_of(storefront, three[0]), changes={"price": "1.00"})

    undoing = take_back(done.change_set)

    assert notes(undoing) == {"a": "Somebody changed it since."}
    assert not listing_of(storefront, three[0]).allow_backorder


def test_what_was_new_cannot_be_taken_off(storefront, make_mug, listing_of):
    mug, cup = make_mug("mug"), make_mug("cup")
    edit_listing(listing=listing_of(storefront, cup), changes={"allow_backorder": False})
    done = run(prepared(storefront, filters={}, allow_backorder="allow"))

    found = preview(done.change_set, user=None)
    undoing = take_back(done.change_set)

    assert (found.restored, len(found.touched), len(found.warned)) == (1, 1, 1)
    assert notes(undoing) == {
        "mug": "It was listed by this and cannot be taken off the channel.",
        "cup": "It was listed by this and cannot be taken off the channel: there it stays.",
    }
    listing = listing_of(storefront, cup)
    assert (listing.status, listing.published_backorder) == ("listed", "listing")
    assert listing_of(storefront, mug).status == "listed"


def test_a_shop_elsewhere_is_told_again(db, make_mug, listing_of):
    shop = create_channel(
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
    assert update_channel(channel=shop, changes={}).is_remote


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
