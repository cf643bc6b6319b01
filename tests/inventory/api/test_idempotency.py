"""The same key, once: sequentially and at the same moment."""

from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.models import IdempotencyKey, Movement, Variant
from inventory.services.once import forget_old_keys
from tests.inventory.api.conftest import Api

KEY = {"idempotency-key": "k-1"}
RECEIPT = {"warehouse": "main", "reference": "R", "lines": [{"sku": "mug", "quantity": 5}]}


@pytest.fixture
def mug(api):
    api.post("/variants", {"sku": "mug", "product_title": "Mug"})


def test_a_receipt_sent_again_is_answered_and_not_booked_again(api, mug):
    first = api.post("/stock/receipts", RECEIPT, headers=KEY)
    again = api.post("/stock/receipts", RECEIPT, headers=KEY)
    without = api.post("/stock/receipts", RECEIPT)

    assert [r.status_code for r in (first, again, without)] == [200, 200, 200]
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert Movement.objects.count() == 2


def test_a_replay_keeps_status_and_location(api):
    body = {"sku": "a", "product_title": "A"}

    first = api.post("/variants", body, headers=KEY)
    again = api.post("/variants", body, headers=KEY)

    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Location"] == "/api/v1/variants/a"


def test_the_order_of_members_does_not_matter(api, mug):
    api.post("/stock/receipts", RECEIPT, headers=KEY)
    turned = dict(reversed(RECEIPT.items()))
    assert api.post("/stock/receipts", turned, headers=KEY).status_code == 200
    assert Movement.objects.count() == 1


@pytest.mark.parametrize("what", ["body", "address"])
def test_the_same_key_with_another_request_is_refused(api, mug, what):
    api.post("/stock/receipts", RECEIPT, headers=KEY)

    if what == "body":
        other = api.post("/stock/receipts", {**RECEIPT, "reference": "S"}, headers=KEY)
    else:
        other = api.post("/variants", {"sku": "b", "product_title": "B"}, headers=KEY)

    assert other.status_code == 409
    assert other.json()["type"] == "urn:backoffice:problem:key-reused"
    assert Movement.objects.count() == 1
    assert not Variant.objects.filter(sku="b").exists()


def test_a_refused_request_may_be_mended_and_sent_again(api, mug):
    bad = {**RECEIPT, "lines": [{"sku": "gone", "quantity": 5}]}

    assert api.post("/stock/receipts", bad, headers=KEY).status_code == 422
    assert not IdempotencyKey.objects.exists()
    assert api.post("/stock/receipts", RECEIPT, headers=KEY).status_code == 200
    assert Movement.objects.count() == 1


def test_keys_of_two_users_do_not_meet(api, mug, make_user):
    other = Api(make_user("wim", "warehouse"))

    api.post("/stock/receipts", RECEIPT, headers=KEY)
    answer = other.post("/stock/receipts", RECEIPT, headers=KEY)

    assert "Idempotency-Replayed" not in answer.headers
    assert Movement.objects.count() == 2


def test_a_right_that_was_taken_away_is_not_replayed(api, mug, operator):
    api.post("/stock/receipts", RECEIPT, headers=KEY)
    operator.groups.clear()

    assert api.post("/stock/receipts", RECEIPT, headers=KEY).status_code == 403


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "ü"])
def test_a_bad_key_is_refused(api, mug, key):
    response = api.post("/stock/receipts", RECEIPT, headers={"idempotency-key": key})

    assert response.status_code == 400
    assert not Movement.objects.exists()


def test_old_keys_are_forgotten(api, mug):
    api.post("/stock/receipts", RECEIPT, headers=KEY)

    forget_old_keys(at=timezone.now() + timedelta(days=6))
    assert IdempotencyKey.objects.count() == 1
    forget_old_keys(at=timezone.now() + timedelta(days=8))
    assert IdempotencyKey.objects.count() == 0


@pytest.mark.race
def test_the_same_key_at_the_same_moment_has_one_effect(together, api, mug):
    answers = together(*[lambda: api.post("/stock/receipts", RECEIPT, headers=KEY)] * 6)

    assert [answer.status_code for answer in answers] == [200] * 6
    assert len([a for a in answers if "Idempotency-Replayed" not in a.headers]) == 1
    assert Movement.objects.count() == 1
