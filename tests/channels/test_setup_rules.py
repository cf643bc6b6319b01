"""What a channel may be set to: what means something there, and what its shoppers still see."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from channels.models import DIRECT, STOREFRONT, Channel, Listing
from channels.services.channels import update_channel
from channels.services.publish import publish_where
from inventory.acts import Act
from inventory.errors import InvalidChange
from orders.services.reconcile import reconcile

pytestmark = pytest.mark.django_db

SWITCH = "allow_out_of_stock_purchases"
ILLEGAL = [{"capture_when": "shipped"}, {"processing_mode": "load_from_channel"}]


@pytest.mark.parametrize("changes", ILLEGAL, ids=lambda changes: next(iter(changes)))
def test_the_storefront_has_no_other_shop_behind_it(changes):
    storefront = Channel.objects.get(slug=STOREFRONT)

    with pytest.raises(InvalidChange) as error:
        update_channel(act=Act.now(), channel=storefront, changes=changes)
    with pytest.raises(IntegrityError), transaction.atomic():
        Channel.objects.filter(pk=storefront.pk).update(**changes)

    assert error.value.errors.keys() == changes.keys()


@pytest.mark.parametrize(
    "changes",
    [
        {"is_active": False},
        {SWITCH: True},
        {"capture_when": "created"},
        {"processing_mode": "pick"},
        {"publish_automatically": True},
        {"address": "https://shop.example.com"},
        {"key": "k"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_means_nothing_for_direct_orders_is_refused(changes, monkeypatch):
    monkeypatch.setattr("channels.services.channels.check_address", lambda address: None)
    with pytest.raises(InvalidChange, match="only the name and the warehouses"):
        update_channel(act=Act.now(), channel=Channel.objects.get(slug=DIRECT), changes=changes)


def test_what_direct_orders_have_may_be_said_again():
    direct = Channel.objects.get(slug=DIRECT)
    same = {"is_active": True, "capture_when": direct.capture_when, "name": "Desk"}
    assert update_channel(act=Act.now(), channel=direct, changes=same).name == "Desk"


@pytest.fixture
def sold(outlet, make_mug, put_up):
    """The outlet with one listing that was published with backorders allowed."""
    channel = update_channel(act=Act.now(), channel=outlet, changes={SWITCH: True})
    put_up(channel, make_mug())
    return channel


@pytest.mark.parametrize("changes", ILLEGAL, ids=lambda changes: next(iter(changes)))
def test_a_setup_without_backorders_waits_until_shoppers_cannot_buy_them(sold, changes):
    """Refused with the switch on, with it off at once, and with it off before."""
    with pytest.raises(InvalidChange):
        update_channel(act=Act.now(), channel=sold, changes=changes)
    with pytest.raises(InvalidChange, match="1 listing is still published with backorders"):
        update_channel(act=Act.now(), channel=sold, changes={SWITCH: False, **changes})
    off = update_channel(act=Act.now(), channel=sold, changes={SWITCH: False})
    with pytest.raises(InvalidChange, match="update the listings"):
        update_channel(act=Act.now(), channel=off, changes=changes)
    assert Channel.objects.get(pk=sold.pk).capture_when == "paid"

    publish_where(off, "1 = 1", [], at=timezone.now())
    update_channel(act=Act.now(), channel=off, changes=changes)

    assert not Listing.objects.allowing(off).exists()
    assert reconcile() == []


@pytest.mark.parametrize("changes", ILLEGAL, ids=lambda changes: next(iter(changes)))
def test_what_is_published_automatically_is_done_in_one_step(sold, changes):
    channel = update_channel(act=Act.now(), channel=sold, changes={"publish_automatically": True})
    update_channel(act=Act.now(), channel=channel, changes={SWITCH: False, **changes})
    assert reconcile() == []


def test_another_change_is_not_kept_up_by_what_is_published_already(sold):
    Channel.objects.filter(pk=sold.pk).update(allow_out_of_stock_purchases=False)
    Channel.objects.filter(pk=sold.pk).update(capture_when="shipped")
    sold.refresh_from_db()

    assert [str(one) for one in reconcile()] == [
        "published: outlet: 1 listings are published with backorders, which its setup rules out"
    ]
    assert update_channel(act=Act.now(), channel=sold, changes={"name": "Other"}).name == "Other"
