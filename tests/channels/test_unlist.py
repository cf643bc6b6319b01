"""Unlist: shoppers do not see it any more, here at once, elsewhere when the shop says so."""

from datetime import timedelta

import pytest
from django.utils import timezone

from channels.availability import availability_in
from channels.connectors.woocommerce.connector import WooCommerce
from channels.errors import NotInChannel
from channels.models import Channel, ChannelLog, Listing, Outgoing
from channels.services.channels import update_channel
from channels.services.drift import Compared, compare_next, send_ours
from channels.services.listings import edit_listing
from channels.services.salable import lay_out
from channels.services.send import retry, send
from channels.services.unlist import unlist
from inventory.acts import Act
from inventory.models import ChangeSetRow
from inventory.pauses import LONGEST_PAUSE
from inventory.services.catalog import update_variant
from tests.channels import test_bulk as bulk
from tests.channels.standin.store import Refusal
from tests.channels.test_send import found, receive, send_all, shop, waits_to_be_sent, woo

__all__ = ["receive", "shop", "woo"]


@pytest.fixture
def take_off(listing_of):
    """Return a way to unlist variants in a channel; it returns how many were taken up."""

    def take(channel, *variants):
        keys = [listing_of(channel, one).pk for one in variants]
        return unlist(channel=channel, listing_ids=keys, act=Act.now())

    return take


def for_sale(shop, sku="mug"):
    """Return whether shoppers of the shop see it."""
    row = found(shop, sku)
    return row is not None and shop.is_seen(row)


def offer(channel, variant):
    return availability_in(channel, [variant], today=timezone.localdate())[variant.pk]


# --- in a channel of ours -----------------------------------------------------------------------


@pytest.mark.parametrize("status", ["listed", "changed", "failed"])
def test_it_is_off_at_once_and_its_draft_stays(
    storefront, make_mug, put_up, take_off, listing_of, status
):
    mug, cup = make_mug(), make_mug("cup")
    put_up(storefront, mug, cup)
    if status == "changed":
        edit_listing(
            act=Act.now(),
            listing=listing_of(storefront, mug),
            changes={"price": "3", "allow_backorder": False},
        )
    Listing.objects.filter(variant=mug, channel=storefront).update(status=status, error="No.")
    before = listing_of(storefront, mug)

    assert take_off(storefront, mug) == 1

    listing = listing_of(storefront, mug)
    assert (listing.status, listing.error, listing.published_at) == ("unlisted", "", None)
    assert (listing.published_backorder, listing.published_price) == ("", None)
    assert (listing.published_title, listing.published_variant_title) == ("", "")
    assert (listing.allow_backorder, listing.price) == (before.allow_backorder, before.price)
    assert listing.version == before.version + 1
    assert (offer(storefront, mug).salable, offer(storefront, cup).salable) == (0, None)
    assert not Outgoing.objects.exists()

    put_up(storefront, mug)
    assert listing_of(storefront, mug).status == "listed"
    assert str(listing_of(storefront, mug).published_price) == (
        "3.00" if status == "changed" else "12.95"
    )


def test_it_is_recorded_with_what_shoppers_saw(storefront, make_mug, put_up, take_off, listing_of):
    put_up(storefront, mug := make_mug())

    take_off(storefront, mug)

    row, listing = ChangeSetRow.objects.last(), listing_of(storefront, mug)
    assert (row.model, row.object_id, row.label) == ("listing", listing.pk, "mug in Storefront")
    assert (row.version, row.change_set.kind) == (listing.version, "edit")
    assert (row.before["status"], row.before["published_price"]) == ("listed", "12.95")
    assert row.after == {"allow_backorder": True, "status": "unlisted"}


def test_what_is_unlisted_stays_so_and_another_channel_sells_on(
    storefront, outlet, make_mug, put_up, take_off, listing_of
):
    mug = make_mug()
    put_up(outlet, mug)
    rows = ChangeSetRow.objects.count()

    assert take_off(storefront, mug) == 0
    assert (
        unlist(channel=storefront, listing_ids=[listing_of(outlet, mug).pk], act=Act(at=NOW)) == 0
    )

    assert listing_of(outlet, mug).status == "listed"
    assert ChangeSetRow.objects.count() == rows


NOW = timezone.now()


def test_direct_lists_nothing(db):
    with pytest.raises(NotInChannel):
        unlist(channel=Channel.objects.get(slug="direct"), listing_ids=[1], act=Act(at=NOW))


# --- in a shop elsewhere ------------------------------------------------------------------------


