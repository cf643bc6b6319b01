"""What the program is made of is written down, and each part may be used."""

import json

import pytest

from tests.bill import BILL, licences, normal, pinned, table, table_of_page

pytestmark = pytest.mark.once

ONLY_ON_WINDOWS = {"tzdata", "colorama"}
MAY_BE_USED = {
    "Apache-2.0",
    "Apache-2.0 OR BSD-2-Clause",
    "Apache-2.0 OR BSD-3-Clause",
    "BSD",
    "BSD-3-Clause",
    "BSD-3-Clause OR Apache-2.0",
    "LGPL-3.0-only",
    "MIT",
    "MIT-0",
    "MIT-CMU",
    "MPL-2.0",
    "PSF-2.0",
    "Python-2.0",
    "ZPL-2.1",
}


@pytest.fixture(scope="module")
def bill():
    return json.loads(BILL.read_text())


def test_the_bill_has_what_is_installed(bill):
    listed = {normal(one["name"]): one["version"] for one in bill["components"]}

    assert listed == {k: v for k, v in pinned().items() if k not in ONLY_ON_WINDOWS}


def test_each_part_may_be_used(bill):
    refused = {
        one["name"]: licences(one)
        for one in bill["components"]
        if not licences(one) or not set(licences(one)) <= MAY_BE_USED
    }

    assert refused == {}


def test_the_page_says_the_same(bill):
    assert table_of_page() == table(bill)
