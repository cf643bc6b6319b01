"""Anything may stand in an address."""

import pytest
from django.http import QueryDict

from orders.storefront.asked import Asked, Place, UnknownPage, page_number, quantity_of, search_text


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("1", 1),
        (" 5 ", 5),
        ("007", 7),
        ("1000000000", 1_000_000_000),
        ("1000000001", None),
        ("9999999999", None),
        ("10000000000", None),
        ("9" * 5000, None),
        ("0", None),
        ("-1", None),
        ("+1", None),
        ("1.5", None),
        ("1,000", None),
        ("1e3", None),
        ("1_0", None),
        ("0x10", None),
        ("٣", None),
        ("１", None),
        ("²", None),
        ("NaN", None),
        ("", None),
        (" ", None),
        ("1\n", None),
        ("1\x00", None),
        ("\ud800", None),
    ],
)
def test_a_quantity_is_plain_digits_within_bounds(raw, expected):
    assert quantity_of(raw) == expected


@pytest.mark.parametrize(("raw", "expected"), [("", 1), ("1", 1), ("02", 2), ("20", 20)])
def test_a_page_number_is_read(raw, expected):
    assert page_number(raw) == expected


@pytest.mark.parametrize("raw", ["0", "-1", "21", "9" * 30, "abc", "1.0", "1_0", "٣", " 1", "1\n"])
def test_what_is_no_page_number_is_refused(raw):
    with pytest.raises(UnknownPage):
        page_number(raw)


@pytest.mark.parametrize(
    "raw",
    ["5", "x.Mug", "-1.Mug", "5 .Mug", "٣.Mug", "9" * 19 + ".Mug", "5.Mu\x00g", "5.\ud800", "."],
)
def test_what_is_no_place_is_refused(raw):
    with pytest.raises(UnknownPage):
        Place.of(raw)


@pytest.mark.parametrize("title", ["Mug", "", "a.b", "ö & ?", "x" * 300])
def test_a_place_comes_back_from_an_address(title):
    assert Place.of(str(Place(7, title))) == Place(7, title)
    assert Place.of("") is None


def test_a_search_is_short_and_printable():
    assert search_text("  red\x00\u2028mug \n") == "red mug"
    assert search_text("x" * 10_000) == "x" * 100


def test_only_the_first_words_are_looked_for():
    asked = Asked(search=" ".join("abcdefghijk"))

    assert asked.words == list("abcdefgh")


def test_other_pages_keep_the_search_and_the_filter():
    asked = Asked.of(QueryDict("q=a%26b&available=1&page=3"))

    assert asked.query(page=2) == "?q=a%26b&available=1&page=2"
    assert asked.query(is_available_only=False) == "?q=a%26b"
    assert Asked().query() == ""
