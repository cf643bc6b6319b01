"""Pages, files, programs and undo say what a change does to open orders, then do exactly that."""

import json

import pytest
from django.core.management import call_command
from django.urls import reverse

from channels.models import DIRECT, Channel
from inventory.acts import Act
from inventory.errors import NeedsConfirmation
from inventory.models import (
    BulkEdit,
    ChangeSet,
    OutgoingMail,
    Seller,
    StockLevel,
    StoreSettings,
    Variant,
)
from inventory.services.bulk_edit import ask, choose, confirm, consequences_of, prepare
from inventory.services.catalog import create_variant, update_variant
from inventory.services.settings import update_settings
from inventory.services.undo import preview, undo
from inventory.services.warehouses import update_warehouse
from inventory.spreadsheets.engine import report
from orders.services.reconcile import reconcile
from tests.conftest import NOON
from tests.html import forms_of, press
from tests.inventory.spreadsheets.conftest import lines, run
from tests.orders.consequences.conftest import books

SHIP = "34 units of 2 orders will ship without stock."
STAY = "30 units of 2 orders are already owed. They stay owed; no more can be sold on backorder."


def by_job(one):
    raise AssertionError("few are done at once")


def silent(done, total):
    """Say nothing."""


def asked_of(response):
    """Return what a page asks."""
    assert response.status_code == 409
    return response.context["question"]


def consequence_box(response):
    """Return the one visible button of the box that says what becomes of open orders."""
    text = response.content.decode()
    assert text.count('id="consequences"') == 1
    assert "Please correct" not in text
    (button,) = [
        button
        for form in forms_of(response)
        for button in form.buttons
        if button.name == "confirm" and button.is_seen
    ]
    button.words = " ".join(button.words.split())
    return button


def variant_page(variant):
    return reverse("admin:inventory_variant_change", args=[variant.pk])


# --- pages ------------------------------------------------------------------------------------


def test_the_page_of_a_variant_asks_and_keeps_what_was_typed(desk, owing, filled):
    page = variant_page(owing)
    data = filled(desk.get(page), track_inventory=None, backorders="inherit", title="Blue")
    data.pop("allow_backorders", None)

    asked = desk.post(page, data)

    question = asked.context["forms"].question
    assert (asked.status_code, question.sentences) == (409, [SHIP])
    assert question.label == "Save and ship 34 units without stock"
    text = asked.content.decode()
    assert question.label in text
    assert "changed by somebody else" not in text
    assert asked.context["form"]["title"].value() == "Blue"
    assert Variant.objects.get(pk=owing.pk).track_inventory

    assert desk.post(page, {**data, "confirm": question.mark}).status_code == 302

    owing.refresh_from_db()
    assert (owing.track_inventory, owing.title) == (False, "Blue")
    assert reconcile() == []


def test_a_yes_to_other_consequences_is_no_yes(desk, owing, filled, sell):
    page = variant_page(owing)
    data = filled(desk.get(page), track_inventory=None, backorders="inherit")
    data.pop("allow_backorders", None)
    seen = desk.post(page, data).context["forms"].question
    sell(owing, 1)

    again = desk.post(page, {**data, "confirm": seen.mark})

    assert again.context["forms"].question.sentences == [
        "35 units of 3 orders will ship without stock."
    ]
    assert Variant.objects.get(pk=owing.pk).track_inventory


def test_a_warehouse_row_of_a_variant_asks(desk, owing, berlin, filled):
    page = variant_page(owing)
    data = filled(desk.get(page)) | {f"level-{berlin.pk}-backorder_threshold": "3"}

    question = desk.post(page, data).context["forms"].question

    (sentence,) = question.sentences
    assert sentence.startswith("30 units of 2 orders are already owed.")
    assert sentence.endswith("no more can be sold on backorder from Berlin.")
    desk.post(page, {**data, "confirm": question.mark})
    assert StockLevel.objects.get(variant=owing).backorder_threshold == 3


def test_the_page_of_a_product_asks(desk, owing, product, filled):
    update_variant(act=Act.now(), variant=owing, changes={"backorders": "inherit"}, confirm=True)
    product.backorders = "allow"
    product.save()
    page = reverse("admin:inventory_product_change", args=[product.pk])
    data = filled(desk.get(page), backorders="no")

    question = asked_of(desk.post(page, data))

    assert question.sentences == [STAY]
    assert desk.post(page, {**data, "confirm": question.mark}).status_code == 302
    product.refresh_from_db()
    assert product.backorders == "no"


