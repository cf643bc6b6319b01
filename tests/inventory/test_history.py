"""History: every change says who, when and from where, and secrets never."""

import json

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from channels.models import Channel
from channels.services.channels import create_channel, update_channel
from inventory.acts import Act
from inventory.errors import InvalidChange
from inventory.models import ChangeSetRow, Product, Variant
from inventory.services.assortment import take_up_variant
from inventory.services.catalog import create_product, set_components, update_product
from inventory.services.movements import StockLine
from inventory.services.warehouses import create_warehouse, update_warehouse
from tests.inventory.api.conftest import Api


def last(model):
    """Return what was recorded last of a model: its sides, without what is not said."""
    row = ChangeSetRow.objects.filter(model=model).latest("pk")
    return row.before, row.after


def test_what_is_made_says_what_it_starts_as(product, mug):
    before, after = last("product")
    assert (before, after["title"], after["slug"]) == (None, "Enamel Mug", "enamel-mug")
    before, after = last("variant")
    assert (before, after["sku"], after["product"]) == (None, "mug", product.pk)
    assert not {"id", "version", "created_at"} & after.keys()


def test_a_page_is_one_change_set(db):
    before = set(ChangeSetRow.objects.values_list("change_set", flat=True))

    take_up_variant(act=Act.now(), product_title="Pan", seller=None, fields={"sku": "pan"})

    rows = ChangeSetRow.objects.exclude(change_set__in=before)
    assert {row.model for row in rows} == {"product", "variant"}
    assert len({row.change_set_id for row in rows}) == 1
    assert {row.change_set.label for row in rows} == {"pan"}


def test_components_are_said_in_words(make_variant):
    mug, lid, kit = make_variant("mug"), make_variant("lid"), make_variant("kit")

    for _twice in range(2):
        set_components(act=Act.now(), bundle=kit, lines=[StockLine(mug, 2), StockLine(lid, 1)])

    assert last("variant") == ({"components": ""}, {"components": "1 × lid, 2 × mug"})
    assert ChangeSetRow.objects.filter(model="variant", object_id=kit.pk).count() == 2


def test_warehouses_are_recorded(db):
    place = create_warehouse(act=Act.now(), code="depot", name="Depot")
    assert last("warehouse")[1]["code"] == "depot"

    update_warehouse(act=Act.now(), warehouse=place, changes={"name": "Depot 1", "is_active": True})

    assert last("warehouse") == ({"name": "Depot"}, {"name": "Depot 1"})


def test_of_a_secret_only_that_it_changed(db, berlin):
    shop = create_channel(
        act=Act.now(), slug="woo", name="Woo", connector="woocommerce", key="CANARY-1"
    )
    assert last("channel")[1]["key"] == "changed"

    update_channel(
        act=Act.now(),
        channel=shop,
        changes={"secret": "CANARY-2", "name": "Shop", "warehouses": [berlin], "is_active": True},
    )

    assert last("channel") == (
        {"secret": None, "name": "Woo", "warehouses": []},
        {"secret": "changed", "name": "Shop", "warehouses": ["berlin"]},
    )
    kept = json.dumps(list(ChangeSetRow.objects.values_list("before", "after")))
    assert "CANARY" not in kept
    assert Channel.objects.get(pk=shop.pk).sealed_secret not in kept


def test_who_and_from_where(product, operator, make_user):
    act = Act(timezone.now(), source="command", user_id=operator.pk)
    update_product(act=act, product=product, changes={"brand": "Oranje"})
    one = ChangeSetRow.objects.latest("pk").change_set
    assert (one.by, one.source, one.kind) == (operator, "command", "edit")

    answer = Api(operator).post("/variants", {"product_title": "Pan", "sku": "pan"})
    assert answer.status_code == 201, answer.content
    other = ChangeSetRow.objects.latest("pk").change_set
    assert (other.by, other.source) == (operator, "api")


@pytest.mark.parametrize("model", ["seller", "deliverytimeframe", "user", "group", "warehouse"])
def test_plain_forms_are_recorded(admin_client, admin_user, db, model):
    app = "auth" if model in {"user", "group"} else "inventory"
    made = {
        "seller": {"name": "Anna", "code": "anna", "users": [admin_user.pk]},
        "deliverytimeframe": {"name": "Fast"},
        "user": {
            "username": "piet",
            "password1": "CANARY-pw-1",
            "password2": "CANARY-pw-1",
            "usable_password": "true",
        },
        "group": {"name": "night"},
        "warehouse": {"name": "Depot", "code": "depot", "priority": 3},
    }[model]

    answer = admin_client.post(f"/admin/{app}/{model}/add/", made)

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    row = ChangeSetRow.objects.filter(model=model).latest("pk")
    assert (row.before, row.change_set.by, row.change_set.source) == (None, admin_user, "page")
    assert "CANARY" not in json.dumps(row.after)
    assert not LogEntry.objects.exists()  # the history has it
    if model == "seller":
        assert row.after["users"] == ["admin"]
        form = {"name": "Anne", "code": "anna"}
        admin_client.post(f"/admin/inventory/seller/{row.object_id}/change/", form)
        before, after = last("seller")
        assert (before["name"], before["users"]) == ("Anna", ["admin"])
        assert (after["name"], after["users"]) == ("Anne", [])
    if model == "user":
        assert row.after["password"] == "changed"


def test_a_new_password_is_recorded_and_never_said(admin_client, operator):
    form = {"password1": "CANARY-pw-9", "password2": "CANARY-pw-9", "usable_password": "true"}

    answer = admin_client.post(f"/admin/auth/user/{operator.pk}/password/", form)

    assert answer.status_code == 302
    assert last("user") == ({"password": None}, {"password": "changed"})
    page = admin_client.get(f"/admin/auth/user/{operator.pk}/history/").content.decode()
    assert "Password" in page
    assert "CANARY" not in page


def test_a_deletion_is_recorded_with_what_it_was(admin_client, mug):
    address = f"/admin/inventory/variant/{mug.pk}/delete/"

    admin_client.post(address, {"post": "yes"})

    assert not Variant.objects.exists()
    before, after = last("variant")
    assert (before["sku"], after) == ("mug", None)


def test_nothing_recorded_of_what_was_refused(db):
    before = ChangeSetRow.objects.count()
    with pytest.raises(InvalidChange):
        create_product(act=Act.now(), title="a\x00b")
    assert (ChangeSetRow.objects.count(), Product.objects.count()) == (before, 0)
