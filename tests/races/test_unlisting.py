"""Listing, unlisting, edits and the worker meet on the same listings: nobody fails, all agree."""

import pytest
from django.utils import timezone

from channels.models import Channel, Listing, Outgoing
from channels.services.bulk import choose, confirm, freeze, list_next
from channels.services.channels import create_channel
from channels.services.listings import edit_listing
from channels.services.publish import publish
from channels.services.salable import lay_out
from channels.services.send import send
from channels.services.unlist import unlist
from inventory.acts import Act
from inventory.models import Job
from inventory.services.catalog import create_product, create_variant
from tests.channels.standin import standin

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
ROUNDS = 8
ITEMS = 12


@pytest.fixture
def shop(settings):
    settings.CHANNEL_PRIVATE_HOSTS = ["127.0.0.1"]
    with standin() as one:
        yield one


@pytest.fixture
def woo(shared_database, shop):
    """A shop elsewhere with a dozen items; it publishes by itself what is edited."""
    channel = create_channel(
        act=Act.now(),
        slug="woo",
        name="Woo",
        connector="woocommerce",
        address=shop.address,
        key=shop.key,
        secret=shop.secret,
        publish_automatically=True,
    )
    for number in range(ITEMS):
        create_variant(
            act=Act.now(),
            product=create_product(act=Act.now(), title=f"Mug {number}"),
            sku=f"mug-{number}",
            price=5,
        )
    return channel


def test_wishes_and_the_worker_meet(together, woo, shop):
    keys = list(Listing.objects.filter(channel=woo).order_by("pk").values_list("pk", flat=True))

    def wish(do, some):
        return lambda: do(channel=woo, listing_ids=some, act=Act.now())

    def work():
        lay_out(at=timezone.now())
        return send(Channel.objects.get(pk=woo.pk), at=timezone.now())

    def edit():
        for row in Listing.objects.filter(pk__in=keys[::3]).order_by("-pk"):
            edit_listing(act=Act.now(), listing=row, changes={"price": row.version})

    wish(publish, keys)()
    for turn in range(ROUNDS):
        bulk = freeze(choose(channel=woo, allow_backorder="keep", user=None, filters={}))
        confirm(
            bulk, act=Act.now(), start=lambda one: Job.objects.create(kind="x", subject_id=one.pk)
        )
        calls = [
            wish(publish, keys[turn:]),
            wish(unlist, keys[::-1][turn:]),
            edit,
            work,
            lambda bulk=bulk: list_next(bulk, at=timezone.now()),
        ]
        assert not [one for one in together(*calls) if isinstance(one, Exception)]

    wish(unlist, keys[::2])()
    wish(publish, keys[1::2])()
    while work():
        pass
    assert not Outgoing.objects.exists()
    for listing in Listing.objects.for_page().filter(channel=woo):
        is_on = listing.pk not in keys[::2]
        seen = [shop.is_seen(row) for row in shop.by_sku(listing.variant.sku)]
        assert (listing.is_published, listing.is_leaving, any(seen)) == (is_on, False, is_on)
        assert len(seen) <= 1
