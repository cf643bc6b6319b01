"""Editing many variants by one request."""

import pytest

from inventory.models import BulkEdit, StockLevel, Variant
from tests.inventory.api.conftest import Api, fields_at_fault


@pytest.fixture
def three(make_variant):
    return [make_variant(sku, track_inventory=sku != "c") for sku in "abc"]


def test_a_few_are_edited_at_once_and_reported(api, three):
    body = {
        "skus": ["a", "b", "c"],
        "changes": {
            "backorders": "notify",
            "notify_below": 1,
            "stock": [{"warehouse": "main", "backorder_threshold": 5}],
        },
    }

    answer = api.post("/bulk-edits", body)

    report = answer.json()
    assert answer.status_code == 201, report
    assert {name: report[name] for name in ("changed", "unchanged", "refused", "skipped")} == {
        "changed": 2,
        "unchanged": 0,
        "refused": 1,
        "skipped": 0,
    }
    assert [error["sku"] for error in report["errors"]] == ["c"]
    assert report["change_set"] == BulkEdit.objects.get().change_set_id
    assert dict(Variant.objects.values_list("sku", "backorders")) == {
        "a": "notify",
        "b": "notify",
        "c": "inherit",
    }
    assert set(StockLevel.objects.values_list("variant__sku", "backorder_threshold")) == {
        ("a", 5),
        ("b", 5),
    }


def test_many_are_a_job(api, three, monkeypatch):
    monkeypatch.setattr("inventory.services.bulk_edit.AT_ONCE", 1)
    body = {"filter": {"track_inventory": "true"}, "changes": {"backorders": "allow"}}

    answer = api.post("/bulk-edits", body)

    edit = BulkEdit.objects.get()
    assert (answer.status_code, answer.json()) == (201, {"job": edit.job_id})
    assert (edit.job.kind, edit.total) == ("run_bulk_edit", 2)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"changes": {"notify_below": 1}}, ["skus"]),
        ({"skus": ["a"], "filter": {}, "changes": {"notify_below": 1}}, ["skus"]),
        ({"skus": [], "changes": {"notify_below": 1}}, ["skus"]),
        ({"skus": ["a", "nowhere"], "changes": {"notify_below": 1}}, ["skus[1]"]),
        ({"skus": ["a"], "changes": {}}, ["changes"]),
        ({"skus": ["a"], "changes": {"title": "x"}}, ["changes.title"]),
        ({"skus": ["a"], "changes": {"notify_below": -1}}, ["changes.notify_below"]),
        ({"skus": ["a"], "changes": {"delivery_timeframe": "x"}}, ["delivery_timeframe"]),
        (
            {"skus": ["a"], "changes": {"stock": [{"warehouse": "x", "in_stock": True}]}},
            ["changes.stock[0].warehouse"],
        ),
        ({"filter": {"color": "red"}, "changes": {"notify_below": 1}}, ["filter"]),
        ({"filter": {"low": "maybe"}, "changes": {"notify_below": 1}}, ["filter.low"]),
        ({"filter": {"sku": "nowhere"}, "changes": {"notify_below": 1}}, ["filter"]),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(api, three, body, fields):
    answer = api.post("/bulk-edits", body)

    assert answer.status_code == 422, answer.json()
    assert fields_at_fault(answer) == fields
    assert not Variant.objects.filter(version__gt=1).exists()


def test_a_seller_edits_own_variants_alone(anna, vase, bike):
    api, changes = Api(anna), {"notify_below": 9}

    foreign = api.post("/bulk-edits", {"skus": ["vase", "bike"], "changes": changes})
    everything = api.post("/bulk-edits", {"filter": {}, "changes": changes})

    assert foreign.status_code == 422
    assert everything.json()["changed"] == 1
    assert list(Variant.objects.filter(notify_below=9)) == [vase]