def test_the_settings_ask(desk, owing, filled):
    update_settings(act=Act.now(), changes={"backorders": "allow"})
    update_variant(act=Act.now(), variant=owing, changes={"backorders": "inherit"})
    page = reverse("admin:inventory_storesettings_changelist")
    data = filled(desk.get(page), backorders="no")

    question = asked_of(desk.post(page, data))

    assert (question.sentences, question.label) == ([STAY], "Save, 30 units stay owed")
    assert desk.post(page, {**data, "confirm": question.mark}).status_code == 302
    assert StoreSettings.load().backorders == "no"


def test_the_currency_is_refused_at_its_field(desk, owing, filled):
    page = reverse("admin:inventory_storesettings_changelist")

    response = desk.post(page, filled(desk.get(page), currency="USD", confirm="x"))

    assert [*response.context["form"].errors] == ["currency"]


def test_the_gate_asks(desk, owing, product, filled):
    update_settings(act=Act.now(), changes={"sellers_can_accept_backorders": True})
    type(product).objects.update(seller=Seller.objects.create(name="S", code="s"))
    page = reverse("admin:inventory_storesettings_marketplace")
    data = filled(desk.get(page), sellers_can_accept_backorders=None)

    question = asked_of(desk.post(page, data))

    assert question.sentences == [STAY]
    desk.post(page, {**data, "confirm": question.mark})
    assert not StoreSettings.load().sellers_can_accept_backorders


def test_the_page_of_a_warehouse_asks(desk, owing, berlin, filled):
    page = reverse("admin:inventory_warehouse_change", args=[berlin.pk])
    data = filled(desk.get(page), is_active=None)

    question = asked_of(desk.post(page, data))

    assert question.sentences[0].startswith("30 units of 2 orders wait for stock in Berlin.")
    berlin.refresh_from_db()
    assert berlin.is_active
    assert desk.post(page, {**data, "confirm": question.mark}).status_code == 302
    berlin.refresh_from_db()
    assert not berlin.is_active
    assert ChangeSet.objects.latest("pk").rows.get().after == {"is_active": False}


def test_a_warehouse_that_nobody_waits_for_is_switched_without_a_question(desk, berlin, filled):
    page = reverse("admin:inventory_warehouse_change", args=[berlin.pk])

    assert desk.post(page, filled(desk.get(page), is_active=None)).status_code == 302

    berlin.refresh_from_db()
    assert not berlin.is_active


def test_a_warehouse_that_somebody_saved_meanwhile_is_not_saved_over(desk, berlin, filled):
    page = reverse("admin:inventory_warehouse_change", args=[berlin.pk])
    data = filled(desk.get(page), name="Mine")
    update_warehouse(act=Act.now(), warehouse=berlin, changes={"name": "Theirs"})

    assert desk.post(page, data).status_code == 409

    berlin.refresh_from_db()
    assert berlin.name == "Theirs"


# --- every page, as a person uses it ----------------------------------------------------------


def _page_of(name, row):
    return reverse(f"admin:{name}", args=[row.pk] if row else [])


@pytest.fixture
def asking(owing, product, berlin, paris, operator, make_variant):
    """Return what a person does on each page that may ask: its address, and what is typed."""
    update_settings(act=Act.now(), changes={"sellers_can_accept_backorders": True})
    direct = Channel.objects.get(slug=DIRECT)
    typed = {"track_inventory": None, "allow_backorders": None, "backorders": "inherit"}
    return {
        "variant": (variant_page(owing), typed),
        "product": (_page_of("inventory_product_change", product), {"backorders": "no"}),
        "settings": (_page_of("inventory_storesettings_changelist", None), {"backorders": "no"}),
        "gate": (
            _page_of("inventory_storesettings_marketplace", None),
            {"sellers_can_accept_backorders": None},
        ),
        "warehouse": (_page_of("inventory_warehouse_change", berlin), {"is_active": None}),
        "channel": (_page_of("channels_channel_change", direct), {"warehouses": str(paris.pk)}),
    }


def _set_up(case, owing, product):
    """Let the variant's limit come from where the page changes it."""
    if case in {"product", "settings", "gate"}:
        changes = {"backorders": "inherit"}
        update_variant(act=Act.now(), variant=owing, changes=changes, confirm=True)
    if case == "product":
        type(product).objects.update(backorders="allow")
    if case == "settings":
        update_settings(act=Act.now(), changes={"backorders": "allow"}, confirm=True)
    if case == "gate":
        seller = Seller.objects.create(name="S", code="s")
        type(product).objects.update(seller=seller, backorders="allow")


