"""Who is kept to what, said once: every model has a rule, and a suspended seller sees nothing."""

import pytest
from django.apps import apps
from django.urls import reverse

from channels.models import Listing
from inventory.models import Job, Seller, Variant, Warehouse
from inventory.models.catalog import own_sellers
from inventory.models.visibility import OWNER_PATHS, SELLER_PATHS, SHARED, visible
from inventory.services.jobs import request_cancel
from orders.models import FulfillmentLine, FulfillmentOrder, Order
from tests.marketplace.world import A, B

pytestmark = pytest.mark.django_db

STORE_ALONE = {
    "inventory.attempt",
    "inventory.bundlecomponent",
    "inventory.idempotencykey",
    "inventory.heartbeat",
    "inventory.outgoingmail",
    "inventory.putaside",
    "inventory.seal",
    "inventory.searchrow",
    "channels.salablechange",
    "orders.bookcheck",
    "orders.orderevent",
    "orders.hold",
}
"""Models that no seller's user is ever shown rows of but through another row."""


def test_every_model_is_said_to_be_somebodys():
    labels = {
        model._meta.label_lower
        for app in ("inventory", "channels", "orders", "backoffice")
        for model in apps.get_app_config(app).get_models()
        if not hasattr(model._default_manager.all(), "visible_to")
    }

    said = {*SELLER_PATHS, *OWNER_PATHS, *SHARED}
    assert labels - said == STORE_ALONE, (
        "say in inventory/models/visibility.py whose rows these are"
    )


def test_what_is_said_nowhere_is_the_stores(people, world):
    users = type(people["seller"]).objects.all()

    assert visible(users, people["operator"]).count() == len(people)
    assert visible(users, people["seller"]).count() == 0


@pytest.mark.parametrize("model", [Variant, Listing, Order, FulfillmentOrder, FulfillmentLine, Job])
def test_each_sees_own_rows(world, people, model):
    label = model._meta.label_lower
    mixed = set(world.rows["mixed"][label])

    seen = set(visible(model.objects.all(), people["seller"]).values_list("pk", flat=True))

    assert seen >= set(world.rows[A][label])
    assert not seen & set(world.rows[B][label])
    assert visible(model.objects.all(), people["viewer"]).count() == model.objects.count()
    assert model is not Order or seen & mixed


def test_somebody_with_the_role_but_no_seller_sees_nothing(people, world):
    people["seller"].sellers.clear()

    assert own_sellers(people["seller"]) == []
    assert visible(Variant.objects.all(), people["seller"]).count() == 0
    assert visible(Warehouse.objects.all(), people["seller"]).count() == 0


def test_the_next_request_of_a_suspended_seller_is_empty(people, world, visit, key_of):
    client, key = visit(people["seller"]), key_of(people["seller"])
    Seller.objects.filter(users=people["seller"]).update(is_active=False)

    lists = ["inventory_variant", "inventory_import", "orders_order", "orders_fulfillmentline"]
    pages = [client.get(reverse(f"admin:{name}_changelist")) for name in lists]
    answer = client.get("/api/v1/variants", headers=key)

    assert [len(page.context["cl"].result_list) for page in pages] == [0, 0, 0, 0]
    assert answer.json()["results"] == []
    assert client.get(f"/api/v1/variants/{world.skus[A]}", headers=key).status_code == 404


def test_the_next_request_of_a_deactivated_user_is_refused(people, world, visit, key_of):
    user = people["seller"]
    client, key = visit(user), key_of(user)
    type(user).objects.filter(pk=user.pk).update(is_active=False)
    user.refresh_from_db()

    assert client.get("/admin/").url.startswith("/admin/login/")
    assert client.get("/api/v1/variants", headers=key).status_code == 401
    assert visible(Variant.objects.all(), user).count() == 0


def test_a_seller_is_told_of_the_own_part_of_an_order(people, world, visit, key_of):
    order = Order.objects.get(customer_name="Mixed Customer")

    def told(person):
        answer = visit().get(f"/api/v1/orders/{order.pk}", headers=key_of(people[person])).json()
        notes = {hold["note"] for one in answer["fulfillment_orders"] for hold in one["holds"]}
        return answer["total"], len(answer["lines"]), answer["customer"]["email"], any(notes)

    assert told("operator") == ("22024.77", 3, "mixed@example.com", True)
    assert told("seller") == ("7341.59", 1, "", False)


def test_only_operators_see_the_switch(people, visit, key_of):
    switch = reverse("admin:inventory_storesettings_marketplace")
    for person in people:
        may = person in {"operator", "superuser"}
        page = visit(people[person]).get("/admin/")
        answer = visit().get("/api/v1/settings", headers=key_of(people[person]))

        assert (switch in page.content.decode()) is may, person
        assert ("sellers_can_accept_backorders" in answer.json()) is may, person


def test_a_job_of_another_is_not_stopped(people, world, visit):
    job = Job.objects.get(pk=world.pk(B, "inventory.job"))
    source = world.pk(B, "inventory.import")

    visit(people["seller"]).post(reverse("admin:inventory_import_cancel", args=[source]))
    job.refresh_from_db()
    assert not job.cancel_requested

    request_cancel(job)
    job.refresh_from_db()
    assert job.cancel_requested