def test_it_is_off_when_the_shop_says_so_and_comes_back_as_the_same(
    woo, shop, make_mug, put_up, take_off, listing_of
):
    mug = make_mug()
    put_up(woo, mug)
    send_all(woo)
    number = listing_of(woo, mug).remote_id

    assert [take_off(woo, mug) for _press in range(2)] == [1, 0]
    listing = listing_of(woo, mug)
    assert (listing.status, listing.is_leaving, listing.is_published) == ("listed", True, True)
    assert for_sale(shop)

    send_all(woo)
    listing = listing_of(woo, mug)
    assert (listing.status, listing.is_leaving, listing.is_published) == ("unlisted", False, False)
    assert (listing.remote_id, listing.pushed_quantity) == (number, None)
    assert (found(shop)["status"], for_sale(shop)) == ("draft", False)
    assert ChannelLog.objects.filter(message="Taken off.", sent={"status": "draft"}).exists()
    assert not Outgoing.objects.exists()

    put_up(woo, mug)
    send_all(woo)
    listing = listing_of(woo, mug)
    assert (listing.status, listing.remote_id, for_sale(shop)) == ("listed", number, True)


def test_what_was_never_told_is_off_at_once(woo, shop, make_mug, put_up, take_off, listing_of):
    mug = make_mug()
    put_up(woo, mug)

    assert take_off(woo, mug) == 1

    assert (listing_of(woo, mug).status, listing_of(woo, mug).is_leaving) == ("unlisted", False)
    assert not Outgoing.objects.exists()
    send_all(woo)
    assert shop.requests == []


@pytest.mark.parametrize("kind", ["drop", "500", "lost_answer", "a worker dies"])
@pytest.mark.parametrize("is_tried_again", [True, False])
def test_what_may_have_arrived_is_taken_off_there(
    woo, shop, make_mug, put_up, take_off, listing_of, kind, is_tried_again
):
    mug = make_mug()
    put_up(woo, mug)
    now = timezone.now()
    if kind == "a worker dies":
        die_after(WooCommerce, "publish", lambda: send(woo, at=now))
    else:
        shop.faults.script(kind, method="POST", path="batch")
        send_all(woo, at=now)
    if is_tried_again:
        retry(woo, act=Act(at=now))
        put_up(woo, mug)

    take_off(woo, mug)

    assert listing_of(woo, mug).is_leaving
    send_all(woo, at=now + timedelta(hours=2))
    listing = listing_of(woo, mug)
    assert (listing.status, listing.is_leaving, for_sale(shop)) == ("unlisted", False, False)
    assert not Outgoing.objects.exists()


def die_after(kind, name, act):
    """Let a worker be killed once the shop has done what it was asked."""
    say = getattr(kind, name)

    def say_and_die(self, items):
        say(self, items)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kind, name, say_and_die)
        with pytest.raises(KeyboardInterrupt):
            act()


@pytest.mark.parametrize("was_listed", [True, False])
@pytest.mark.parametrize("wishes", ["-", "+", "-+", "+-", "-+-", "+-+"])
def test_the_later_wish_wins(woo, shop, make_mug, put_up, take_off, listing_of, was_listed, wishes):
    mug = make_mug()
    if was_listed:
        put_up(woo, mug)
        send_all(woo)

    for wish in wishes:
        (put_up if wish == "+" else take_off)(woo, mug)
    send_all(woo)

    listing = listing_of(woo, mug)
    is_on = wishes.endswith("+")
    assert (listing.status, listing.is_leaving) == ("listed" if is_on else "unlisted", False)
    assert (listing.is_published, for_sale(shop)) == (is_on, is_on)
    assert not Outgoing.objects.exists()


@pytest.mark.parametrize(
    "case", [(wishes, is_new) for wishes in ("+-", "-+", "+-+", "-+-") for is_new in (True, False)]
)
def test_a_wish_that_changes_while_it_is_sent_wins(
    woo, shop, make_mug, put_up, take_off, listing_of, monkeypatch, case
):
    (wishes, is_new), mug = case, make_mug()
    if not is_new:
        put_up(woo, mug)
        send_all(woo)
    if is_new and wishes.startswith("-"):
        Listing.objects.filter(variant=mug, channel=woo).update(status="failed", remote_id="7")
    wish = {"+": put_up, "-": take_off}
    wish[wishes[0]](woo, mug)

    def change_meanwhile():
        for one in wishes[1:]:
            wish[one](woo, mug)

    run_between(monkeypatch, "publish" if wishes[0] == "+" else "withdraw", change_meanwhile)
    send(Channel.objects.get(pk=woo.pk), at=timezone.now())
    assert Outgoing.objects.count() == 1
    send_all(woo)

    listing = listing_of(woo, mug)
    is_on = wishes.endswith("+")
    assert (listing.status, listing.is_leaving) == ("listed" if is_on else "unlisted", False)
    assert (listing.is_published, for_sale(shop)) == (is_on, is_on)
    assert not Outgoing.objects.exists()


