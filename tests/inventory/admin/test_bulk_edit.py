"""Seed 001, "Bulk action": choose, say what, give the values, see the preview, save."""

import re

import pytest
from django.urls import reverse

from inventory.acts import Act
from inventory.models import BulkEdit, ChangeSet, StockLevel, Variant
from inventory.services.catalog import update_variant


@pytest.fixture
def three(make_variant):
    return [make_variant(sku, track_inventory=False) for sku in ("a", "b", "c")]


@pytest.fixture
def chosen(desk):
    """Return a way to take the first step."""

    def choose(*variants, query="", **data):
        address = reverse("admin:inventory_variant_bulk_edit") + query
        answer = desk.post(address, {"variant": [variant.pk for variant in variants]} | data)
        assert answer.status_code == 302, answer
        return BulkEdit.objects.order_by("pk").last()

    return choose


@pytest.fixture
def step(desk):
    """Return a way to take one of the next steps; it follows where it leads."""

    def send(edit, name, data=None, query=""):
        address = reverse(f"admin:inventory_bulkedit_{name}", args=[edit.pk])
        return desk.post(address + query, data or {}, follow=True)

    return send


SAME, EACH = "?part=inventory&same=yes", "?part=inventory&same=no"
ALL = "?part=inventory&part=thresholds&part=warehouses&part=delivery"


def typed(response, **changes):
    """Return what a browser would send of an open grid; a change is `sku={field: value}`."""
    data = {}
    for row in response.context["grid"].rows:
        data[f"row-{row.variant.pk}-mark"] = row.mark
        sent = {cell.name: cell.value for cell in row.cells}
        for name, value in changes.get(row.variant.sku, {}).items():
            sent[next(key for key in sent if key.endswith(f"-{name}"))] = value
        data |= {key: "on" if value is True else value for key, value in sent.items()}
    return {key: value for key, value in data.items() if value is not False}


def words_of(response):
    """Return what a page says, without its marks."""
    text = response.content.decode().split('class="bo-page"')[1]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def backorders():
    return dict(Variant.objects.order_by("sku").values_list("sku", "backorders"))


def test_the_steps_ask_what_and_how(chosen, step, three):
    edit = chosen(*three)

    unticked = step(edit, "parts", {"same": "yes"})
    alike = step(edit, "parts", {"same": "yes", "inventory": "on"})
    each = step(edit, "parts", {"same": "no", "inventory": "on"})

    assert unticked.context["form"].non_field_errors() == ["Tick one or more things to edit."]
    assert "form" in alike.context
    assert [row.variant.sku for row in each.context["grid"].rows] == ["a", "b", "c"]
    assert Variant.objects.filter(version__gt=1).count() == 0


def test_all_alike_is_previewed_and_then_saved_as_one_change_set(chosen, step, three, url, desk):
    edit = chosen(*three)

    preview = step(edit, "values", {"track_inventory": "on", "allow_backorders": "on"}, SAME)

    assert "3 to change" in words_of(preview)
    row = preview.context["rows"][0]
    assert row.words == ["will be tracked", "will accept backorders"]
    assert (str(row.before.state), str(row.after.state)) == ("In stock", "On backorder")
    assert set(backorders().values()) == {"inherit"}
    back = desk.get(url("bulkedit_values", edit.pk))
    assert back.context["form"]["allow_backorders"].value() is True

    result = step(edit, "save")

    assert "3 variants were changed." in result.content.decode()
    assert set(backorders().values()) == {"allow"}
    row = ChangeSet.objects.get(kind="bulk_edit").rows.order_by("label")[0]
    assert (row.label, row.before, row.after) == (
        "a",
        {"track_inventory": False, "backorders": "inherit"},
        {"track_inventory": True, "backorders": "allow"},
    )
    step(edit, "save")
    assert ChangeSet.objects.filter(kind="bulk_edit").count() == 1


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"allow_backorders": "on"}, "allow_backorders"),
        ({"backorders": "notify"}, "allow_backorders"),
        ({"out_of_stock_threshold_how": "value"}, "out_of_stock_threshold"),
        ({"notify_below": "1e3"}, "notify_below"),
        ({"notify_below": "-1"}, "notify_below"),
        ({"cap_1": "1000000001"}, "cap_1"),
        ({"delivery_timeframe": "999"}, "delivery_timeframe"),
    ],
)
def test_what_contradicts_or_cannot_be_is_said_beside_it(chosen, step, three, main, data, field):
    edit = chosen(*three)
    field = field.replace("_1", f"_{main.pk}")
    data = {name.replace("_1", f"_{main.pk}"): value for name, value in data.items()}

    answer = step(edit, "values", {"delivery_timeframe": "keep", **data}, f"{ALL}&same=yes")

    assert field in answer.context["form"].errors
    kept = {name: answer.context["form"][name].value() for name in data}
    assert kept == {name: value == "on" or value for name, value in data.items()}
    assert BulkEdit.objects.get().items.count() == 0


