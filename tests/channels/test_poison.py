"""A shop that answers nonsense: it stops no other shop, and one bad item none of the others."""

import random
from dataclasses import replace

import pytest
from django.utils import timezone

from channels.connectors.web import Web
from channels.connectors.woocommerce.connector import WooCommerce
from channels.models import Channel, ChannelLog, Listing, Outgoing
from channels.services import send
from channels.services.channels import create_channel
from channels.services.listings import add_listings
from channels.services.send import STUMBLED
from channels.tasks import tick
from inventory.acts import Act
from inventory.models import PutAside
from inventory.services.catalog import create_variant
from orders.tasks import tick_shops
from tests.channels.standin import standin

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(settings):
    settings.CHANNEL_PRIVATE_HOSTS = ["127.0.0.1"]
    with standin() as one:
        yield one


@pytest.fixture
def woo(shop):
    return create_channel(
        act=Act.now(),
        slug="woo",
        name="Woo",
        connector="woocommerce",
        address=shop.address,
        key=shop.key,
        secret=shop.secret,
        allow_out_of_stock_purchases=True,
    )


NONSENSE = (
    *(7, -1, 10**30, 1.5, 1e300, True, None, "", "x" * 300, "\u202e", "NaN", "1e999"),
    *([], [7], {}, {"a": 1}, [[]], "0000-00-00", "99999-01-01T00:00:00"),
)


def garbled(value, dice):
    """Return a JSON value of which one part is something else."""
    if isinstance(value, list) and value and dice.random() < 0.9:
        place = dice.randrange(len(value))
        return [garbled(one, dice) if n == place else one for n, one in enumerate(value)]
    if isinstance(value, dict) and value and dice.random() < 0.95:
        name = dice.choice(sorted(value))
        return {**value, name: garbled(value[name], dice)}
    return dice.choice(NONSENSE)


@pytest.mark.parametrize("seed", range(40))
def test_answers_of_nonsense_end_no_tick(
    seed,
    woo,
    shop,
    make_mug,
    put_up,
    monkeypatch,
):
    dice = random.Random(seed)
    mug = make_mug("mug")
    small = create_variant(act=Act.now(), product=mug.product, sku="small", title="S", price="1.00")
    for one in (mug, small, make_mug("jug")):
        put_up(woo, one)
    product = shop.create_product({"name": "Tee", "sku": "tee", "regular_price": "1.00"})
    shop.create_order(
        {"set_paid": True, "line_items": [{"product_id": product["id"], "quantity": 1}]}
    )
    request = Web.request

    def odd(self, *args, **fields):
        answer = request(self, *args, **fields)
        data = answer.data
        for _part in range(dice.choice((0, 0, 1, 2, 4))):
            data = garbled(data, dice)
        return replace(answer, data=data)

    monkeypatch.setattr(Web, "request", odd)
    for _tick in range(2):
        tick()
        tick_shops()

    monkeypatch.setattr(Web, "request", request)
    Channel.objects.update(next_try_at=None, polled_at=None, failures=0)
    PutAside.objects.all().delete()
    Outgoing.objects.update(due_at=timezone.now(), is_dead=False, attempts=0)
    tick()
    tick_shops()
    assert not PutAside.objects.exists()
    assert not Outgoing.objects.exists()


def with_options(value, odd):
    """Return a JSON value in which all `options` are something else."""
    if isinstance(value, list):
        return [with_options(one, odd) for one in value]
    if isinstance(value, dict):
        return {
            name: odd if name == "options" else with_options(one, odd)
            for name, one in value.items()
        }
    return value


@pytest.mark.parametrize("odd", [7, "M", {"a": 1}, [7], [["M"]], None, True])
def test_options_of_nonsense_stop_nothing(odd, woo, shop, make_mug, put_up, monkeypatch):
    mug = make_mug("mug")
    fields = {"act": Act.now(), "product": mug.product, "price": "1.00"}
    small = create_variant(sku="small", title="S", **fields)
    put_up(woo, mug, small)
    tick()
    large = create_variant(sku="large", title="L", **fields)
    request = Web.request

    def answer(self, *args, **fields):
        said = request(self, *args, **fields)
        return replace(said, data=with_options(said.data, odd))

    monkeypatch.setattr(Web, "request", answer)
    other = make_mug("jug")
    put_up(woo, large, small, mug, other)
    tick()
    tick()

    assert not PutAside.objects.exists()
    assert STUMBLED not in set(Outgoing.objects.values_list("last_error", flat=True))
    assert Listing.objects.get(channel=woo, variant=other).status == "listed"


def test_one_bad_item_stops_none_of_its_batch(
    woo,
    shop,
    make_mug,
    put_up,
    listing_of,
    monkeypatch,
):
    mugs = {sku: make_mug(sku) for sku in ("mug", "cup", "jug")}
    for mug in mugs.values():
        put_up(woo, mug)
    publish = WooCommerce.publish

    def stumble(self, items):
        if any(item.sku == "cup" for item in items):
            raise TypeError("'int' object is not iterable")
        return publish(self, items)

    monkeypatch.setattr(WooCommerce, "publish", stumble)
    tick()

    states = {sku: listing_of(woo, mug).status for sku, mug in mugs.items()}
    assert states["mug"] == states["jug"] == "listed"
    entry = Outgoing.objects.get(kind="listing")
    assert (entry.attempts, entry.is_dead, entry.last_error) == (1, False, STUMBLED)
    assert ChannelLog.objects.filter(label="cup", is_ok=False, message=STUMBLED).count() == 1
    assert Channel.objects.get(pk=woo.pk).busy_until is None
    monkeypatch.setattr(WooCommerce, "publish", publish)
    Outgoing.objects.update(due_at=timezone.now())
    tick()
    assert listing_of(woo, mugs["cup"]).status == "listed"


def test_an_item_that_the_shop_says_nothing_of_is_not_sent_for_ever(
    woo,
    shop,
    make_mug,
    put_up,
    monkeypatch,
):
    put_up(woo, make_mug())
    monkeypatch.setattr(WooCommerce, "publish", lambda self, items: [])

    tick()

    entry = Outgoing.objects.get(kind="listing")
    assert (entry.attempts, entry.last_error) == (1, "The shop said nothing of it.")


def test_an_error_of_one_shop_stops_no_other(woo, shop, make_mug, put_up, listing_of, monkeypatch):
    other = Channel.objects.create(slug="other", name="Other", connector="woocommerce", address="x")
    add_listings("1 = 1", [])
    mug = make_mug()
    put_up(other, mug)
    put_up(woo, mug)
    connect = send.connect

    def stumble(channel):
        if channel.pk == other.pk:
            raise RuntimeError
        return connect(channel)

    Channel.objects.filter(pk=other.pk).update(slug="aaa")
    monkeypatch.setattr(send, "connect", stumble)
    tick()

    assert listing_of(woo, mug).status == "listed"
    assert Listing.objects.filter(channel=other, status="listed").count() == 0
    row = PutAside.objects.get()
    assert (row.step, row.key, row.attempts) == ("send", other.pk, 1)