def run_between(monkeypatch, name, act):
    """Let something happen once, between what is said to the shop and its being noted."""
    say, happened = getattr(WooCommerce, name), []

    def say_then_act(self, items):
        outcomes = say(self, items)
        if not happened:
            happened.append(True)
            act()
        return outcomes

    monkeypatch.setattr(WooCommerce, name, say_then_act)


def test_units_and_prices_neither_reach_it_nor_bring_it_back(
    woo, shop, make_mug, put_up, take_off, listing_of, receive
):
    """Stock, a switch of warehouses, a price in a channel that publishes by itself."""
    mug = make_mug()
    update_channel(act=Act.now(), channel=woo, changes={"publish_automatically": True})
    put_up(woo, mug)
    send_all(woo)
    receive(mug, 1)
    lay_out(at=timezone.now())
    take_off(woo, mug)
    asked = len(shop.requests)

    def change_all():
        receive(mug, 2)
        update_variant(
            act=Act.now(), variant=mug, changes={"price": listing_of(woo, mug).variant.price + 1}
        )
        Channel.objects.filter(pk=woo.pk).update(recount_after=0)
        lay_out(at=timezone.now())

    change_all()
    assert listing_of(woo, mug).is_leaving
    assert list(Outgoing.objects.values_list("kind", flat=True)) == ["listing"]
    assert len(shop.requests) == asked
    send_all(woo)
    change_all()
    send_all(woo)

    assert listing_of(woo, mug).status == "unlisted"
    assert not for_sale(shop)
    assert found(shop)["stock_quantity"] == 0
    assert not Outgoing.objects.exists()


def test_units_that_were_laid_out_meanwhile_are_dropped(
    woo, shop, make_mug, put_up, take_off, listing_of
):
    put_up(woo, mug := make_mug())
    send_all(woo)
    take_off(woo, mug)
    now = timezone.now()
    Outgoing.objects.create(
        channel=woo, listing=listing_of(woo, mug), kind="quantity", due_at=now, created_at=now
    )

    send_all(woo)

    assert (Outgoing.objects.count(), for_sale(shop)) == (0, False)


def test_a_comparison_looks_at_what_is_listed_alone(woo, shop, make_mug, put_up, take_off):
    mug, cup, bowl = make_mug(), make_mug("cup"), make_mug("bowl")
    put_up(woo, mug, cup, bowl)
    send_all(woo)
    take_off(woo, mug)
    send_all(woo)
    take_off(woo, cup)
    Outgoing.objects.update(is_dead=True)
    for sku in ("mug", "cup", "bowl"):
        shop.update_product(found(shop, sku)["id"], {"status": "publish", "regular_price": "1"})

    compared = compare_next(woo, Compared(0), at=timezone.now())

    assert (compared.checked, compared.differing) == (1, 1)
    keys = list(Listing.objects.filter(channel=woo).values_list("pk", flat=True))
    assert send_ours(woo, keys, act=Act.now()) == 1


@pytest.mark.parametrize("kind", ["500", "drop", "lost_answer", "invalid_json", "429"])
def test_a_shop_that_fails_is_asked_again_later(
    woo, shop, make_mug, put_up, take_off, listing_of, kind
):
    put_up(woo, mug := make_mug())
    send_all(woo)
    take_off(woo, mug)
    shop.faults.script(kind, times=3)
    now = timezone.now()

    send_all(woo, at=now)
    assert (listing_of(woo, mug).status, waits_to_be_sent(woo)) == ("listed", 1)
    for hours in range(1, 5):
        send_all(woo, at=now + hours * LONGEST_PAUSE)

    assert (listing_of(woo, mug).status, for_sale(shop)) == ("unlisted", False)


def test_what_the_shop_refuses_stays_listed_and_says_why_until_it_does(
    woo, shop, make_mug, put_up, take_off, listing_of, monkeypatch
):
    put_up(woo, mug := make_mug())
    send_all(woo)
    edit_listing(act=Act.now(), listing=listing_of(woo, mug), changes={"price": "3"})
    take_off(woo, mug)

    def refuse(*_args, **_kwargs):
        raise Refusal(400, "no", "Not on a Sunday.")

    with monkeypatch.context() as patch:
        patch.setattr(shop, "update_product", refuse)
        send_all(woo)
    listing = listing_of(woo, mug)
    assert (listing.status, listing.is_published, for_sale(shop)) == ("failed", True, True)
    assert listing.error == "It could not be taken off. The shop refused it: Not on a Sunday."

    assert retry(woo, act=Act.now()) == take_off(woo, mug) == 1
    send_all(woo)
    assert (listing_of(woo, mug).status, for_sale(shop)) == ("unlisted", False)


