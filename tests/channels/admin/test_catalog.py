"""The catalogue of a channel: its lists, the pop-up of an item, List and Update."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from channels.models import Channel, Listing, Outgoing
from channels.services.channels import update_channel
from channels.services.listings import edit_listing
from inventory.acts import Act
from inventory.models import Warehouse
from inventory.services.catalog import update_variant
from tests.channels.admin.conftest import sent, text_of

pytestmark = pytest.mark.django_db


def rows(response):
    return [row.listing.variant.sku for row in response.context["rows"]]


def counts(response):
    return {tab["value"]: tab["count"] for tab in response.context["statuses"]}


@pytest.fixture
def four(storefront, make_mug, put_up, listing_of):
    """A listing in each status: unlisted, listed, changed and failed."""
    make_mug("new")
    done, other, bad = make_mug("done"), make_mug("other"), make_mug("bad")
    put_up(storefront, done, other, bad)
    edit_listing(act=Act.now(), listing=listing_of(storefront, other), changes={"price": "9.50"})
    Listing.objects.filter(variant=bad).update(status="failed", error="The shop said <no>.")
    return storefront


@pytest.fixture
def opened(desk, url):
    """Return a way to open the pop-up of an item; it returns what the page knows."""

    def show(channel, sku):
        return desk.get(url("catalog", channel), {"item": sku})

    return show


@pytest.fixture
def press(desk, url, opened):
    """Return a way to press a button of a pop-up, with what a browser would send."""

    def send(channel, sku, then, **typed):
        item = opened(channel, sku).context["item"]
        address = url("item", channel, item.listing.pk)
        return desk.post(address, sent(item.form, then=then, **typed))

    return send


# --- the lists --------------------------------------------------------------------------------


def test_each_status_has_its_tab_and_its_count(desk, url, four):
    page = desk.get(url("catalog", four))

    assert counts(page) == {"": "", "unlisted": "1", "listed": "1", "changed": "1", "failed": "1"}
    assert rows(page) == ["new", "done", "other", "bad"]
    assert "The shop said &lt;no&gt;." in text_of(page)
    for status, sku in (("unlisted", "new"), ("changed", "other"), ("failed", "bad")):
        assert rows(desk.get(url("catalog", four), {"status": status})) == [sku]


def test_a_large_number_is_not_counted_to_its_end(desk, url, four, monkeypatch):
    for module in ("channels.admin.base", "channels.services.publish"):
        monkeypatch.setattr(f"{module}.MAX_COUNTED", 1)
    assert set(counts(desk.get(url("catalog", four))).values()) == {"", "0+"}


def test_a_banner_counts_what_is_not_published(desk, url, four):
    for name in ("change", "catalog", "bulk", "log"):
        page = text_of(desk.get(url(name, four)))
        assert "1 item has changes that shoppers do not see yet." in page
        assert "Update all" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "mug other"}, ["other"]),
        ({"q": "nothing"}, []),
        ({"allow_backorder": "true", "status": "listed"}, ["done"]),
        ({"published_backorder": "false"}, []),
        ({"price_from": "13"}, []),
        ({"product": "done"}, ["done"]),
        ({"stock": "available"}, []),
        ({"seller": "anna"}, []),
    ],
)
def test_searching_and_filtering(desk, url, four, query, found):
    assert rows(desk.get(url("catalog", four), query)) == found


def test_a_filter_that_makes_no_sense_says_so(desk, url, four):
    page = desk.get(url("catalog", four), {"price_from": "cheap"})

    assert (page.status_code, rows(page)) == (200, [])
    assert "Enter a number." in text_of(page)


def test_a_page_holds_fifty_rows(desk, url, storefront, make_mug):
    for number in range(52):
        make_mug(f"mug-{number:02}")

    first = desk.get(url("catalog", storefront), {"q": "mug"})
    second = desk.get(url("catalog", storefront), {"q": "mug", "page": "2"})

    assert (len(rows(first)), rows(second)) == (50, ["mug-50", "mug-51"])
    assert "?q=mug&amp;page=2" in text_of(first)


@pytest.mark.parametrize("tab", ["catalog", "bulk"])
def test_a_longer_page_needs_no_more_queries(desk, url, shop, make_mug, put_up, tab):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert desk.get(url(tab, shop)).status_code == 200
        return len(seen)

    put_up(shop, *(make_mug(f"mug-{number}") for number in range(3)))
    queries()
    few = queries()
    put_up(shop, *(make_mug(f"cup-{number}") for number in range(27)))

    assert queries() == few
    assert few <= 21


def test_units_that_a_shop_elsewhere_was_told_of_are_shown(desk, url, shop, make_mug, put_up):
    put_up(shop, make_mug(), make_mug("cup"))
    Outgoing.objects.filter(listing__variant__sku="cup").delete()
    Listing.objects.filter(variant__sku="cup").update(pushed_quantity=4_321)

    page = desk.get(url("catalog", shop))

    assert [(row.is_waiting, row.sent) for row in page.context["rows"]] == [
        (True, "–"),
        (False, "4,321"),
    ]


# --- the pop-up -------------------------------------------------------------------------------


def test_the_pop_up_says_what_shoppers_see_and_would_see(storefront, make_mug, put_up, opened):
    make_mug("new")
    mug = make_mug()
    put_up(storefront, mug)
    update_variant(act=Act.now(), variant=mug, changes={"price": "14.50"})
    edit_listing(
        act=Act.now(),
        listing=Listing.objects.get(channel=storefront, variant=mug),
        changes={"allow_backorder": False},
    )

    item = opened(storefront, "mug").context["item"]
    new = opened(storefront, "new").context["item"]

    assert (item.now.price, item.now.lines[0], item.now.how_many) == (
        "12.95 EUR",
        "On backorder",
        "unlimited",
    )
    assert (item.then.price, item.then.lines[0], item.then.how_many) == (
        "14.50 EUR",
        "Out of stock",
        "0",
    )
    assert (str(item.verb), str(new.verb), new.now) == ("Update", "List", None)


def test_a_list_that_is_open_gets_the_pop_up_alone(desk, url, storefront, make_mug):
    make_mug()
    address = url("catalog", storefront)
    desk.get(address)  # from now on the session says since when

    with CaptureQueriesContext(connection) as seen:
        alone = desk.get(f"{address}?item=mug&q=m", headers={"X-Pop-Up": "1"})

    assert text_of(alone).strip().startswith("<dialog")
    assert f'data-behind="{address}?q=m"' in text_of(alone)
    assert "csrfmiddlewaretoken" in text_of(alone)
    assert len(seen) <= 20
    missing = desk.get(f"{address}?item=cup", headers={"X-Pop-Up": "1"})
    assert missing.status_code == 404


def test_a_channel_without_the_label_does_not_show_it(storefront, make_mug, put_up, opened):
    put_up(storefront, make_mug())
    update_channel(act=Act.now(), channel=storefront, changes={"show_backorder_label": False})

    assert "On backorder" not in opened(storefront, "mug").context["item"].now.lines


def test_units_in_other_warehouses_than_the_channels_do_not_count(
    storefront, make_mug, put_up, opened, receive
):
    mug = make_mug(backorders="no")
    main, south = (
        Warehouse.objects.get(code="main"),
        Warehouse.objects.create(code="south", name="South"),
    )
    put_up(storefront, mug)
    receive(mug, main, 5)
    update_channel(act=Act.now(), channel=storefront, changes={"warehouses": [south]})

    assert opened(storefront, "mug").context["item"].now.how_many == "0"


def test_saving_changes_nothing_for_shoppers_until_it_is_updated(
    storefront, make_mug, put_up, press, listing_of
):
    mug = make_mug()
    put_up(storefront, mug)

    saved = press(storefront, "mug", "save", allow_backorder=None)
    kept = listing_of(storefront, mug)
    press(storefront, "mug", "publish")

    assert saved.url.endswith(f"/channel/{storefront.pk}/catalog/?item=mug")
    assert (kept.allow_backorder, kept.status, kept.published_backorder) == (
        False,
        "changed",
        "allowed",
    )
    assert listing_of(storefront, mug).published_backorder == "listing"
    assert listing_of(storefront, mug).status == "listed"


def test_list_saves_what_is_typed_and_lists_it(storefront, make_mug, press, listing_of):
    mug = make_mug()

    press(storefront, "mug", "publish", price="8.20")

    listing = listing_of(storefront, mug)
    assert (listing.status, str(listing.published_price)) == ("listed", "8.20")


def test_save_and_close_leads_back_to_the_list_as_it_was(desk, url, four, opened):
    item = opened(four, "done").context["item"]
    address = url("item", four, item.listing.pk)

    answer = desk.post(
        f"{address}?status=listed&q=done&next=//evil.example",
        sent(item.form, then="close", price="3"),
    )

    assert answer.url == f"{url('catalog', four)}?q=done&status=listed#item-{item.listing.pk}"


def test_in_a_shop_elsewhere_listing_puts_it_on_its_way(shop, make_mug, press, desk, url):
    make_mug()

    for _press in range(2):
        press(shop, "mug", "publish")

    assert Outgoing.objects.get().listing.variant.sku == "mug"
    assert [row.is_waiting for row in desk.get(url("catalog", shop)).context["rows"]] == [True]


def test_a_form_that_is_sent_twice_has_one_effect(
    desk, url, storefront, make_mug, opened, listing_of
):
    mug = make_mug()
    item = opened(storefront, "mug").context["item"]
    data = sent(item.form, then="publish", price="7")
    address = url("item", storefront, item.listing.pk)

    answers = [desk.post(address, data).status_code for _press in range(2)]

    assert answers == [302, 409]
    assert listing_of(storefront, mug).version == 3


def test_nothing_is_overwritten_that_somebody_else_saved(
    desk, url, storefront, make_mug, opened, listing_of
):
    mug = make_mug()
    item = opened(storefront, "mug").context["item"]
    edit_listing(act=Act.now(), listing=listing_of(storefront, mug), changes={"price": "5"})

    answer = desk.post(
        url("item", storefront, item.listing.pk), sent(item.form, then="publish", price="7")
    )

    assert answer.status_code == 409
    assert "somebody else saved first" in text_of(answer)
    listing = listing_of(storefront, mug)
    assert (str(listing.price), listing.status) == ("5.00", "unlisted")


def test_while_the_channel_is_off_the_switch_rests_and_says_why(
    outlet, make_mug, opened, press, listing_of
):
    mug = make_mug()

    page = opened(outlet, "mug")
    press(outlet, "mug", "save", allow_backorder=None, price="6")

    field = page.context["item"].form["allow_backorder"]
    assert field.field.disabled
    assert "turn it on in the setup" in str(field.help_text)
    listing = listing_of(outlet, mug)
    assert (listing.allow_backorder, str(listing.price)) == (True, "6.00")


@pytest.mark.parametrize(
    ("price", "words"),
    [
        ("-1", "greater than or equal to 0"),
        ("1e3", "Enter an amount such as 19.90."),
        ("1.999", "2 decimal places"),
        ("99999999999999", "Ensure"),
        ("NaN", "Enter an amount"),
        ("9" * 5000, "Enter an amount"),
    ],
)
def test_a_price_that_is_none_is_named_on_its_field(
    storefront, make_mug, press, listing_of, price, words
):
    mug = make_mug()

    answer = press(storefront, "mug", "publish", price=price)

    assert words in str(answer.context["item"].form.errors["price"])
    assert listing_of(storefront, mug).status == "unlisted"


def test_what_went_wrong_is_said_in_the_pop_up(four, opened):
    assert "The shop said &lt;no&gt;." in text_of(opened(four, "bad"))


# --- several at once --------------------------------------------------------------------------


def test_ticked_rows_are_listed(desk, url, storefront, make_mug, listing_of):
    mug, cup, bowl = make_mug(), make_mug("cup"), make_mug("bowl")
    keys = [listing_of(storefront, one).pk for one in (mug, cup)]

    answer = desk.post(f"{url('publish', storefront)}?status=unlisted", {"item": keys})

    assert answer.url == f"{url('catalog', storefront)}?status=unlisted"
    listed = [listing_of(storefront, one).status for one in (mug, cup, bowl)]
    assert listed == ["listed", "listed", "unlisted"]


def test_ticked_rows_are_taken_off(desk, url, four):
    keys = list(Listing.objects.filter(channel=four).values_list("pk", flat=True))
    page = text_of(desk.get(url("catalog", four)))
    assert "Unlist what is ticked" in page
    assert "Unlist what" not in text_of(desk.get(url("catalog", four), {"status": "unlisted"}))

    answers = [desk.post(f"{url('unlist', four)}?q=o", {"item": keys}) for _press in range(2)]
    page = desk.get(answers[0].url)

    assert {answer.url for answer in answers} == {f"{url('catalog', four)}?q=o"}
    assert "3 items were taken off Storefront." in text_of(page)
    assert "There is nothing to take off" in text_of(page)
    assert counts(page)["unlisted"] == "4"
    assert "Tick one or more" in text_of(desk.post(url("unlist", four), {}, follow=True))


@pytest.mark.parametrize(
    ("sku", "may"), [("new", False), ("done", True), ("other", True), ("bad", True)]
)
def test_an_item_is_taken_off_in_its_pop_up_once_it_is_listed(desk, url, four, opened, sku, may):
    page = opened(four, sku)

    assert ("Take it off Storefront" in text_of(page)) is may
    desk.post(url("unlist", four), {"item": page.context["item"].listing.pk})
    assert opened(four, sku).context["item"].listing.status == "unlisted"
    assert "Take it off Storefront" not in text_of(opened(four, sku))


def test_what_is_being_taken_off_elsewhere_says_so_and_can_be_listed_again(
    desk, url, shop, make_mug, put_up, opened, press
):
    put_up(shop, mug := make_mug())
    assert opened(shop, "mug").context["item"].may_take_off
    listing = Listing.objects.filter(channel=shop, variant=mug)
    listing.update(status="listed", published_at=mug.created_at, published_backorder="allowed")
    Channel.objects.filter(pk=shop.pk).update(is_active=False)

    page = desk.post(url("unlist", shop), {"item": listing.get().pk}, follow=True)
    item = opened(shop, "mug")

    assert "1 item is being taken off Our shop." in text_of(page)
    assert "taken off once it is on" in text_of(page)
    assert "Being taken off" in text_of(page)
    assert "Being taken off" in text_of(item)
    assert str(item.context["item"].verb) == "List again"
    assert not item.context["item"].may_take_off
    press(shop, "mug", "publish")
    assert not listing.get().is_leaving
    assert "Being taken off" not in text_of(opened(shop, "mug"))


def test_rows_of_another_channel_are_not_listed(desk, url, storefront, outlet, make_mug):
    mug = make_mug()
    other = Listing.objects.get(channel=outlet, variant=mug)

    desk.post(url("publish", storefront), {"item": [other.pk, "9" * 30, "x", "-1", ""]})
    desk.post(url("unlist", storefront), {"item": [other.pk, "9" * 30, "x", "-1", ""]})
    answer = desk.post(url("item", storefront, other.pk), {"then": "publish", "version": "1"})

    assert answer.status_code == 404
    assert not Listing.objects.exclude(published_at=None).exists()


def test_what_is_on_its_way_to_a_channel_that_is_off_is_said_to_wait(
    desk, url, shop, make_mug, listing_of
):
    Channel.objects.filter(pk=shop.pk).update(is_active=False)
    key = listing_of(shop, make_mug()).pk

    page = desk.post(url("publish", shop), {"item": [key]}, follow=True)

    assert "sent once it is on" in text_of(page)


def test_release_days_are_said_as_shoppers_read_them(storefront, make_mug, put_up, opened):
    day = timezone.localdate() + timedelta(days=30)
    put_up(storefront, make_mug(release_date=day, allow_preorders=True))

    assert opened(storefront, "mug").context["item"].now.lines[0] == "Pre-order"
