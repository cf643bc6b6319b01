"""Comparing by itself: how often, what is said, and who wins."""

# ruff: noqa: F811 -- fixtures of another file, asked for by their names

from datetime import timedelta

import pytest
from django.utils import timezone

from backoffice.figures import drifted
from channels.models import Channel, ChannelLog, Listing, Outgoing
from channels.services.drift import Compared, compare_next, compare_some, send_ours
from channels.services.publish import publish
from channels.tasks import compare_by_itself, compare_channel, tick
from inventory.acts import Act
from inventory.models import Job
from inventory.services.jobs import claim_job
from tests.channels.test_send import found, send_all, shop, woo  # noqa: F401 -- fixtures

NOW = timezone.now


@pytest.fixture
def listed(woo, make_mug, put_up):
    """Return the listings of a mug and a cup that the shop has as we said."""
    listings = put_up(woo, make_mug(), make_mug("cup"))
    send_all(woo)
    return listings


def ago(channel, **fields):
    """Let a channel have been compared so long ago."""
    Channel.objects.filter(pk=channel.pk).update(
        **{name: NOW() - period for name, period in fields.items()}
    )


def drift():
    return dict(Listing.objects.exclude(drift="").values_list("variant__sku", "drift"))


def jobs():
    return Job.objects.filter(kind="compare_channel").count()


def test_a_quantity_that_still_differs_an_hour_later_is_sent_again(woo, shop, listed):
    shop.update_product(found(shop)["id"], {"stock_quantity": 99})

    compare_some(woo, at=NOW())
    assert drift() == {"mug": "The quantity is 99 instead of 0."}
    assert not Outgoing.objects.exists()
    compare_some(woo, at=NOW())
    assert [row.kind for row in Outgoing.objects.all()] == ["quantity"]
    send_all(woo)
    compare_some(woo, at=NOW())

    assert found(shop)["stock_quantity"] == 0
    assert drift() == {}
    assert list(
        ChannelLog.objects.filter(kind="drift").order_by("pk").values_list("message", flat=True)
    ) == [
        "The quantity is 99 instead of 0.",
        "The quantity is 99 instead of 0. The quantity is sent again.",
    ]


def test_a_quantity_that_moved_on_meanwhile_is_looked_at_once_more(woo, shop, listed):
    for units in (99, 98):
        shop.update_product(found(shop)["id"], {"stock_quantity": units})
        compare_some(woo, at=NOW())

    assert not Outgoing.objects.exists()
    assert drift() == {"mug": "The quantity is 98 instead of 0."}


def test_a_price_stays_as_it_is_there_until_somebody_sends_ours(woo, shop, listed):
    shop.update_product(found(shop)["id"], {"regular_price": "1.00"})

    for _hour in range(3):
        compare_some(woo, at=NOW())
        send_all(woo)
    assert found(shop)["regular_price"] == "1.00"
    assert list(drift()) == ["mug"]
    assert ChannelLog.objects.filter(kind="drift").count() == 1
    send_ours(woo, [listed[0].pk], act=Act.now())
    send_all(woo)

    assert found(shop)["regular_price"] != "1.00"
    assert drift() == {}


def test_what_was_deleted_there_is_said_and_not_made_again(woo, shop, listed):
    shop.delete_product(found(shop)["id"], force=True)

    for _hour in range(2):
        compare_some(woo, at=NOW())

    assert drift() == {"mug": "It is not in the shop any more."}
    assert not Outgoing.objects.exists()


def test_a_rebuilt_shop_is_found_again_by_the_comparison(woo, shop, listed):
    mug, cup = found(shop), found(shop, "cup")
    mug["sku"], cup["sku"] = "cup", "mug"

    for _hour in range(2):
        compare_some(woo, at=NOW())
        send_all(woo)

    places = dict(Listing.objects.filter(channel=woo).values_list("variant__sku", "remote_id"))
    assert (places["mug"], places["cup"]) == (str(cup["id"]), str(mug["id"]))


def test_all_of_it_is_compared_once_a_day(woo, shop, listed):
    compare_by_itself(woo.pk)
    assert jobs() == 0
    ago(woo, compared_at=timedelta(hours=25), sampled_at=timedelta(0))

    compare_by_itself(woo.pk)
    compare_by_itself(woo.pk)

    assert jobs() == 1


def test_some_of_it_is_compared_once_an_hour(woo, shop, listed):
    tick()
    ago(woo, sampled_at=timedelta(minutes=61))
    shop.requests.clear()

    tick()
    asked = len(shop.requests)
    tick()

    assert asked > 0
    assert len(shop.requests) == asked


@pytest.mark.parametrize("state", ["off", "resting"])
def test_a_shop_that_is_left_alone_is_not_compared(woo, shop, listed, state):
    ago(woo, compared_at=timedelta(days=3), sampled_at=timedelta(days=3))
    fields = {
        "off": {"is_active": False},
        "resting": {"next_try_at": NOW() + timedelta(hours=1)},
    }[state]
    Channel.objects.filter(pk=woo.pk).update(**fields)
    shop.requests.clear()

    compare_by_itself(woo.pk)

    assert (jobs(), shop.requests) == (0, [])


def test_a_shop_that_answers_oddly_is_left_alone_and_stops_no_other(
    woo,
    shop,
    listed,
    outlet,
    settings,
):
    ago(woo, compared_at=timedelta(0), sampled_at=timedelta(hours=2))
    shop.faults.script("said", value="7", times=9)

    compare_by_itself(woo.pk)

    woo.refresh_from_db()
    assert woo.failures == 1
    assert "answered what no WooCommerce does" in woo.last_error


def test_a_sample_goes_round_and_begins_with_what_differs(woo, shop, make_mug, put_up, monkeypatch):
    put_up(woo, *(make_mug(f"sku-{number}") for number in range(5)))
    send_all(woo)
    monkeypatch.setattr("channels.connectors.woocommerce.connector.WooCommerce.max_batch", 2)
    doubtful = Listing.objects.get(channel=woo, variant__sku="sku-3")
    Listing.objects.filter(pk=doubtful.pk).update(drift="The price was another one.")

    assert compare_some(woo, at=NOW()) == 2
    assert drift() == {}
    assert compare_some(woo, at=NOW()) == 2


def test_the_first_page_counts_what_differs_until_it_is_right(
    woo,
    shop,
    listed,
    admin_client,
    admin_user,
):
    shop.update_product(found(shop)["id"], {"regular_price": "1.00"})
    compare_next(woo, Compared(0), at=NOW())

    page = admin_client.get("/admin/").content.decode()
    [channel] = drifted(admin_user)
    link = f"/admin/channels/channel/{woo.pk}/catalog/?differs=true"
    catalog = admin_client.get(link).content.decode()

    assert channel.drift_count == 1
    assert f'href="{link}"' in page
    assert "Different there" in catalog
    assert "The price is 1.00 instead of" in catalog
    assert "item=cup" not in catalog
    publish(channel=woo, listing_ids=[listed[0].pk], act=Act.now())
    send_all(woo)
    assert drifted(admin_user) == []
    assert link not in admin_client.get("/admin/").content.decode()


def test_how_the_shop_writes_a_sku_is_kept(woo, shop, listed):
    Listing.objects.filter(channel=woo).update(remote_sku="")

    job = Job.objects.create(kind="compare_channel", subject_id=woo.pk)
    compare_channel(claim_job(job.pk, at=NOW()))

    assert set(
        Listing.objects.filter(channel=woo).exclude(published_at=None).values_list("remote_sku")
    ) == {("mug",), ("cup",)}
