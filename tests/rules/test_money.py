"""What an order costs, and what is due back: by hand, to the cent."""

from decimal import Decimal

import pytest

from orders.policy.money import Charges, charges_of, cost, extras, payment_of, refund_due


def money(text):
    return Decimal(text)


SHOP = charges_of(goods=money("100.00"), charged=money("126.00"), shipping=money("5.00"))


@pytest.mark.parametrize(
    ("case", "charges", "kept", "is_any_kept", "expected"),
    [
        ("nothing beside the lines", Charges(), "25.00", True, "25.00"),
        ("nothing is kept", Charges(), "0", False, "0"),
        ("all of it", SHOP, "100.00", True, "126.00"),
        ("nothing is kept of a charged one", SHOP, "0", False, "0"),
        ("half of it keeps the shipping", SHOP, "50.00", True, "65.50"),
        ("a free unit is kept", SHOP, "0", True, "5.00"),
        ("a third of the tax in cents", SHOP, "33.33", True, "45.33"),
        ("half a cent goes up", Charges(money(2), money("0.01")), "1.00", True, "1.01"),
        ("units that were added bear no tax", SHOP, "150.00", True, "176.00"),
        ("lines that are free", Charges(money(0), money("1.50"), money(4)), "0", True, "5.50"),
        ("a discount on the whole", Charges(money(100), money(-20)), "50.00", True, "40.00"),
        ("all is a gift", Charges(money(100), money(-100)), "50.00", True, "0"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_what_is_kept_costs(case, charges, kept, is_any_kept, expected):
    assert cost(charges, kept=money(kept), is_any_kept=is_any_kept) == money(expected)


@pytest.mark.parametrize(
    ("goods", "charged", "shipping", "expected"),
    [
        ("100", "126", "5", Charges(money(100), money(21), money(5))),
        ("100", "100", "0", Charges(money(100), money(0), money(0))),
        ("100", "80", "0", Charges(money(100), money(-20), money(0))),
        ("100", "3", "5", Charges(money(100), money(-100), money(3))),
        ("100", "126", "-5", Charges(money(100), money(26), money(0))),
    ],
)
def test_what_was_charged_is_parted(goods, charged, shipping, expected):
    found = charges_of(goods=money(goods), charged=money(charged), shipping=money(shipping))

    assert found == expected
    assert found.total == money(charged)


def test_tax_and_shipping_are_told_apart():
    assert extras(SHOP, kept=money(50), is_any_kept=True) == (money("10.50"), money(5))
    assert extras(SHOP, kept=money(0), is_any_kept=False) == (0, 0)


@pytest.mark.parametrize(
    ("was", "captured", "total", "expected"),
    [
        ("pending", 0, 10, "pending"),
        ("pending", 0, 0, "pending"),
        ("paid", 10, 10, "paid"),
        ("paid", 0, 0, "paid"),
        ("paid", 10, 9, "refund_due"),
        ("paid", 10, 0, "refund_due"),
        ("paid", 9, 10, "pending"),
        ("refund_due", 10, 9, "refund_due"),
        ("refund_due", 9, 9, "paid"),
        ("refund_due", 0, 0, "refunded"),
        ("refunded", 0, 0, "refunded"),
    ],
)
def test_how_far_the_money_is(was, captured, total, expected):
    assert payment_of(was, captured=money(captured), total=money(total)) == expected


def test_only_what_is_due_is_due():
    assert refund_due("refund_due", captured=money(10), total=money(4)) == 6
    assert refund_due("paid", captured=money(10), total=money(4)) == 0
