"""SKUs that look alike are one SKU: its normal form, where it is kept, and what it finds."""

import json
import unicodedata
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from inventory import ledger
from inventory.acts import Act
from inventory.errors import InvalidChange
from inventory.models import ChangeSetRow, ImportRow, Variant
from inventory.models.catalog import sku_in
from inventory.models.spreadsheets import ImportMode
from inventory.services.catalog import create_product, create_variant, update_variant
from inventory.skus import matched, sku_error, sku_key
from orders.services.reconcile import reconcile
from tests.inventory.spreadsheets.conftest import lines, row_errors, run
from tests.inventory.test_undo import take_back

ALIKE = {
    "capitals": "pan-28",
    "full width": "ＰＡＮ－２８",
    "zero width": "PA\u200bN-28",
    "soft hyphen": "PAN-\u00ad28",
    "byte order mark": "\ufeffPAN-28",
    "right to left mark": "PAN-28\u200f",
    "variation selector": "PAN-28\ufe0f",
    "joiner of graphemes": "PA\u034fN-28",
    "Cyrillic A": "PАN-28",
    "Greek capitals": "ΡΑΝ-28",
    "no-break hyphen": "PAN\u201128",
    "dash": "PAN–28",
    "minus": "PAN−28",
    "blanks around": "PAN-28\u00a0",
}


@pytest.mark.parametrize("text", ALIKE.values(), ids=ALIKE.keys())
def test_what_looks_alike_has_one_normal_form(text):
    assert sku_key(text) == "pan-28"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("PAN-28", "PAN-29"),
        ("PAN-28", "PAN28"),
        ("PAN 28", "PAN28"),
        ("CAP-10µF", "CAP-10mF"),
        ("O-1", "0-1"),
        ("I1", "l1"),
        ("ШАР", "ЩАР"),
        ("naïve", "naive"),
    ],
)
def test_what_people_tell_apart_is_two(one, other):
    assert sku_key(one) != sku_key(other)


def test_composed_and_decomposed_accents_are_one():
    assert sku_key(unicodedata.normalize("NFD", "CAFÉ")) == sku_key("café")


@given(st.text(max_size=64))
def test_a_normal_form_is_its_own_normal_form(text):
    assert sku_key(sku_key(text)) == sku_key(text)


@given(st.text(max_size=64))
def test_a_normal_form_is_one_line_without_blanks_at_its_ends(text):
    key = sku_key(text)
    assert key == " ".join(key.split())


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=64))
def test_the_short_way_of_plain_text_is_the_long_one(text):
    assert sku_key(text) == sku_key(text + "\u200b")


def test_what_cannot_be_seen_or_is_too_long_is_no_sku():
    assert sku_error("\u200b\u2060") == "A SKU needs a character that can be seen."
    assert "more than 200" in sku_error("\ufdfa" * 64)
    assert sku_error("PAN-28") is None


def test_the_exact_spelling_is_meant_before_one_that_looks_like_it():
    rows = [("PAN-28", 1), ("pan-28", 2)]

    found = matched(["pan-28", "PAN-28", "Pan-28", "POT"], rows)

    assert found == {"pan-28": 2, "PAN-28": 1, "Pan-28": 1}


# --- where it is kept -------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("text", ALIKE.values(), ids=ALIKE.keys())
def test_no_second_one_is_made_that_looks_like_one_there_is(product, make_variant, text):
    make_variant("PAN-28")

    with pytest.raises(InvalidChange) as error:
        create_variant(act=Act.now(), product=product, sku=text)

    assert "sku" in error.value.errors
    assert Variant.objects.count() == 1


@pytest.mark.django_db
def test_the_refusal_names_the_sku_that_is_there(product, make_variant):
    make_variant("PAN-28")

    with pytest.raises(InvalidChange, match="looks like the SKU PAN-28"):
        create_variant(act=Act.now(), product=product, sku="pan-28")


@pytest.mark.django_db
def test_a_variant_keeps_its_own_look_and_takes_nobody_elses(make_variant):
    pan, pot = make_variant("PAN-28"), make_variant("POT")

    with pytest.raises(InvalidChange, match="looks like the SKU PAN-28"):
        update_variant(act=Act.now(), variant=pot, changes={"sku": "pan-28"})
    pan = update_variant(act=Act.now(), variant=pan, changes={"sku": "Pan-28"})

    assert (pan.sku, pan.sku_key) == ("Pan-28", "pan-28")
    pan = update_variant(act=Act.now(), variant=pan, changes={"sku": "PAN-30"})
    assert Variant.objects.get(pk=pan.pk).sku_key == "pan-30"


@pytest.mark.django_db
def test_the_database_has_the_last_word(product, make_variant):
    make_variant("PAN-28")
    with pytest.raises(IntegrityError), transaction.atomic():
        Variant.objects.bulk_create([Variant(product=product, sku="pan-28")])


