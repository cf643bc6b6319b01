"""What new rows join, and what stands in their way."""

import pytest

from inventory.acts import Act
from inventory.models import Import, Product, Seller, Variant
from inventory.services.catalog import create_product, create_variant
from inventory.spreadsheets.apply import apply
from tests.inventory.spreadsheets.conftest import lines, no_progress, notices, row_errors, run

HEADER = "Internal_ID;SKU;US_Title_Short;Price"


@pytest.fixture
def seller(db):
    return Seller.objects.create(code="s", name="S")


@pytest.fixture
def vendor(seller, make_user):
    """A user of the seller."""
    user = make_user("s", "seller", rights=("add_variant",))
    seller.users.add(user)
    return user


def test_a_seller_cannot_add_to_a_product_of_somebody_else(catalogue, vendor):
    source = run(lines([HEADER, "1001001;EVIL;Enamel Mug;3"]), user=vendor, mode="create")

    assert row_errors(source) == {2: "exists"}
    assert Product.objects.get(internal_id="1001001").variants.count() == 2


def test_a_title_is_never_read_as_an_id(catalogue, vendor, seller):
    run(lines(["SKU;US_Title_Short;Price", "EVIL;1001001;3"]), user=vendor, mode="create")

    assert Variant.objects.get(sku="EVIL").product.seller == seller
    assert Product.objects.get(internal_id="1001001").variants.count() == 2


def test_what_a_suspended_seller_brings_is_not_the_stores(vendor, seller):
    Seller.objects.update(is_active=False)

    run(lines(["SKU;US_Title_Short", "A;Mug"]), user=vendor, mode="create")

    assert Variant.objects.get(sku="A").product.seller == seller


@pytest.mark.parametrize("internal_id", [None, "77"])
def test_a_variant_joins_the_product_that_its_row_names(db, internal_id):
    product = create_product(act=Act.now(), title="Mug", internal_id=internal_id)
    create_variant(act=Act.now(), product=product, sku="a")

    source = run(lines([HEADER, f"{internal_id or f'B{product.pk}'};b;Mug;3"]), mode="create")

    assert (source.created, source.errors) == (1, 0)
    assert Variant.objects.get(sku="b").product == product
    assert Product.objects.count() == 1


def test_an_id_of_our_own_making_that_we_do_not_have_is_an_error(db):
    source = run(lines([HEADER, "B999;b;Mug;3"]), mode="create")

    assert row_errors(source) == {2: "unknown_variant"}


def test_a_product_that_is_deleted_after_the_check_is_said(db):
    product = create_product(act=Act.now(), title="Mug", internal_id="77")
    source = run(lines([HEADER, "77;b;Mug;3", "78;c;Cup;3"]), mode="create", apply_it=False)
    product.delete()

    apply(source, progress=no_progress)

    assert row_errors(source) == {2: "changed_meanwhile"}
    assert Variant.objects.get().sku == "c"


def test_a_product_id_that_is_taken_after_the_check_is_said(db):
    source = run(lines([HEADER, "77;b;Mug;3", "77;c;Mug;3"]), mode="create", apply_it=False)
    create_product(act=Act.now(), title="Other", internal_id="77")

    apply(source, progress=no_progress)

    assert row_errors(source) == {2: "changed_meanwhile", 3: "changed_meanwhile"}
    assert not Variant.objects.exists()


def test_one_variant_id_twice_is_refused_whatever_the_skus(db):
    source = run(
        lines(["Internal_Variant_ID;SKU;US_Title_Short", "5;A;Mug", "5;B;Mug", "6;C;Mug"]),
        mode="create",
    )

    assert row_errors(source) == {2: "conflicting_duplicate", 3: "conflicting_duplicate"}
    assert Variant.objects.get().sku == "C"


def test_neither_of_two_rows_wins_an_id_or_a_sku(db):
    source = run(
        lines(["Internal_Variant_ID;SKU;US_Title_Short", "5;A;Mug", "5;B;Mug", "6;B;Mug"]),
        mode="create",
    )

    assert set(row_errors(source)) == {2, 3, 4}
    assert not Variant.objects.exists()


def test_a_made_sku_is_a_free_one(db):
    create_variant(
        act=Act.now(), product=create_product(act=Act.now(), title="Other"), sku="SPOON-2"
    )

    source = run(lines(["US_Title_Short;Price", "Spoon;1"]), mode="create")

    assert (source.created, source.errors) == (1, 0)
    made = Variant.objects.get(product__title="Spoon").sku
    assert made.startswith("SPOON-2-")
    assert notices(source) == ["sku_made"]


def test_an_update_passes_over_cells_that_only_a_new_variant_takes(catalogue):
    source = run(
        lines(
            [
                "SKU;US_Title_Short;Price;Stock_Disable_Sold_Out",
                "MUG-BLU;Enamel Mug;abc;N",
                "N;New;abc;N",
            ]
        ),
        mode="both",
    )

    assert row_errors(source) == {3: "bad_value"}
    assert source.changed == 1


def test_a_refused_file_counts_nothing(catalogue):
    rows = [f"{variant};Wrong;Y;Y" for variant in range(2001001, 2001007)]

    source = run(
        lines(["Internal_Variant_ID;US_Title_Short;Stock_Track;Stock_Disable_Sold_Out", *rows])
    )

    assert source.refused_code == "titles_differ"
    assert Import.objects.values_list("rows", "changed", "unchanged").latest("pk") == (0, 0, 0)


def test_an_id_and_a_sku_of_two_variants_are_an_error(catalogue):
    source = run(
        lines(
            ["Internal_Variant_ID;SKU;Stock_Disable_Sold_Out", "2001002;BOWL-S;N", "2001001;NEW;N"]
        )
    )

    assert row_errors(source) == {2: "id_sku_mismatch"}
    assert source.changed == 1