@pytest.mark.parametrize("case", ["variant", "product", "settings", "gate", "warehouse", "channel"])
def test_a_person_presses_save_reads_the_box_and_presses_its_button(
    desk, asking, owing, product, sell, case
):
    _set_up(case, owing, product)
    address, typed = asking[case]
    asked = press(desk, desk.get(address), "Save", **typed)
    assert asked.status_code == 409
    first = consequence_box(asked)
    sell(owing, 1, minutes=5)

    again = press(desk, asked, first.words)  # what was shown is not so any more
    assert again.status_code == 409
    second = consequence_box(again)
    assert second.value != first.value

    assert press(desk, again, second.words).status_code == 302
    assert desk.get(address).status_code == 200
    assert reconcile() == []


def test_the_setup_of_a_channel_asks(desk, owing, paris, filled):
    direct = Channel.objects.get(slug=DIRECT)
    page = reverse("admin:channels_channel_change", args=[direct.pk])
    data = filled(desk.get(page)) | {"warehouses": [paris.pk]}

    question = asked_of(desk.post(page, data))

    assert question.sentences[0].startswith("30 units of 2 orders wait for stock in Berlin.")
    desk.post(page, {**data, "confirm": question.mark})
    assert [*direct.warehouses.all()] == [paris]


# --- bulk edit and its undo -------------------------------------------------------------------


UNTRACKED = {"track_inventory": False, "backorders": "inherit"}


def bulk(user, variants, wish, *, upto="write"):
    """Prepare, and write, a bulk edit."""
    edit = choose(chosen={"ids": sorted(one.pk for one in variants)}, user=user)
    edit = prepare(ask(edit, {"wish": wish}), progress=silent)
    return confirm(edit, act=Act.now(), start=by_job) if upto == "write" else edit


def test_a_bulk_edit_shows_the_sum_and_the_rows_and_does_what_one_page_does(
    desk, operator, owing, make_variant
):
    pot = make_variant("pot")
    edit = bulk(operator, [owing, pot], UNTRACKED, upto="preview")

    page = desk.get(reverse("admin:inventory_bulkedit_change", args=[edit.pk]))

    assert page.context["question"].sentences == [SHIP]
    rows = {row.item.variant.sku: row.consequences for row in page.context["rows"]}
    assert rows == {"MUG-BLU": [SHIP], "pot": []}
    assert "stay owed" not in page.content.decode()

    desk.post(reverse("admin:inventory_bulkedit_save", args=[edit.pk]))

    level = StockLevel.objects.get(variant=owing)
    assert (level.allocated, level.on_backorder) == (0, 0)
    assert not OutgoingMail.objects.exists()
    assert reconcile() == []


def test_undo_says_before_that_units_are_counted_again_and_restores_books_and_orders(
    desk, operator, owing
):
    before = books(owing)
    change_set = bulk(operator, [owing], UNTRACKED).change_set
    page = reverse("admin:inventory_changeset_undo", args=[change_set.pk])

    shown = desk.get(page)

    question = shown.context["question"]
    assert question.sentences == [
        "34 units of 2 orders are counted again: reserved if in stock, otherwise waiting for stock."
    ]
    assert desk.post(page).url == page
    assert not Variant.objects.get(pk=owing.pk).track_inventory
    desk.post(page, {"confirm": question.mark})
    assert books(owing) == before
    assert Variant.objects.get(pk=owing.pk).track_inventory
    assert reconcile() == []


def test_undo_of_tracking_on_lets_the_orders_ship_without_stock_again(operator, owing):
    update_variant(act=Act.now(), variant=owing, changes=UNTRACKED, confirm=True)
    loose = books(owing)
    change_set = bulk(operator, [owing], {"track_inventory": True}).change_set

    assert preview(change_set, user=operator).consequences.each[0].units == 34
    with pytest.raises(NeedsConfirmation):
        undo(change_set, act=Act(NOON, user_id=operator.pk), start=by_job)
    assert books(owing) != loose
    undo(change_set, act=Act(NOON, user_id=operator.pk), start=by_job, confirm=True)

    assert books(owing) == loose
    assert reconcile() == []


def test_the_preview_of_very_many_counts_like_that_of_few(operator, owing, monkeypatch):
    edit = bulk(operator, [owing], UNTRACKED, upto="preview")
    few = consequences_of(edit)
    monkeypatch.setattr("inventory.services.consequences.MANY", 0)
    monkeypatch.setattr("orders.services.consequences.FEW", 0)

    assert consequences_of(edit) == few