def test_a_batch_is_of_one_wish(woo, shop, make_mug, put_up, take_off, listing_of):
    mugs = [make_mug(f"mug-{number}") for number in range(6)]
    put_up(woo, *mugs[:3])
    send_all(woo)
    take_off(woo, mugs[1])
    put_up(woo, *mugs[2:])
    take_off(woo, mugs[0])

    send_all(woo)

    assert [listing_of(woo, one).status for one in mugs] == ["unlisted"] * 2 + ["listed"] * 4
    assert [for_sale(shop, one.sku) for one in mugs] == [False] * 2 + [True] * 4


def test_while_it_leaves_its_edits_count_for_nothing(
    woo, shop, make_mug, put_up, take_off, listing_of
):
    put_up(woo, mug := make_mug())
    send_all(woo)
    edit_listing(act=Act.now(), listing=listing_of(woo, mug), changes={"price": "3"})
    take_off(woo, mug)
    edit_listing(act=Act.now(), listing=listing_of(woo, mug), changes={"price": "4"})
    assert listing_of(woo, mug).status == "listed"

    put_up(woo, mug)

    assert (listing_of(woo, mug).status, listing_of(woo, mug).is_leaving) == ("changed", False)
    send_all(woo)
    assert found(shop)["regular_price"] == "4.00"


# --- many at once -------------------------------------------------------------------------------


def test_bulk_takes_off_what_was_previewed_and_nothing_else(
    storefront, make_mug, put_up, listing_of
):
    mug, cup, bowl, late = (make_mug(sku) for sku in ("mug", "cup", "bowl", "late"))
    put_up(storefront, mug, cup)
    preview = bulk.prepared(storefront, filters={}, action="unlist")
    assert (preview.total, preview.new, preview.changing) == (2, 0, 2)
    put_up(storefront, late)
    edit_listing(act=Act.now(), listing=listing_of(storefront, cup), changes={"price": "3"})

    done = bulk.run(preview)

    assert (done.state, done.listed, done.skipped, done.job.done) == ("done", 1, 1, 2)
    statuses = [listing_of(storefront, one).status for one in (mug, cup, bowl, late)]
    assert statuses == ["unlisted", "changed", "unlisted", "listed"]
    assert "take it off again" in done.items.get(state="skipped").message
    row = ChangeSetRow.objects.get(change_set=done.change_set)
    assert (row.object_id, row.after["status"]) == (listing_of(storefront, mug).pk, "unlisted")


def test_bulk_goes_on_until_the_shop_has_taken_all_off(
    woo, shop, make_mug, put_up, take_off, listing_of
):
    mugs = [make_mug(f"mug-{number}") for number in range(5)]
    put_up(woo, *mugs[:3])
    send_all(woo)
    put_up(woo, mugs[3])
    take_off(woo, mugs[0])

    done = bulk.run(bulk.prepared(woo, filters={}, action="unlist"))

    assert (done.total, done.listed, done.job.done, done.job.state) == (3, 3, 3, "done")
    assert {listing_of(woo, one).status for one in mugs} == {"unlisted"}
    assert not any(for_sale(shop, one.sku) for one in mugs)


@pytest.mark.parametrize("action", ["list", "unlist"])
def test_what_somebody_wishes_otherwise_meanwhile_is_reported_by_the_job(
    woo, shop, make_mug, put_up, take_off, action
):
    mug, cup, new = make_mug(), make_mug("cup"), make_mug("new")
    put_up(woo, mug, cup)
    send_all(woo)
    Channel.objects.filter(pk=woo.pk).update(is_active=False)
    done = bulk.run(bulk.prepared(Channel.objects.get(pk=woo.pk), filters={}, action=action))
    (take_off if action == "list" else put_up)(woo, mug)
    if action == "list":
        take_off(woo, new)

    Channel.objects.filter(pk=woo.pk).update(is_active=True)
    send_all(woo)

    done.refresh_from_db()
    assert (done.listed, done.skipped) == (1, 2 if action == "list" else 1)
    words = {
        "list": "Somebody took it off meanwhile.",
        "unlist": "Somebody listed it again meanwhile.",
    }
    assert {one.message for one in done.items.filter(state="skipped")} == {words[action]}
