"""The first steps: each knows whether it is done, and they go away by themselves or by hand."""

import pytest
from django.test import RequestFactory
from django.utils import timezone

from backoffice.checklist import checklist
from channels.models import DIRECT, STOREFRONT, Channel
from channels.services.channels import update_channel
from inventory.acts import Act
from inventory.models import Variant
from inventory.services.catalog import create_product, create_variant
from inventory.services.deliveries import create_delivery
from inventory.services.movements import StockLine
from inventory.services.receive import receive_delivery, receive_stock
from inventory.services.settings import update_settings
from orders.services.booking import Wanted
from orders.services.place import Customer, place_order


@pytest.fixture
def steps(operator):
    def read():
        request = RequestFactory().get("/admin/")
        request.user = operator
        return [step.is_done for step in checklist(request, is_empty=not Variant.objects.exists())]

    return read


def test_each_step_knows_whether_it_is_done(
    steps, berlin, client, operator, django_assert_max_num_queries
):
    now = timezone.now()
    assert steps() == [False] * 6

    mug = create_variant(
        act=Act.now(), product=create_product(act=Act.now(), title="Mug"), sku="MUG", price="1"
    )
    assert steps() == [True, *[False] * 5]

    receive_stock(
        warehouse=berlin, lines=[StockLine(mug, 3)], reference="R-1", act=Act(at=now, by="anna")
    )
    assert steps() == [True, True, *[False] * 4]

    update_settings(act=Act.now(), changes={"backorders": "allow"})
    assert steps() == [True, True, True, False, False, False]

    storefront = Channel.objects.get(slug=STOREFRONT)
    update_channel(
        act=Act.now(), channel=storefront, changes={"allow_out_of_stock_purchases": True}
    )
    assert steps() == [True, True, True, True, False, False]

    place_order(
        channel=Channel.objects.get(slug=DIRECT),
        customer=Customer("Ann"),
        lines=[Wanted(mug, 5, mug.price)],
        act=Act(at=now, by="anna"),
    )
    with django_assert_max_num_queries(14):
        assert steps() == [True, True, True, True, True, False]
    client.force_login(operator)
    page = client.get("/admin/")
    assert "5 of 6 done" in page.content.decode()

    lines = [StockLine(mug, 4)]
    delivery = create_delivery(
        act=Act.now(),
        warehouse=berlin,
        reference="D-1",
        expected_at=timezone.localdate(),
        lines=lines,
    )
    receive_delivery(delivery=delivery, act=Act(at=now, by="anna"))
    assert steps() == []
    assert "First steps" not in client.get("/admin/").content.decode()


@pytest.mark.parametrize(
    "changes", [{"backorders": "notify"}, {"low_stock_email": "stock@example.com"}]
)
def test_to_save_the_settings_is_to_choose(steps, changes):
    update_settings(act=Act.now(), changes=changes)

    assert steps()[2]


def test_a_product_of_its_own_mind_is_a_choice(steps, make_variant):
    make_variant(backorders="notify")

    assert steps()[2]


def test_who_hides_them_may_have_them_back(client, operator):
    client.force_login(operator)
    assert "First steps" in client.get("/admin/").content.decode()
    assert client.get("/admin/first-steps/").status_code == 405

    hidden = client.post("/admin/first-steps/", follow=True)

    assert "First steps" not in hidden.content.decode()
    assert "Show the first steps again" in client.get("/admin/help/").content.decode()
    shown = client.post("/admin/first-steps/", {"show": "1"}, follow=True)
    assert "First steps" in shown.content.decode()


@pytest.mark.parametrize("role", ["seller", "warehouse", "viewer"])
def test_others_are_not_told_to_set_up_a_store(client, make_user, role):
    client.force_login(make_user("rita", role))

    assert "First steps" not in client.get("/admin/").content.decode()
