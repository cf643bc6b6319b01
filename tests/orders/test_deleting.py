"""What an order refers to cannot be deleted, and the page says which order it is."""

from decimal import Decimal

import pytest
from django.urls import reverse

from channels.models import Channel
from inventory.acts import Act
from inventory.models import Product, Variant
from orders.services.booking import Wanted
from orders.services.place import Customer, place_order
from tests.conftest import NOON


@pytest.fixture
def order(mug, berlin, receive):
    receive(mug, berlin, 2)
    return place_order(
        channel=Channel.objects.get(slug="direct"),
        customer=Customer("Ann"),
        lines=[Wanted(mug, 1, Decimal(1))],
        act=Act(at=NOON, by="anna"),
    )


@pytest.mark.parametrize(("model", "named"), [("product", "mug"), ("variant", "{}: 1 × mug")])
def test_what_is_ordered_cannot_be_deleted(model, named, order, mug, client, operator):
    client.force_login(operator)
    row = mug if model == "variant" else mug.product
    address = reverse(f"admin:inventory_{model}_delete", args=[row.pk])

    page = client.get(address)
    answer = client.post(address, {"post": "yes"})

    assert named.format(order.number) in page.content.decode()
    assert answer.status_code in {200, 403}
    assert Variant.objects.filter(pk=mug.pk).exists()
    assert Product.objects.filter(pk=mug.product_id).exists()
