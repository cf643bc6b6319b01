"""Programs that ask at the same moment."""

import pytest

from inventory.models import Movement, Product, StockLevel, Variant

pytestmark = pytest.mark.race


def test_one_sku_is_made_once(together, api):
    body = {"sku": "mug", "product_title": "Mug"}

    answers = together(*[lambda: api.post("/variants", body)] * 5)

    assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422, 422]
    assert Variant.objects.count() == 1
    assert Product.objects.count() == 1


def test_one_title_is_one_product(together, api):
    answers = together(
        *(
            lambda sku=f"mug-{number}": api.post("/variants", {"sku": sku, "product_title": "Mug"})
            for number in range(5)
        )
    )

    assert [answer.status_code for answer in answers] == [201] * 5
    assert Product.objects.count() == 1
    assert Variant.objects.count() == 5


def test_one_warehouse_is_made_once(together, api):
    body = {"code": "paris", "name": "Paris"}

    answers = together(*[lambda: api.post("/warehouses", body)] * 4)

    assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422]


def test_no_receipt_is_lost(together, api):
    api.post("/variants", {"sku": "mug", "product_title": "Mug"})
    body = {"warehouse": "main", "lines": [{"sku": "mug", "quantity": 1}]}

    answers = together(*[lambda: api.post("/stock/receipts", body)] * 8)

    assert [answer.status_code for answer in answers] == [200] * 8
    assert StockLevel.objects.get().on_hand == 8
    assert Movement.objects.count() == 8


def test_units_are_transferred_once(together, api):
    api.post("/variants", {"sku": "mug", "product_title": "Mug"})
    api.post("/warehouses", {"code": "paris", "name": "Paris"})
    lines = [{"sku": "mug", "quantity": 5}]
    api.post("/stock/receipts", {"warehouse": "main", "lines": lines})
    body = {"source": "main", "target": "paris", "lines": lines}

    answers = together(*[lambda: api.post("/stock/transfers", body)] * 4)

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert sorted(StockLevel.objects.values_list("on_hand", flat=True)) == [0, 5]


def test_a_delivery_is_received_once(together, api):
    api.post("/variants", {"sku": "mug", "product_title": "Mug"})
    lines = [{"sku": "mug", "quantity": 5}]
    announced = {"warehouse": "main", "reference": "x", "expected_at": "2999-01-01", "lines": lines}
    made = api.post("/deliveries", announced).json()["id"]

    answers = together(*[lambda: api.post(f"/deliveries/{made}/receive")] * 4)

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert StockLevel.objects.get().on_hand == 5


def test_one_of_two_changes_with_one_version_wins(together, api):
    api.post("/variants", {"sku": "mug", "product_title": "Mug"})

    answers = together(
        *(
            lambda title=f"t{number}": api.patch("/variants/mug", {"title": title, "version": 1})
            for number in range(4)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert Variant.objects.get().version == 2


def test_a_bundle_and_its_components_are_locked_in_one_order(together, api):
    skus = ["cup", "saucer", "set"]
    for sku in skus:
        api.post("/variants", {"sku": sku, "product_title": sku})
    components = [{"sku": sku, "quantity": 1} for sku in skus[:2]]
    announcement = {
        "warehouse": "main",
        "reference": "7",
        "expected_at": "2999-01-01",
        "lines": [{"sku": sku, "quantity": 1} for sku in skus],
    }

    statuses = {
        answer.status_code
        for _round in range(8)
        for answer in together(
            *[lambda: api.patch("/variants/set", {"components": components})] * 4,
            *[lambda: api.post("/deliveries", announcement)] * 4,
        )
    }

    assert statuses <= {200, 201, 422}
