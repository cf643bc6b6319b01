"""Channels and listings through the API: setup, editing, publishing, and what may be sold."""

import pytest

from channels.models import Channel
from inventory.models import Job
from inventory.tasks import run_job
from tests.inventory.api.conftest import fields_at_fault

ON = {"allow_out_of_stock_purchases": True}


@pytest.fixture
def mug(api):
    return api.post("/variants", {"sku": "mug", "product_title": "Mug", "backorders": "allow"})


def publish(api, body, channel="storefront", do="publish"):
    """Start the job, let the worker do it, and return what is said of it."""
    response = api.post(f"/channels/{channel}/{do}", body)
    assert response.status_code == 201, response.content
    job = response.json()["job"]
    run_job.call(job_id=job)
    return api.get(f"/jobs/{job}").json()


def offer(api, channel="storefront"):
    row = api.get(f"/availability?sku=mug&channel={channel}").json()["results"][0]
    return row["salable"], row["state"], row["decided_by"]


def test_a_switch_and_a_listing_mean_nothing_until_they_are_published(api, mug):
    assert offer(api) == (0, "out_of_stock", "listing")
    assert publish(api, {"skus": ["mug"]})["status"] == "done"
    assert offer(api) == (0, "out_of_stock", "channel")

    api.patch("/channels/storefront", ON)
    assert offer(api) == (0, "out_of_stock", "channel")
    assert api.get("/channels/storefront/listings/mug").json()["status"] == "changed"
    publish(api, {"skus": ["mug"]})
    assert offer(api) == (None, "on_backorder", "variant")

    api.patch("/channels/storefront/listings/mug", {"allow_backorder": False})
    assert offer(api) == (None, "on_backorder", "variant")
    publish(api, {"skus": ["mug"]})
    assert offer(api) == (0, "out_of_stock", "listing")


def test_a_channel_that_publishes_automatically_follows_at_once(api, mug):
    api.patch("/channels/storefront", {**ON, "publish_automatically": True})
    publish(api, {"skus": ["mug"]})

    api.patch("/channels/storefront/listings/mug", {"allow_backorder": False})

    assert offer(api) == (0, "out_of_stock", "listing")


def test_only_warehouses_of_the_channel_count(api, mug):
    for code in ("berlin", "paris"):
        api.post("/warehouses", {"code": code, "name": code})
    line = {"sku": "mug", "quantity": 5}
    api.post("/stock/receipts", {"warehouse": "berlin", "reference": "1", "lines": [line]})
    publish(api, {"skus": ["mug"]})
    assert offer(api) == (5, "in_stock", "channel")

    api.patch("/channels/storefront", {"warehouses": ["paris"]})

    assert offer(api)[0] == 0
    assert api.get("/channels/storefront").json()["warehouses"] == ["paris"]


def test_why_names_the_channel_and_the_listing(api, mug):
    def failing():
        why = api.get("/availability/mug/why?channel=storefront").json()
        check = why["checks"][why["first_failing"]]
        return check["level"], check["rule"]

    assert failing() == ("listing", "status")
    publish(api, {"skus": ["mug"]})
    assert failing() == ("channel", "allow_out_of_stock_purchases")


@pytest.mark.parametrize("allow", [None, True, False])
def test_publishing_all_that_match(api, mug, allow):
    api.post("/variants", {"sku": "bowl", "product_title": "Bowl"})
    api.patch("/channels/storefront", ON)

    job = publish(api, {"filter": {"q": "mug"}, "allow_backorder": allow})

    assert (job["status"], job["done"], job["total"], job["errors"]) == ("done", 1, 1, [])
    rows = api.get("/channels/storefront/listings?status=listed").json()["results"]
    assert [(row["sku"], row["published_allow_backorder"]) for row in rows] == [
        ("mug", allow is not False)
    ]