@pytest.mark.django_db
def test_what_an_undo_makes_again_looks_as_it_did(operator):
    made = _imported("PAN-28")
    gone = take_back(made, operator)

    take_back(gone, operator)

    assert Variant.objects.values_list("sku", "sku_key").get() == ("PAN-28", "pan-28")


@pytest.mark.django_db
def test_an_undo_makes_nothing_again_that_looks_like_another_by_now(product, operator):
    made = _imported("PAN-28")
    gone = take_back(made, operator)
    create_variant(act=Act.now(), product=product, sku="pan-28")

    take_back(gone, operator)

    assert list(Variant.objects.values_list("sku", flat=True)) == ["pan-28"]


@pytest.mark.django_db
def test_an_undo_makes_again_what_was_recorded_before_a_column_was_there(operator):
    gone = take_back(_imported("PAN-28"), operator)
    for row in ChangeSetRow.objects.filter(change_set=gone, model="variant"):
        before = {k: v for k, v in row.before.items() if k not in {"sku_key", "max_per_order"}}
        rows = "UPDATE inventory_changesetrow SET before = %s WHERE id = %s"
        ledger.lift_triggers(connection)
        with connection.cursor() as cursor:
            cursor.execute(rows, [json.dumps(before), row.pk])
        ledger.install_triggers(connection)

    take_back(gone, operator)

    assert Variant.objects.values_list("sku_key", "max_per_order").get() == ("pan-28", None)


def _imported(sku):
    return run(lines(["SKU;US_Title_Short", f"{sku};Pan"]), mode=ImportMode.CREATE).change_set


# --- files ------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_file_makes_nothing_that_looks_like_one_there_is(make_variant):
    make_variant("PAN-28")

    source = run(lines(["SKU;US_Title_Short", "pan-28;Pan"]), mode=ImportMode.CREATE)

    error = ImportRow.objects.get(source=source).errors[0]
    assert error["message"] == "It looks like the SKU PAN-28, which is in this shop already."
    assert (source.created, Variant.objects.count()) == (0, 1)


@pytest.mark.django_db
def test_two_rows_of_a_file_that_look_alike_are_both_refused(db):
    rows = ["PAN-28;Pan", "pan-28;Lid", "POT;Pot"]
    source = run(lines(["SKU;US_Title_Short", *rows]), mode=ImportMode.CREATE)

    assert row_errors(source) == {2: "conflicting_duplicate", 3: "conflicting_duplicate"}
    assert Variant.objects.get().sku == "POT"


@pytest.mark.django_db
def test_a_file_updates_what_its_skus_look_like(make_variant):
    variant = make_variant("PAN-28")

    run(lines(["SKU;Allow_Backorders", "pan\u201128;Y"]))

    variant.refresh_from_db()
    assert variant.backorders == "allow"


# --- those that were alike before -------------------------------------------------------------


@pytest.mark.django_db
def test_skus_that_were_alike_stay_apart_are_found_and_are_named(product):
    pan, alike = (
        create_variant(act=Act.now(), product=product, sku=sku) for sku in ("PAN-28", "POT")
    )
    with connection.cursor() as cursor:
        cursor.execute("UPDATE inventory_variant SET sku_key = NULL")
        cursor.execute("UPDATE inventory_variant SET sku = 'pan-28' WHERE id = %s", [alike.pk])
    migration = import_module("inventory.migrations.0015_max_per_order_and_sku_key")
    migration.fill(None, SimpleNamespace(connection=connection))

    found = Variant.objects.by_sku(["PAN-28", "pan-28", "Pan-28"])

    assert found == {"PAN-28": pan, "pan-28": alike, "Pan-28": pan}
    assert [str(one) for one in reconcile()] == [
        "sku: pan-28: looks like PAN-28: rename one of them"
    ]
    kept = Variant.objects.get(pk=alike.pk)
    kept.save()  # whatever else is saved of it
    assert Variant.objects.get(pk=alike.pk).sku_key == f"pan-28\n{alike.pk}"
    update_variant(act=Act.now(), variant=kept, changes={"sku": "POT"})
    assert reconcile() == []


@pytest.mark.django_db
def test_a_variant_of_an_older_program_is_found_by_its_exact_sku(product):
    pan = create_variant(act=Act.now(), product=product, sku="PAN-28")
    Variant.objects.filter(pk=pan.pk).update(sku_key=None)

    assert Variant.objects.by_sku(["PAN-28"]) == {"PAN-28": pan}
    assert [one.rule for one in reconcile()] == ["sku"]
    with pytest.raises(InvalidChange, match="already"):
        create_variant(act=Act.now(), product=product, sku="PAN-28")


@pytest.mark.django_db
def test_a_look_up_is_one_query_by_two_indexes(product, django_assert_num_queries):
    create_variant(act=Act.now(), product=create_product(act=Act.now(), title="Pan"), sku="PAN-28")
    with django_assert_num_queries(1):
        Variant.objects.by_sku(["pan-28", "POT"])
    plan = Variant.objects.filter(sku_in(["pan-28"])).explain()
    if connection.vendor == "sqlite":
        assert "MULTI-INDEX OR" in plan
