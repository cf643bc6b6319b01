"""Receiving with a scanner: what a code means, and the same page without a script."""

import pytest


@pytest.fixture
def scan(desk, url):
    def look(code, client=desk):
        return client.get(url("movement_scan"), {"code": code})

    return look


def test_a_sku_and_an_ean_mean_the_same_variant(scan, make_variant):
    make_variant("tea", ean="4006381333931", title="Green")

    answers = [scan(code).json() for code in ("tea", " 4006381333931 ")]

    assert answers[0] == answers[1]
    assert (answers[0]["sku"], answers[0]["ean"]) == ("tea", "4006381333931")
    assert "Green" in answers[0]["title"]


def test_an_unknown_code_is_said_with_the_code(scan, mug):
    answer = scan("4999999999999")

    assert answer.json() == {"error": "4999999999999: No variant has this SKU or EAN."}


def test_an_ean_of_two_variants_names_both(scan, make_variant):
    make_variant("tea", ean="4006381333931")
    make_variant("coffee", ean="4006381333931")

    assert "coffee, tea" in scan("4006381333931").json()["error"]


@pytest.mark.parametrize("code", ["", "x" * 65, "9" * 9000, "<script>", "%00", "'\""])
def test_hostile_codes_are_answered(scan, mug, code):
    answer = scan(code)

    assert answer.status_code in {200, 400}
    assert answer.json().keys() == {"error"}


def test_a_code_of_another_seller_is_unknown(client, anna, berts, make_user, scan):
    anna.user_permissions.add(make_user("x", rights=["add_movement"]).user_permissions.get())
    client.force_login(anna)

    answer = scan("CANARY-1", client)

    assert answer.json().keys() == {"error"}
    assert "CANARY Bike" not in answer.content.decode()


def test_who_may_not_receive_may_not_scan(client, make_user, scan):
    client.force_login(make_user("vera", "viewer"))

    assert scan("mug", client).status_code == 403


def test_the_scanners_field_is_hidden_until_its_script_shows_it(desk, url):
    page = desk.get(url("movement_receive")).content.decode()

    assert "data-scan=" in page
    assert 'hidden>\n          <label for="scan">' in page
    assert "inventory/scan.js" in page
    assert "inventory/scan.js" not in desk.get(url("movement_count")).content.decode()