def test_limits_and_warehouses_of_a_bulk_edit_are_asked_about(operator, owing, berlin):
    wish = {"backorders": "no", "levels": {berlin.pk: {"in_stock": False}}}

    found = consequences_of(bulk(operator, [owing], wish, upto="preview")).each

    assert [(one.effect.value, one.units) for one in found] == [
        ("not_served_here", 30),
        ("still_ship_from_here", 4),
        ("stay_owed", 30),
    ]


def test_the_undo_of_a_limit_says_what_stays_owed(operator, owing):
    update_variant(
        act=Act.now(), variant=owing, changes={"out_of_stock_threshold": -9}, confirm=True
    )
    change_set = bulk(operator, [owing], {"out_of_stock_threshold": -99}).change_set

    assert preview(change_set, user=operator).consequences.each[0].units == 30


# --- files ------------------------------------------------------------------------------------


FILE = lines(["SKU;Stock_Track;Stock_Disable_Sold_Out", "MUG-BLU;N;Y", "pot;N;Y"])


@pytest.fixture
def pot(make_variant):
    return make_variant("pot")


def test_the_preview_of_a_file_shows_the_sum_and_the_rows(desk, operator, owing, pot):
    source = run(FILE, user=operator, apply_it=False)

    page = desk.get(reverse("admin:inventory_import_change", args=[source.pk]))

    assert page.context["question"].sentences == [SHIP]
    assert [row.consequences for row in page.context["page_obj"]] == [[SHIP], []]
    assert SHIP in page.content.decode()


def test_a_file_says_what_becomes_of_open_orders_and_what_it_says_in_vain(desk, operator, owing):
    file = lines(["SKU;Stock_Track;Stock_Disable_Sold_Out", "MUG-BLU;N;Y"])
    source = run(file, user=operator, apply_it=False)
    page = reverse("admin:inventory_import_change", args=[source.pk])
    shown = desk.get(page).content.decode()
    assert "out of sight" not in shown
    assert "Units that are owed ship without stock, and any quantity can be sold" in shown
    dropped = (
        "has no effect on a variant that is not tracked. The setting of the shop stays: allow."
    )
    assert dropped in shown

    done = run(file, user=operator)

    text = desk.get(reverse("admin:inventory_import_change", args=[done.pk])).content.decode()
    assert SHIP in text
    assert dropped in text
    said = [one["message"] for one in report(done, dry_run=False)["notices"]]
    assert said[0] == SHIP
    assert len(said) == 3
    owing.refresh_from_db()
    assert (owing.track_inventory, owing.backorders) == (False, "allow")


def test_a_file_that_says_of_an_untracked_variant_what_an_export_says_is_silent(operator, owing):
    update_variant(act=Act.now(), variant=owing, changes={"track_inventory": False}, confirm=True)
    file = lines(["SKU;Stock_Track;Stock_Disable_Sold_Out", "MUG-BLU;N;Y"])

    done = run(file, user=operator)

    assert done.unchanged == 1
    assert report(done, dry_run=False)["notices"] == []


def test_a_button_names_the_act_when_there_are_several_consequences(desk, owing, berlin):
    page = reverse("admin:inventory_warehouse_change", args=[berlin.pk])

    asked = press(desk, desk.get(page), "Save", is_active=None)

    assert len(asked.context["question"].sentences) == 2
    assert consequence_box(asked).words == "Save all the same"


def test_what_is_not_tracked_any_more_asks_nothing_of_its_warehouses(operator, owing, berlin):
    wish = {"track_inventory": False, "levels": {berlin.pk: {"in_stock": False}}}

    found = consequences_of(bulk(operator, [owing], wish, upto="preview")).each

    assert [one.effect.value for one in found] == ["ship_without_stock"]


def test_an_applied_file_does_what_one_page_does_and_its_undo_restores_it(operator, owing, pot):
    before = books(owing)
    source = run(FILE, user=operator)
    assert StockLevel.objects.get(variant=owing).on_backorder == 0

    undo(source.change_set, act=Act(NOON, user_id=operator.pk), start=by_job, confirm=True)

    assert books(owing) == before
    assert reconcile() == []


def imported(capsys, tmp_path, *options):
    path = tmp_path / "file.csv"
    path.write_bytes(FILE)
    call_command("import_variants", str(path), "--report", "json", *options)
    return json.loads(capsys.readouterr().out)


