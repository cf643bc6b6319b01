"""Which variants and products a search finds: alike on both engines, and at once."""

import pytest
from django.db import connection
from django.db.models import F
from django.test import TestCase

from inventory import search, search_triggers
from inventory.acts import Act
from inventory.filters import by_words
from inventory.models import Product, SearchRow, Seller, Variant
from inventory.search import few_titles, products_come_by, products_with, variants_with
from inventory.services.catalog import create_product, create_variant, update_product
from inventory.sql import insert_rows

SHELF = {
    "Enamel Mug": ("Arden", {"MUG-01": ("White", "4006381333931"), "mug_02": ("Blue 100%", "")}),
    "Überzug Größe": ("Ørsted", {"UB-1": ("Café", "")}),
    "ΣΟΦΙΑ": ("", {"SO%1": ("Юбка", "")}),
    'He said "hi" AND * NEAR(': ("O'Neill", {"Q-1": ("a\\b", ""), "aq-2": ("(x)", "")}),
    "Alone": ("Nobody", {}),
}


@pytest.fixture
def shelf(db):
    for title, (brand, variants) in SHELF.items():
        product = create_product(act=Act.now(), title=title, brand=brand)
        for sku, (name, ean) in variants.items():
            create_variant(act=Act.now(), product=product, sku=sku, title=name, ean=ean)


def skus(text):
    return {row.sku for row in Variant.objects.filter(variants_with(text))}


def titles(text):
    return {row.title for row in Product.objects.filter(products_with(text))}


FINDS = [
    ("mug", {"MUG-01", "mug_02"}),
    ("MUG-0", {"MUG-01"}),
    ("ug-01", {"MUG-01"}),
    ("arden mug blue", {"mug_02"}),
    ("arden mug green", set()),
    ("4006381333931", {"MUG-01"}),
    ("381333", {"MUG-01"}),
    ("mug_", {"mug_02"}),
    ("100%", {"mug_02"}),
    ("0%", {"mug_02"}),
    ("10", {"mug_02"}),
    ("%", {"mug_02", "SO%1"}),
    ("_", {"mug_02"}),
    ("blue 0% mu", {"mug_02"}),
    ("so%1", {"SO%1"}),
    ("so%2", set()),
    ("überzug", {"UB-1"}),
    ("ÜBERZUG", {"UB-1"}),
    ("GRÖSSE", set()),
    ("GRÖẞE", {"UB-1"}),
    ("øRS", {"UB-1"}),
    ("CAFÉ", {"UB-1"}),
    ("cafe", set()),
    ("ü", {"UB-1"}),
    ("Ø", {"UB-1"}),
    ("σοφ", {"SO%1"}),
    ("ЮБКА", {"SO%1"}),
    ("юб", {"SO%1"}),
    ("u", {"UB-1"}),
    ("mu", {"MUG-01", "mug_02"}),
    ("ug", set()),
    ("q", {"Q-1"}),
    ('"hi"', {"Q-1", "aq-2"}),
    ('"', {"Q-1", "aq-2"}),
    ("near(", {"Q-1", "aq-2"}),
    ("a\\b", {"Q-1"}),
    ("o'neill", {"Q-1", "aq-2"}),
    ("(x)", {"aq-2"}),
    ("*", {"Q-1", "aq-2"}),
    ("mug*", set()),
    ("-", {"MUG-01", "UB-1", "Q-1", "aq-2"}),
    ("mug OR überzug", set()),
    ("text:mug", set()),
    ("^mug", set()),
    ("mug\x00blue", {"mug_02"}),
    ("mug\ud800", {"MUG-01", "mug_02"}),
    (" mug\u00a0\tblue ", {"mug_02"}),
    ("mug " * 1500, {"MUG-01", "mug_02"}),
    ("x" * 5000, set()),
    ("'; DROP TABLE inventory_variant; --", set()),
]


@pytest.mark.parametrize("plan", ["few", "many", "common"])
def test_what_a_text_finds(shelf, plan, monkeypatch):
    everything = set(Variant.objects.values_list("sku", flat=True))
    monkeypatch.setattr(search, "FEW", 5_000 if plan == "few" else 0)
    monkeypatch.setattr(search, "COMMON", 0.0 if plan == "common" else 1e6)
    wrong = {
        text[:40]: found
        for text, expected in [*FINDS, ("", everything), (" \x00", everything)]
        if (found := skus(text)) != expected
    }
    assert wrong == {}
    assert titles("nobody") == {"Alone"}
    assert titles("mug_02 enamel") == {"Enamel Mug"}
    assert titles("MUG-01 blue") == set()  # both of one variant
    assert titles("a") == {"Enamel Mug", "Alone", 'He said "hi" AND * NEAR('}
    assert titles("CAFÉ") == {"Überzug Größe"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mug", {"Enamel Mug"}),
        ("arden enamel", {"Enamel Mug"}),
        ("MUG-01", set()),
        ("überzug", {"Überzug Größe"}),
    ],
)
def test_a_title_is_found_by_the_product_alone(shelf, text, expected, monkeypatch):
    found = few_titles(text)
    assert {row.title for row in Product.objects.filter(found)} == expected
    monkeypatch.setattr(search, "FEW", 0)
    many = few_titles(text)
    assert (
        many is None
        if expected and text
        else {*Product.objects.filter(many)} == ({*Product.objects.all()} if not text else set())
    )