def test_leaving_everything_asks_for_a_change(chosen, step, three):
    data = {"keep_tracking": "on", "backorders": "keep"}

    answer = step(chosen(*three), "values", data, SAME)

    words = "Everything is left as it is: change something."
    assert answer.context["form"].non_field_errors() == [words]


def test_who_is_untracked_is_refused_and_the_others_change(chosen, step, three, make_variant):
    tracked = make_variant("tracked")
    data = {"keep_tracking": "on", "allow_backorders": "on"}

    preview = step(chosen(*three, tracked), "values", data, SAME)

    assert "1 to change" in words_of(preview)
    assert "3 refused" in words_of(preview)
    assert "Backorders need tracking" in words_of(preview)


def test_each_its_own_in_a_grid(chosen, step, desk, make_variant, main):
    a, b = make_variant("a"), make_variant("b", backorders="allow")
    edit = chosen(a, b)
    address = reverse("admin:inventory_bulkedit_values", args=[edit.pk]) + f"{ALL}&same=no"
    page = desk.get(address)
    a_wish = {"allow_backorders": True, "out_of_stock_threshold": "-5", "notify_below": "1"}
    data = typed(page, a=a_wish, b={f"{main.pk}-backorder_threshold": "3"})

    preview = desk.post(address, data, follow=True)

    assert [row.words for row in preview.context["rows"]] == [
        ["will accept backorders", "out-of-stock threshold of the wider setting → -5"],
        ["Main warehouse: backorder threshold no cap → 3"],
    ]
    step(edit, "save")
    assert backorders() == {"a": "allow", "b": "allow"}
    assert StockLevel.objects.get().backorder_threshold == 3


def test_the_grid_says_at_the_cell_what_is_wrong_and_loses_nothing(
    chosen, desk, make_variant, main
):
    variants = [make_variant("a", track_inventory=False), make_variant("b"), make_variant("c")]
    edit = chosen(*variants)
    address = reverse("admin:inventory_bulkedit_values", args=[edit.pk]) + f"{ALL}&same=no"
    data = typed(
        desk.get(address),
        a={"allow_backorders": True},
        b={"notify_below": "many", "only_x_left_threshold": "4"},
        c={"allow_backorders": True, "backorders": "no", "notify_below": "8"},
    )
    update_variant(act=Act.now(), variant=variants[1], changes={"title": "Theirs"})

    answer = desk.post(address, data)

    wrong = {
        (row.variant.sku, cell.column.name): cell.error
        for row in answer.context["grid"].rows
        for cell in row.cells
        if cell.error
    }
    assert wrong[("a", "allow_backorders")].startswith("Backorders need tracking")
    cells = [("a", "allow_backorders"), ("b", "notify_below"), ("c", "allow_backorders")]
    assert list(wrong) == cells
    assert [bool(row.error) for row in answer.context["grid"].rows] == [False, True, False]
    kept = typed(answer)
    assert {name: kept[name] for name in data if not name.endswith("mark")} == {
        name: value for name, value in data.items() if not name.endswith("mark")
    }


