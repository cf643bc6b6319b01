"""The normal form of a SKU, sign by sign."""

import pytest

from inventory.skus import matched, sku_error, sku_key


def _numbered(_value):
    """Return no name for a row: the signs of these would be no name that a shell takes."""
    return ""


@pytest.mark.parametrize(
    ("case", "text", "key"),
    [
        ("plain", "Pan-28 XL", "pan-28 xl"),
        ("blanks of plain text", "  Pan   28 ", "pan 28"),
        ("blanks of other text", " \u00a0Topf\u2003\u00e4  28\u00a0", "topf \u00e4 28"),
        ("a tab in plain text", "Pan\t28", "pan 28"),
        ("a control sign", "Pan\x0728", "pan28"),
        ("half of a pair", "Pan\ud80028", "pan28"),
        ("a formatting sign", "Pan\u00ad28", "pan28"),
        ("a blank that is a letter", "Pan\u316428", "pan28"),
        ("a blank that is a sign", "Pan\u280028", "pan28"),
        ("the first selector", "Pan\ufe0028", "pan28"),
        ("the last selector", "Pan\ufe0f28", "pan28"),
        ("the sign before the first", "Pan\ufdff28", "pan\ufdff28"),
        ("the first selector beyond", "Pan\U000e010028", "pan28"),
        ("the last selector beyond", "Pan\U000e01ef28", "pan28"),
        ("the first Mongolian selector", "Pan\u180b28", "pan28"),
        ("the last Mongolian selector", "Pan\u180f28", "pan28"),
        ("a Mongolian digit", "Pan\u1810", "pan\u1810"),
        ("a minus", "Pan\u221228", "pan-28"),
        ("an em dash", "Pan\u201428", "pan-28"),
        ("signs that compose when what is between them is taken out", "Cafe\u200b\u0301",
         "caf\u00e9"),
        ("signs that compose in capitals", "\uff23afe\u200b\u0301", "caf\u00e9"),
        ("one sign for many letters", "\ufb03", "ffi"),
        ("Cyrillic and Greek", "\u0420\u0391\u039d", "pan"),
        ("nothing that is seen", "\u200b", ""),
    ],
    ids=_numbered,
)  # fmt: skip
def test_the_normal_form(case, text, key):
    assert sku_key(text) == key


CYRILLIC = ("авекмнорстухіјѕԁԛԝ", "abekmhopctyxijsdqw")
GREEK = ("αβεζηικνορτυχ", "abezhiknoptyx")


@pytest.mark.parametrize(
    ("letter", "latin"), [*zip(*CYRILLIC, strict=True), *zip(*GREEK, strict=True)], ids=_numbered
)
def test_a_letter_whose_capital_looks_latin(letter, latin):
    assert sku_key(letter) == sku_key(letter.upper()) == latin


@pytest.mark.parametrize("blank", "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0", ids=_numbered)
def test_a_sign_that_nobody_sees(blank):
    assert sku_key(f"Pan{blank}28") == "pan28"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("PAN-28", "PAN28"),
        ("PAN 28", "PAN28"),
        ("10\u00b5F", "10mF"),
        ("O-1", "0-1"),
        ("I1", "l1"),
        ("\u0428\u0410\u0420", "\u0429\u0410\u0420"),
        ("na\u00efve", "naive"),
    ],
    ids=_numbered,
)
def test_what_people_tell_apart_is_two(one, other):
    assert sku_key(one) != sku_key(other)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "A SKU needs a character that can be seen."),
        ("x", None),
        ("x" * 200, None),
        ("x" * 201, "Written out, this SKU has more than 200 characters."),
        ("\ufb03" * 67, "Written out, this SKU has more than 200 characters."),
    ],
    ids=_numbered,
)
def test_what_is_no_sku(text, error):
    assert sku_error(text) == error


def test_of_several_that_are_alike_the_first_is_meant_but_the_exact_one_before():
    rows = [("PAN", 1), ("pan", 2), ("Pot", 3)]

    assert matched(["pan", "PAN", "Pan", "pot", "Lid"], rows) == {
        "pan": 2,
        "PAN": 1,
        "Pan": 1,
        "pot": 3,
    }
