"""Receiving with a scanner: a field, codes, Enter; the mouse lies in the drawer."""

import pytest
from playwright.sync_api import expect

from inventory.acts import Act
from inventory.models import Movement, Variant
from inventory.services.catalog import create_product, create_variant

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def scanner(desk, live_server):
    """The receiving page with two variants, and whatever it complains of."""
    product = create_product(act=Act.now(), title="Tea")
    create_variant(act=Act.now(), product=product, sku="TEA", title="Green", ean="4006381333931")
    create_variant(act=Act.now(), product=create_product(act=Act.now(), title="Mug"), sku="MUG")
    complaints = []
    desk.on("pageerror", lambda error: complaints.append(str(error)))
    desk.goto(f"{live_server.url}/admin/inventory/movement/receive/")
    desk.complaints = complaints
    return desk


def scan(page, *codes):
    for code in codes:
        page.keyboard.type(code)
        page.keyboard.press("Enter")


def lines(page):
    """Return code and quantity of the lines that are filled."""
    rows = page.locator("[data-lines] tbody tr").all()
    pairs = [
        (row.locator("[data-code]").input_value(), row.locator("[type=number]").input_value())
        for row in rows
    ]
    return [pair for pair in pairs if pair != ("", "")]


def test_scans_are_counted_corrected_and_received_with_the_keyboard_alone(scanner):
    expect(scanner.locator("#scan")).to_be_focused()
    scan(scanner, "TEA", "4006381333931", "MUG", "TEA")
    expect(scanner.get_by_role("status").filter(has_text="TEA")).to_have_text("TEA: now 3")
    assert lines(scanner) == [("TEA", "3"), ("MUG", "1")]

    scanner.keyboard.press("Tab")  # the first line's code
    scanner.keyboard.press("Tab")  # and its quantity
    scanner.keyboard.type("12")
    scanner.keyboard.press("Enter")
    expect(scanner.locator("#scan")).to_be_focused()
    scanner.keyboard.press("Enter")
    with scanner.expect_navigation():
        scanner.keyboard.press("Enter")

    units = dict(Movement.objects.values_list("stock_level__variant__sku", "quantity"))
    assert units == {"TEA": 12, "MUG": 1}
    assert scanner.complaints == []


def test_a_wrong_code_is_said_and_changes_no_line(scanner):
    scan(scanner, "TEA", "4999999999999")

    expect(scanner.get_by_role("alert").filter(has_text="4999999999999")).to_be_visible()
    assert lines(scanner) == [("TEA", "1")]
    scan(scanner, "TEA")
    expect(scanner.get_by_role("status").filter(has_text="TEA")).to_have_text("TEA: now 2")
    expect(scanner.get_by_role("alert").filter(has_text="4999999999999")).to_be_hidden()


def test_more_variants_than_lines_make_new_lines(scanner):
    product = Variant.objects.get(sku="MUG").product
    codes = [f"V{number}" for number in range(8)]
    for code in codes:
        create_variant(act=Act.now(), product=product, sku=code, title=code)

    scan(scanner, *codes, "V0")

    expect(scanner.get_by_role("status").filter(has_text="V0")).to_have_text("V0: now 2")
    assert lines(scanner) == [("V0", "2"), *((code, "1") for code in codes[1:])]


def test_a_code_is_kept_when_the_server_cannot_be_asked(scanner):
    scanner.route("**/movement/scan/**", lambda route: route.abort())

    scan(scanner, "TEA")

    expect(scanner.get_by_role("status").filter(has_text="TEA")).to_contain_text(
        "could not be looked up"
    )
    assert lines(scanner) == [("TEA", "1")]


def test_what_is_scanned_after_a_click_beside_the_field_is_not_lost(scanner):
    scanner.locator(".bo-lead").click()

    scan(scanner, "MUG")

    expect(scanner.get_by_role("status").filter(has_text="MUG")).to_have_text("MUG: now 1")
