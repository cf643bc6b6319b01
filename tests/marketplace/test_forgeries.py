"""Seller A sends the keys of seller B's rows, wherever a form or a body takes a key."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse

from inventory.admin.once import new_token
from inventory.models import ChangeSet, Import, Product, Seller, Variant
from inventory.models.visibility import OWNER_PATHS
from tests.marketplace.addresses import routes
from tests.marketplace.world import MISSING, STORE, A, B, picture

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture(autouse=True)
def _jobs_run_at_once(settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}


def forged(world, user, owner):
    """Return a form that names rows of an owner in every field that takes a key or a SKU."""
    kept = world.rows[owner]
    variant, sku = world.variants[owner][0], world.skus[owner]
    return {
        "form_token": new_token(user),
        "version": "1",
        "seller": world.sellers[owner].pk if owner in world.sellers else "",
        "product": variant.product_id,
        "variant": kept["inventory.variant"],
        "_selected_action": kept["inventory.variant"],
        "select_across": "1",
        "mode": "page",
        "item": kept["channels.listing"],
        "listing": kept["channels.listing"][0],
        "then": "publish",
        "all": "1",
        "line": kept["orders.fulfillmentline"],
        "parcel": kept["orders.fulfillmentorder"],
        "hold_id": kept["orders.hold"][0],
        "do": "cancel",
        "sure": "1",
        "buy": kept["inventory.variant"],
        f"buy-{variant.pk}-quantity": "3",
        "of_delivery": kept["inventory.incomingdelivery"][0],
        "warehouse": world.main.pk,
        "reference": "R",
        "reason": "R",
        "expected_at": "2999-01-01",
        "lines-TOTAL_FORMS": "1",
        "lines-INITIAL_FORMS": "0",
        "lines-0-code": sku,
        "lines-0-quantity": "1",
        "customer_name": "Eve",
    }


def test_no_form_reaches_the_rows_of_another(world, able, visit):
    client = visit(able)
    pages = [one for one in routes() if not one.is_api and one.name not in {"logout", "login"}]
    for owner in (B, STORE):
        before = picture(world, owner)
        for address in {one.address(world, whose) for one in pages for whose in (owner, A)}:
            with transaction.atomic():
                status = client.post(address, forged(world, able, owner)).status_code
                assert status < 500, address
                assert picture(world, owner) == before, address
                transaction.set_rollback(True)


def test_no_body_reaches_the_rows_of_another(world, able, visit, key_of):
    client, key = visit(), key_of(able)
    sku = world.skus[B]
    body = {
        "channel": "direct",
        "customer": {"name": "Eve", "email": ""},
        "lines": [{"sku": sku, "quantity": 1}],
        "warehouse": "main",
        "reference": "R",
        "reason": "R",
        "skus": [sku],
    }
    before = picture(world, B)
    for route in (one for one in routes() if one.is_api):
        for verb in ("post", "patch", "delete"):
            for sent in ({}, body):
                for whose in (A, B):
                    address = route.address(world, whose)
                    with transaction.atomic():
                        answer = getattr(client, verb)(
                            address, sent, content_type="application/json", headers=key
                        )
                        assert answer.status_code < 500, address
                        assert picture(world, B) == before, address
                        transaction.set_rollback(True)


def test_the_same_form_reaches_own_rows(world, able, visit):
    """The forms above are good ones: with own keys they do something."""
    client, before = visit(able), picture(world, A)
    bulk = reverse("admin:channels_channel_publish", args=[world.storefront.pk])

    client.post(bulk, forged(world, able, A))

    assert picture(world, A) != before


def test_a_file_changes_own_variants_alone(
    world, people, visit, django_capture_on_commit_callbacks
):
    client, before = visit(people["seller"]), picture(world, B)
    rows = [("SKU", "Stock_Disable_Sold_Out"), (world.skus[B], "Y"), (world.skus[A], "Y")]
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    file = SimpleUploadedFile("mine.csv", text.getvalue().encode())
    form = {"file": file, "kind": "variants", "mode": "update"}
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("admin:inventory_import_add"), form)
    source = Import.objects.latest("pk")
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("admin:inventory_import_apply", args=[source.pk]))
    unknown = source.import_rows.get(key=world.skus[B])

    assert picture(world, B) == before
    assert (unknown.outcome, source.import_rows.count()) == ("error", 2)
    assert Variant.objects.get(sku=world.skus[A]).backorders == "no"
    assert unknown.variant_id is None


def test_a_product_cannot_be_added_for_another(world, able, visit):
    client = visit(able)
    theirs = world.sellers[B]
    page = client.get(reverse("admin:inventory_product_add"))

    client.post(
        reverse("admin:inventory_product_add"),
        {"title": "Planted", "seller": theirs.pk, "backorders": "inherit", "version": "0"},
    )

    assert theirs.name not in page.content.decode()
    assert not Product.objects.filter(title="Planted", seller=theirs).exists()
    assert Seller.objects.get(pk=theirs.pk).products.count() == 1


def test_work_of_others_is_not_there(world, people, visit):
    """Each model of work that somebody began has the user in it, so that it is kept apart."""
    assert {label for label in OWNER_PATHS if world.rows[B].get(label)} >= {
        "inventory.import",
        "inventory.job",
        "inventory.changeset",
        "inventory.bulkedit",
        "channels.bulklisting",
        "backoffice.apitoken",
    }
    assert ChangeSet.objects.filter(by=people["rival"]).exists()
    assert Variant.objects.filter(pk=MISSING).count() == 0