@pytest.mark.parametrize("text", ["mug", "mug blue", "UB-1", "ÜBERZUG", "nobody", "a", "zebra", ""])
def test_products_come_by_as_they_are_found(shelf, text):
    rows = Product.objects.filter(products_come_by(text))
    assert {row.title for row in rows} == titles(text)


def test_an_sqlite_without_trigrams_finds_the_same(shelf, monkeypatch):
    if connection.vendor == "sqlite":
        monkeypatch.setattr(search, "_has_index", lambda _name: False)
    assert {text: skus(text) for text, _found in FINDS} == dict(FINDS)


def test_a_condition_leads_from_other_models_and_combines(shelf):
    rows = Variant.objects.filter(products_with("arden", "product"), ~variants_with("blue"))
    assert {row.sku for row in rows} == {"MUG-01"}
    assert {row.sku for row in by_words(Variant.objects.all(), "arden blue")} == {"mug_02"}


# --- kept by the database ---------------------------------------------------------------------


def kept():
    """Return the table as it is, and as it would be if it were made anew."""
    now = list(SearchRow.objects.order_by("pk").values_list())
    search_triggers.fill(connection)
    return now, list(SearchRow.objects.order_by("pk").values_list())


def test_every_way_to_write_is_found_at_once(shelf):
    mug = Product.objects.get(title="Enamel Mug")
    update_product(product=mug, changes={"title": "Becher"}, act=Act.now().looking_at(mug.version))
    assert (skus("enamel"), skus("becher")) == (set(), {"MUG-01", "mug_02"})
    Product.objects.filter(pk=mug.pk).update(brand="Neuhaus")
    assert (titles("arden"), skus("NEUHAUS blue")) == (set(), {"mug_02"})
    Variant.objects.filter(sku="MUG-01").update(sku="CUP-9", ean="12345678", title="Rosé")
    assert (skus("MUG-01"), skus("cup-9 1234 ROSÉ")) == (set(), {"CUP-9"})
    Variant.objects.bulk_create(
        [Variant(product=mug, sku=f"BULK-{n}", title="Bulk") for n in range(3)]
    )
    assert skus("neuhaus bulk-1") == {"BULK-1"}
    columns = ["title", "slug", "brand", "description", "image", "is_visible", "backorders"]
    columns += ["version", "created_at", "updated_at"]
    row = ["Copied Chair", "copied", "", "", "", True, "inherit", 1, mug.created_at, mug.created_at]
    insert_rows(Product, columns, [row])
    chair = Product.objects.get(slug="copied")
    assert titles("copied chair") == {"Copied Chair"}
    Variant.objects.filter(sku="BULK-2").update(product=chair)
    assert skus("copied") == {"BULK-2"}
    Variant.objects.filter(sku="BULK-2").delete()
    assert (skus("copied"), titles("copied")) == (set(), {"Copied Chair"})
    chair.delete()
    assert titles("copied") == set()
    now, anew = kept()
    assert now == anew


def test_a_variant_that_comes_before_its_product_has_its_words(db):
    seed = create_product(act=Act.now(), title="Seed")
    create_variant(act=Act.now(), product=seed, sku="SEED-1")
    with connection.cursor() as cursor, TestCase.captureOnCommitCallbacks():
        Variant.objects.filter(sku="SEED-1").update(product_id=seed.pk + 1000)
        Product.objects.bulk_create(
            [Product(pk=seed.pk + 1000, title="Late Lamp", slug="late", brand="Slow")]
        )
        cursor.execute("SELECT 1")
    assert skus("late slow seed-1") == {"SEED-1"}


@pytest.mark.parametrize("columns", [{"position": 7}, {"price": 3, "version": 9}])
def test_other_columns_leave_the_text_alone(shelf, columns):
    SearchRow.objects.update(own="untouched", text="untouched")
    Variant.objects.update(**columns, sku=F("sku"))
    for variant in Variant.objects.all():
        variant.save()
    Product.objects.update(version=5, seller=Seller.objects.create(code="s", name="S"))
    assert set(SearchRow.objects.values_list("text", flat=True)) == {"untouched"}


def test_the_triggers_are_there_after_all_migrations(db):
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT count(*) FROM sqlite_master WHERE name LIKE 'search_%'")
            assert cursor.fetchone() == (9,)
            cursor.execute(
                f"INSERT INTO {search_triggers.INDEX} ({search_triggers.INDEX}, rank)"
                " VALUES ('integrity-check', 1)"
            )
        else:
            cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'search\\_%'")
            assert cursor.fetchone() == (6,)


def test_installing_again_changes_nothing(shelf):
    search_triggers.lift(connection)
    search_triggers.drop_index(connection)
    search_triggers.fill(connection)
    assert search_triggers.index(connection) in {True, False}
    search_triggers.install(connection)
    assert skus("überzug") == {"UB-1"}
    create_variant(act=Act.now(), product=Product.objects.get(title="Alone"), sku="NEW-1")
    assert skus("alone nobody") == {"NEW-1"}


def test_an_old_sqlite_is_told_of(monkeypatch):
    monkeypatch.setattr(search, "sqlite_has_trigrams", lambda: False)
    said = [problem.id for problem in search.check_trigrams()]
    assert said == (["inventory.W001"] if connection.vendor == "sqlite" else [])
