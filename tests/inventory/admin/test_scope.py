"""Who sees and does what: by role, and never across sellers."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from inventory.acts import Act
from inventory.models import Product, Seller, Variant
from inventory.services.catalog import set_components
from inventory.services.movements import StockLine

OK, NO = 200, 403
MATRIX = {
    # page: operator, seller, warehouse, viewer, staff without rights
    "index": (OK, OK, OK, OK, OK),
    "inventory_product_changelist": (OK, OK, OK, OK, NO),
    "inventory_product_add": (OK, NO, NO, NO, NO),
    "inventory_variant_changelist": (OK, OK, OK, OK, NO),
    "inventory_variant_low": (OK, OK, OK, OK, NO),
    "inventory_movement_changelist": (OK, OK, OK, OK, NO),
    "inventory_movement_add": (NO, NO, NO, NO, NO),
    "inventory_movement_receive": (OK, NO, OK, NO, NO),
    "inventory_movement_correct": (OK, NO, OK, NO, NO),
    "inventory_movement_transfer": (OK, NO, OK, NO, NO),
    "inventory_movement_count": (OK, NO, OK, NO, NO),
    "inventory_incomingdelivery_changelist": (OK, OK, OK, OK, NO),
    "inventory_incomingdelivery_add": (OK, NO, OK, NO, NO),
    "inventory_warehouse_changelist": (OK, OK, OK, OK, NO),
    "inventory_warehouse_add": (OK, NO, NO, NO, NO),
    "inventory_seller_changelist": (OK, NO, NO, OK, NO),
    "inventory_seller_add": (OK, NO, NO, NO, NO),
    "inventory_deliverytimeframe_changelist": (OK, NO, NO, OK, NO),
    "inventory_storesettings_changelist": (OK, NO, NO, OK, NO),
    "inventory_storesettings_marketplace": (OK, NO, NO, NO, NO),
    "backoffice_apitoken_changelist": (NO, NO, NO, NO, NO),
    "backoffice_apitoken_add": (NO, NO, NO, NO, NO),
    "auth_user_changelist": (NO, NO, NO, NO, NO),
    "auth_user_add": (NO, NO, NO, NO, NO),
    "auth_group_changelist": (NO, NO, NO, NO, NO),
}


@pytest.mark.parametrize(
    ("position", "role"), list(enumerate(["operator", "seller", "warehouse", "viewer", None]))
)
def test_pages_open_by_role(client, make_user, position, role):
    user = make_user("nina", role)
    if role == "seller":
        Seller.objects.create(code="nina", name="Nina").users.add(user)
    client.force_login(user)

    answers = {name: client.get(reverse(f"admin:{name}")).status_code for name in MATRIX}

    assert answers == {name: row[position] for name, row in MATRIX.items()}


@pytest.fixture
def annas_desk(client, anna, annas, berts, announce):
    announce((annas, 1), (berts, 2), reference="SHARED")
    announce((berts, 2), reference="CANARY delivery")
    client.force_login(anna)
    return client


@pytest.mark.parametrize(
    "address",
    [
        "/admin/",
        "/admin/inventory/product/",
        "/admin/inventory/product/?q=CANARY+Bike",
        "/admin/inventory/product/?seller=store",
        "/admin/inventory/variant/",
        "/admin/inventory/variant/?stock=none",
        "/admin/inventory/variant/low/",
        "/admin/inventory/movement/",
        "/admin/inventory/incomingdelivery/",
        "/admin/inventory/incomingdelivery/?q=CANARY-1",
    ],
)
def test_a_seller_reads_nothing_of_another(annas_desk, berts, main, receive, address):
    receive(berts, main, 5)

    answer = annas_desk.get(address)

    assert answer.status_code == 200
    assert "CANARY" not in answer.content.decode().replace("q=CANARY", "").replace(
        'value="CANARY', ""
    )


def test_anothers_filter_gives_only_own_rows(annas_desk, berts):
    address = f"/admin/inventory/variant/?seller={berts.product.seller_id}"

    rows = annas_desk.get(address).context["cl"].result_list

    assert [row.sku for row in rows] == ["anna-1"]


@pytest.mark.parametrize("part", ["change", "delete", "history"])
def test_anothers_rows_answer_like_missing_ones(annas_desk, berts, part):
    def answer(model, pk):
        response = annas_desk.get(reverse(f"admin:inventory_{model}_{part}", args=[pk]))
        return response.status_code

    assert answer("variant", berts.pk) == answer("variant", 999_999)
    assert answer("product", berts.product_id) == answer("product", 999_999)
    assert answer("variant", berts.pk) != 200


def test_anothers_rows_are_not_changed(annas_desk, berts):
    for model, pk in (("variant", berts.pk), ("product", berts.product_id)):
        address = reverse(f"admin:inventory_{model}_change", args=[pk])
        assert (
            annas_desk.post(address, {"title": "Mine", "sku": "mine", "version": 1}).status_code
            == 404
        )

    assert Product.objects.get(pk=berts.product_id).title == "CANARY Bike"


def test_a_seller_cannot_give_a_product_away_or_take_the_stores(annas_desk, annas, berts, filled):
    address = reverse("admin:inventory_product_change", args=[annas.product_id])
    opened = annas_desk.get(address)
    assert "CANARY" not in opened.content.decode()

    for seller in (berts.product.seller_id, ""):
        answer = annas_desk.post(address, filled(opened, seller=seller))
        assert list(answer.context["form"].errors) == ["seller"]

    assert Product.objects.get(pk=annas.product_id).seller.code == "anna"


def test_a_seller_saves_own_products_and_variants(annas_desk, annas, filled):
    address = reverse("admin:inventory_variant_change", args=[annas.pk])

    answer = annas_desk.post(address, filled(annas_desk.get(address), backorders="allow"))

    assert answer.status_code == 302
    assert Variant.objects.get(pk=annas.pk).backorders == "allow"


def test_anothers_variant_is_no_component(annas_desk, annas, berts, filled):
    address = reverse("admin:inventory_variant_change", args=[annas.pk])
    data = filled(
        annas_desk.get(address), components__0__code="CANARY-1", components__0__quantity="1"
    )

    answer = annas_desk.post(address, data)

    assert answer.context["forms"].components.forms[0].errors == {
        "code": ["No variant has this SKU or EAN."]
    }
    assert annas.components.count() == 0


def test_what_keeps_a_row_is_counted_not_named_to_a_seller(client, anna, annas, berts, roles):
    set_components(act=Act.now(), bundle=berts, lines=[StockLine(annas, 1)])
    anna.groups.add(roles["operator"])
    client.force_login(anna)

    answer = client.get(reverse("admin:inventory_variant_delete", args=[annas.pk]))

    assert "1 thing that refers to it" in answer.content.decode()
    assert "CANARY" not in answer.content.decode()


def test_a_product_with_variants_is_kept_and_the_reason_named(desk, mug):
    address = reverse("admin:inventory_product_delete", args=[mug.product_id])

    assert "mug" in desk.get(address).content.decode()
    assert desk.post(address, {"post": "yes"}).status_code == 403 or Product.objects.exists()
    assert (Product.objects.count(), Variant.objects.count()) == (1, 1)


def test_a_suspended_sellers_user_sees_nothing(annas_desk, anna):
    anna.sellers.update(is_active=False)

    assert len(annas_desk.get("/admin/inventory/variant/").context["cl"].result_list) == 0


def test_whoever_may_change_users_cannot_become_superuser(client, make_user):
    from django.contrib.auth.models import Permission

    user = make_user("eva")
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="auth"))
    client.force_login(user)

    address = reverse("admin:auth_user_change", args=[user.pk])
    assert client.get(address).status_code == 403
    assert client.post(address, {"username": "eva", "is_superuser": "on"}).status_code == 403
    assert User.objects.filter(is_superuser=True).count() == 0


def test_an_operator_does_not_decide_who_acts_for_a_seller(desk, operator, anna):
    seller = anna.sellers.get()

    desk.post(
        reverse("admin:inventory_seller_change", args=[seller.pk]),
        {"name": "Anna", "code": "anna", "is_active": "on", "users": [operator.pk]},
    )

    assert list(seller.users.all()) == [anna]
