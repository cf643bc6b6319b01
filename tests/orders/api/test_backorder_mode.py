"""The mode that availability answers is the one that holds, beside state and backorderable."""

from datetime import date

import pytest

from channels.models import Channel
from channels.services.channels import update_channel
from inventory.acts import Act

pytestmark = pytest.mark.django_db

AHEAD = {"release_date": date(2099, 1, 1), "allow_preorders": True}


@pytest.fixture
def world(shop, berlin):
    shop.variant("pre", backorders="no", **AHEAD)
    shop.variant("five", backorders="no", out_of_stock_threshold=-5, **AHEAD)
    shop.variant("told", backorders="notify", **AHEAD)
    shop.variant("allow")
    shop.variant("no", backorders="no")
    for name, parts in {
        "told-set": {"allow": 1, "told": 1},
        "no-set": {"allow": 1, "no": 1},
        "pre-set": {"pre": 2},
    }.items():
        shop.bundle(name, **parts)
    return shop


@pytest.mark.parametrize(
    ("sku", "mode", "backorderable", "state"),
    [
        ("pre", "allow", None, "pre_order"),
        ("five", "allow", 5, "pre_order"),
        ("told", "notify", None, "pre_order"),
        ("allow", "allow", None, "on_backorder"),
        ("no", "no", 0, "out_of_stock"),
        ("told-set", "notify", None, "pre_order"),
        ("no-set", "no", 0, "out_of_stock"),
        ("pre-set", "allow", None, "pre_order"),
    ],
)
def test_the_mode_agrees_with_what_may_be_owed(world, sku, mode, backorderable, state):
    offer = world.availability(sku)

    said = (offer["backorder_mode"], offer["backorderable"], offer["state"])
    assert said == (mode, backorderable, state)


def test_a_channel_that_forbids_it_says_no(world):
    update_channel(
        act=Act.now(),
        channel=Channel.objects.get(slug="storefront"),
        changes={"allow_out_of_stock_purchases": False, "publish_automatically": True},
    )
    world.api.post("/channels/storefront/publish", {"filter": {}})

    [offer] = world.ok(world.api.get("/availability?channel=storefront&sku=allow"))["results"]

    assert (offer["backorder_mode"], offer["backorderable"]) == ("no", 0)