@pytest.mark.parametrize("body", [{"skus": ["mug", "bowl"]}, {"filter": {}}])
def test_unlisting_takes_off_what_is_listed_and_leaves_the_rest(api, mug, body):
    api.post("/variants", {"sku": "bowl", "product_title": "Bowl"})
    publish(api, {"skus": ["mug"]})

    job = publish(api, body, do="unlist")

    assert (job["status"], job["done"], job["total"], job["errors"]) == ("done", 1, 1, [])
    row = api.get("/channels/storefront/listings/mug").json()
    assert (row["status"], row["published_price"], row["is_leaving"]) == ("unlisted", None, False)
    assert offer(api)[2] == "listing"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "skus"),
        ({"skus": ["mug"], "filter": {}}, "skus"),
        ({"filter": {"nope": "1"}}, "filter"),
        ({"skus": ["mug"], "allow_backorder": False}, "allow_backorder"),
    ],
)
def test_what_cannot_be_unlisted_starts_no_job(api, mug, body, field):
    response = api.post("/channels/storefront/unlist", body)

    assert (response.status_code, fields_at_fault(response)) == (422, [field])
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({**ON, "processing_mode": "load_from_channel"}, "processing_mode"),
        ({**ON, "capture_when": "shipped"}, "capture_when"),
        ({"capture_when": "later"}, "capture_when"),
        ({"warehouses": ["nowhere"]}, "warehouses"),
        ({"slug": "other"}, "slug"),
        ({"sealed_key": "x"}, "sealed_key"),
        ({"address": "http://127.0.0.1:5432"}, "address"),
        ({"address": "file:///etc/passwd"}, "address"),
    ],
)
def test_a_setup_that_makes_no_sense_is_refused_by_field(api, changes, field):
    response = api.patch("/channels/storefront", changes)

    assert (response.status_code, fields_at_fault(response)) == (422, [field])
    assert not Channel.objects.get(slug="storefront").allow_out_of_stock_purchases


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "skus"),
        ({"skus": ["mug"], "filter": {}}, "skus"),
        ({"skus": []}, "skus"),
        ({"filter": {"nope": "1"}}, "filter"),
        ({"filter": {"status": "gone"}}, "filter"),
        ({"skus": ["mug"], "allow_backorder": True}, "allow_backorder"),
        ({"skus": ["mug"], "allow_backorder": "yes"}, "allow_backorder"),
    ],
)
def test_what_cannot_be_published_starts_no_job(api, mug, body, field):
    response = api.post("/channels/storefront/publish", body)

    assert (response.status_code, fields_at_fault(response)) == (422, [field])
    assert not Job.objects.exists()


def test_direct_has_no_listings(api, mug):
    assert api.get("/channels/direct/listings").json()["results"] == []
    for do in ("publish", "unlist"):
        assert api.post(f"/channels/direct/{do}", {"filter": {}}).status_code == 409


def test_allow_backorder_changes_only_while_the_channel_allows(api, mug):
    path = "/channels/storefront/listings/mug"
    response = api.patch(path, {"allow_backorder": False})
    assert (response.status_code, fields_at_fault(response)) == (422, ["allow_backorder"])

    api.patch("/channels/storefront", ON)
    assert api.patch(path, {"allow_backorder": False}).json()["allow_backorder"] is False


def test_a_new_channel_lists_what_there_is_and_answers_no_secret(api, mug):
    body = {"slug": "outlet", "name": "Outlet", "key": "ck_1", "secret": "s3cr3t", **ON}

    made = api.post("/channels", body)

    assert made.status_code == 201
    assert b"s3cr3t" not in made.content
    assert b"ck_1" not in made.content
    rows = api.get("/channels/outlet/listings").json()["results"]
    assert [(row["sku"], row["status"], row["allow_backorder"]) for row in rows] == [
        ("mug", "unlisted", True)
    ]
    assert "s3cr3t" not in Channel.objects.get(slug="outlet").sealed_secret
    assert api.post("/channels", body).status_code == 422


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/channels/nope"),
        ("PATCH", "/channels/nope"),
        ("GET", "/channels/nope/listings"),
        ("POST", "/channels/nope/publish"),
        ("POST", "/channels/nope/unlist"),
        ("GET", "/channels/storefront/listings/nope"),
        ("PATCH", "/channels/storefront/listings/nope"),
        ("GET", "/jobs/99"),
    ],
)
def test_what_is_not_there_is_404(api, method, path):
    assert api.send(method, path, None if method == "GET" else {}).status_code == 404


@pytest.mark.parametrize("order", ["storefront", "direct"])
def test_orders_of_a_channel_keep_to_what_it_has_published(api, mug, order):
    body = {
        "channel": order,
        "customer": {"name": "Ann", "email": "ann@example.com"},
        "lines": [{"sku": "mug", "quantity": 2, "unit_price": "5.00"}],
    }

    response = api.post("/orders", body)

    if order == "direct":
        assert response.status_code == 201
    else:
        assert response.status_code == 409
        assert response.json()["errors"][0]["rule"] == "listing.status"


@pytest.mark.parametrize("path", ["/channels/storefront", "/channels/storefront/listings/mug"])
def test_a_change_over_a_newer_version_is_refused(api, mug, path):
    seen = api.get(path).json()["version"]
    changes = {"price": "9.00"} if "listings" in path else {"name": "Shop"}
    assert api.patch(path, {**changes, "version": seen}).status_code == 200

    assert api.patch(path, {**changes, "version": seen}).status_code == 409
