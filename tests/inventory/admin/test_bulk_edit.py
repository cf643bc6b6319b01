"""Seed 001, "Bulk action": the chosen variants are edited alike or one by one, all or none."""

import pytest
from django.urls import reverse

from inventory.models import ChangeSet, Variant
from inventory.services.catalog import update_variant


@pytest.fixture
def three(make_variant):
    return [make_variant(sku, track_inventory=False) for sku in ("a", "b", "c")]


@pytest.fixture
def edit(desk):
    """Return a way to take a step."""

    def step(variants, **data):
        chosen = {"variant": [variant.pk for variant in variants]}
        return desk.post(reverse("admin:inventory_variant_bulk_edit"), chosen | data)

    return step


def saved(variants, same, *, version=1, **switches):
    versions = {f"of-{variant.pk}-version": version for variant in variants}
    return {"step": "save", "inventory": "on", "same": same, **versions, **switches}


def test_the_steps_ask_what_and_how(edit, three):
    first = edit(three)
    unticked = edit(three, step="values", same="yes")
    alike = edit(three, step="values", inventory="on", same="yes")
    each = edit(three, step="values", inventory="on", same="no")

    assert [v.sku for v in first.context["variants"]] == ["a", "b", "c"]
    assert list(unticked.context["choice"].errors) == ["inventory"]
    assert alike.context["values"] is not None
    assert [variant.sku for variant, _form in each.context["rows"]] == ["a", "b", "c"]


def test_all_alike_is_one_change_set(edit, three):
    switches = {"all-track_inventory": "on", "all-allow_backorders": "on"}

    assert edit(three, **saved(three, "yes", **switches)).status_code == 302

    assert (
        list(Variant.objects.values_list("track_inventory", "backorders")) == [(True, "allow")] * 3
    )
    rows = ChangeSet.objects.get(kind="bulk_edit").rows.order_by("label")
    row = rows[0]
    assert (rows.count(), row.label, row.before, row.after, row.version) == (
        3,
        "a",
        {"track_inventory": False, "backorders": "inherit"},
        {"track_inventory": True, "backorders": "allow"},
        2,
    )


def test_each_its_own(edit, three):
    a, b, _c = three
    switches = {
        f"variant-{a.pk}-track_inventory": "on",
        f"variant-{a.pk}-allow_backorders": "on",
        f"variant-{b.pk}-track_inventory": "on",
    }

    edit(three, **saved(three, "no", **switches))

    assert list(Variant.objects.order_by("sku").values_list("track_inventory", "backorders")) == [
        (True, "allow"),
        (True, "inherit"),
        (False, "inherit"),
    ]


def test_backorders_without_tracking_refuse_all_of_it(edit, three):
    a, b, _c = three
    switches = {
        f"variant-{a.pk}-track_inventory": "on",
        f"variant-{b.pk}-allow_backorders": "on",
    }

    answer = edit(three, **saved(three, "no", **switches))

    assert len(answer.context["errors"]) == 1
    assert answer.context["errors"][0].startswith("b: Backorders need tracking")
    assert not Variant.objects.filter(track_inventory=True).exists()
    assert ChangeSet.objects.count() == 0


def test_a_variant_saved_meanwhile_refuses_all_of_it(edit, three):
    update_variant(variant=three[1], changes={"title": "Theirs"})

    answer = edit(three, **saved(three, "yes", **{"all-track_inventory": "on"}))

    assert "changed by somebody else" in answer.context["errors"][0]
    assert not Variant.objects.filter(track_inventory=True).exists()


@pytest.mark.parametrize("keys", [[], ["abc"], ["9" * 30], ["-1"], ["٣"], ["999999"]])
def test_choosing_nothing_that_exists_leads_back(desk, db, keys):
    answer = desk.post(reverse("admin:inventory_variant_bulk_edit"), {"variant": keys})

    assert answer.url == reverse("admin:inventory_variant_changelist")


def test_reading_is_refused(desk):
    assert desk.get(reverse("admin:inventory_variant_bulk_edit")).status_code == 405


def test_anothers_variants_are_left_out(client, anna, annas, berts):
    client.force_login(anna)

    answer = client.post(
        reverse("admin:inventory_variant_bulk_edit"), {"variant": [annas.pk, berts.pk]}
    )

    assert [v.sku for v in answer.context["variants"]] == ["anna-1"]


@pytest.mark.parametrize("role", ["viewer", "warehouse", None])
def test_others_may_not(client, make_user, mug, role):
    client.force_login(make_user("nina", role))

    answer = client.post(reverse("admin:inventory_variant_bulk_edit"), {"variant": [mug.pk]})

    assert answer.status_code == 403