def test_the_command_refuses_rows_that_touch_open_orders(capsys, tmp_path, owing, pot):
    report = imported(capsys, tmp_path)

    assert (report["changed"], len(report["errors"])) == (1, 1)
    assert report["errors"][0]["row"] == 2
    assert report["errors"][0]["message"] == f"{SHIP} Add --confirm to import this row."
    assert Variant.objects.get(pk=owing.pk).track_inventory
    assert not Variant.objects.get(pk=pot.pk).track_inventory


def test_the_command_says_so_in_a_dry_run(capsys, tmp_path, owing, pot):
    assert len(imported(capsys, tmp_path, "--dry-run")["errors"]) == 1


def test_all_or_nothing_takes_nothing_without_a_yes(capsys, tmp_path, owing, pot):
    with pytest.raises(SystemExit):
        imported(capsys, tmp_path, "--all-or-nothing")

    assert Variant.objects.get(pk=pot.pk).track_inventory


def test_the_command_takes_them_with_a_yes(capsys, tmp_path, owing, pot):
    report = imported(capsys, tmp_path, "--confirm")

    assert (report["changed"], report["errors"]) == (2, [])
    assert StockLevel.objects.get(variant=owing).on_backorder == 0
    assert reconcile() == []


# --- the API ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "change", "codes"),
    [
        ("/variants/MUG-BLU", UNTRACKED, ["ship_without_stock"]),
        ("/variants/MUG-BLU", {"backorders": "no"}, ["stay_owed"]),
        ("/stock/MUG-BLU/berlin", {"backorder_threshold": 0}, ["stay_owed_here"]),
        ("/warehouses/berlin", {"is_active": False}, ["not_served_here", "still_ship_from_here"]),
        (
            "/channels/direct",
            {"warehouses": ["paris"]},
            ["not_served_here", "still_ship_from_here"],
        ),
    ],
)
def test_a_program_is_asked_and_says_yes(api, owing, paris, path, change, codes):
    asked = api.patch(path, change)

    problem = asked.json()
    assert (asked.status_code, problem["type"]) == (
        409,
        "urn:backoffice:problem:needs-confirmation",
    )
    assert [one["code"] for one in problem["consequences"]] == codes
    assert [one["message"] for one in problem["errors"]] == [
        one["message"] for one in problem["consequences"]
    ]
    assert api.patch(path, {**change, "confirm": False}).status_code == 409
    assert api.patch(path, {**change, "confirm": True}).status_code == 200
    assert reconcile() == []


def test_the_consequences_are_fields(api, owing):
    problem = api.patch("/variants/MUG-BLU", UNTRACKED).json()

    assert problem["consequences"] == [
        {
            "code": "ship_without_stock",
            "orders": 2,
            "units": 34,
            "picked": 0,
            "emails": 0,
            "message": SHIP,
        }
    ]


def test_the_settings_of_the_store_are_asked_about(api, owing):
    update_settings(act=Act.now(), changes={"backorders": "allow"})
    update_variant(act=Act.now(), variant=owing, changes={"backorders": "inherit"})

    assert api.patch("/settings", {"backorders": "no"}).json()["errors"] == [{"message": STAY}]
    assert api.patch("/settings", {"backorders": "no", "confirm": True}).status_code == 200


def test_a_bulk_edit_of_a_program_is_asked_about_before_anything_is_written(api, owing, pot):
    body = {"skus": ["MUG-BLU", "pot"], "changes": UNTRACKED}

    asked = api.post("/bulk-edits", body)

    assert asked.status_code == 409
    assert asked.json()["consequences"][0]["units"] == 34
    assert not BulkEdit.objects.exists()
    assert Variant.objects.get(pk=pot.pk).track_inventory
    done = api.post("/bulk-edits", {**body, "confirm": True}).json()
    assert done["changed"] == 2
    undo_path = f"/change-sets/{done['change_set']}/undo"
    assert api.post(undo_path).status_code == 409
    assert api.post(undo_path, {"confirm": True}).status_code == 200
    assert StockLevel.objects.get(variant=owing).on_backorder == 30
    assert reconcile() == []


def test_a_bulk_edit_by_filter_is_asked_about_alike(api, owing, product):
    for number in range(3):
        create_variant(act=Act.now(), product=product, sku=f"p{number}")

    asked = api.post("/bulk-edits", {"filter": {}, "changes": UNTRACKED})

    assert [one["units"] for one in asked.json()["consequences"]] == [34]