def test_all_that_match_but_those_unticked(chosen, step, make_variant):
    a, b, _other = (make_variant(sku) for sku in ("mug-a", "mug-b", "jar"))

    edit = chosen(a, query="?q=mug-", all="1", shown=[a.pk, b.pk])
    preview = step(edit, "values", {"track_inventory": "on", "allow_backorders": "on"}, SAME)

    assert edit.words.startswith("All that match: mug-")
    assert [row.item.variant.sku for row in preview.context["rows"]] == ["mug-a"]


def test_more_than_a_few_run_as_jobs(chosen, step, make_variant, monkeypatch, settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    for module in ("inventory.admin.bulk_edit", "inventory.services.bulk_edit"):
        monkeypatch.setattr(f"{module}.AT_ONCE", 1)
    monkeypatch.setattr("inventory.forms.bulk_grid.MOST_ROWS", 1)
    edit = chosen(make_variant("a"), make_variant("b"))

    too_many = step(edit, "parts", {"same": "no", "inventory": "on"})
    preview = step(edit, "values", {"track_inventory": "on", "allow_backorders": "on"}, SAME)
    result = step(edit, "save")

    assert "at most 1." in str(too_many.context["form"].errors["same"])
    assert "2 to change" in words_of(preview)
    assert "2 changed" in words_of(result)
    assert BulkEdit.objects.get().job.kind == "run_bulk_edit"
    assert set(backorders().values()) == {"allow"}


def test_a_preview_that_is_canceled_changes_nothing(chosen, step, three, desk, url):
    edit = chosen(*three)
    step(edit, "values", {"track_inventory": "on"}, SAME)

    step(edit, "cancel")
    step(edit, "save")

    assert not Variant.objects.filter(version__gt=1).exists()
    assert "not saved" in words_of(desk.get(url("bulkedit_change", edit.pk)))


@pytest.mark.parametrize("keys", [[], ["abc"], ["9" * 30], ["-1"], ["٣"], ["999999"]])
def test_choosing_nothing_that_exists_leads_back(desk, db, keys):
    answer = desk.post(reverse("admin:inventory_variant_bulk_edit"), {"variant": keys})

    assert answer.url == reverse("admin:inventory_variant_changelist")


def test_reading_changes_nothing(desk, chosen, three, url):
    edit = chosen(*three)

    assert desk.get(reverse("admin:inventory_variant_bulk_edit")).status_code == 405
    assert desk.get(url("bulkedit_save", edit.pk)).status_code == 405
    assert desk.get(url("bulkedit_cancel", edit.pk)).status_code == 405
    assert desk.get(url("bulkedit_change", edit.pk)).url == url("bulkedit_parts", edit.pk)
    assert desk.get(url("bulkedit_changelist")).status_code == 200


def test_anothers_variants_and_bulk_edits_are_out_of_reach(client, anna, bert, annas, berts, url):
    client.force_login(bert)
    client.post(reverse("admin:inventory_variant_bulk_edit"), {"variant": [berts.pk]})
    berts_edit = BulkEdit.objects.get()
    client.force_login(anna)

    client.post(reverse("admin:inventory_variant_bulk_edit"), {"variant": [annas.pk, berts.pk]})

    annas_edit = BulkEdit.objects.latest("pk")
    assert (annas_edit.total, annas_edit.words) == (1, "anna-1")
    pages = ["change", "parts", "values", "save", "cancel"]
    foreign = [client.post(url(f"bulkedit_{page}", berts_edit.pk)) for page in pages[1:]]
    foreign.append(client.get(url("bulkedit_change", berts_edit.pk)))
    assert {answer.status_code for answer in foreign} == {404}
    values = url("bulkedit_values", annas_edit.pk) + SAME
    data = {"track_inventory": "on", "allow_backorders": "on"}
    assert "sellers cannot accept" in words_of(client.post(values, data, follow=True))


@pytest.mark.parametrize("role", ["viewer", "warehouse", None])
def test_others_may_not(client, make_user, mug, role):
    client.force_login(make_user("nina", role))

    answer = client.post(reverse("admin:inventory_variant_bulk_edit"), {"variant": [mug.pk]})

    assert answer.status_code == 403
