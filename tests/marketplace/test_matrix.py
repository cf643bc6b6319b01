"""Every address of the resolver, asked by each kind of person: who is let in is a table."""

from fnmatch import fnmatchcase

import pytest
from django.db import transaction
from django.template.response import SimpleTemplateResponse

from tests.marketplace.addresses import routes
from tests.marketplace.matrix import LETTERS, MODELS, PAGES
from tests.marketplace.world import A, B, picture

pytestmark = [pytest.mark.django_db, pytest.mark.once]

REFUSED = {401, 403, 404, 405}
PERSONS = (None, *LETTERS, "superuser")
STANDARD = {
    "changelist": {"GET": "view", "POST": "view"},
    "add": {"GET": "add", "POST": "add"},
    "change": {"GET": "view", "POST": "change"},
    "history": {"GET": "view", "POST": "view"},
    "delete": {"GET": "delete", "POST": "delete"},
}


@pytest.fixture(autouse=True)
def _nothing_is_drawn(monkeypatch):
    """Leave pages empty: who is let in is decided before, and drawing takes most of the time."""
    monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")


def expected(route):
    """Return who may, by method; `None`: the table does not know the address."""
    verbs = ("GET", "POST", "PATCH", "DELETE") if route.is_api else ("GET", "POST")
    for pattern, methods in PAGES.items():
        if fnmatchcase(route.name, pattern):
            return {verb: set(methods.get(verb, "")) for verb in verbs}
    model, _under, page = route.name.rpartition("_")
    rights = MODELS.get(model)
    if rights is None or page not in STANDARD:
        return None
    return {verb: set(rights.get(right, "")) for verb, right in STANDARD[page].items()}


def answer_to(client, key, verb, address):
    """Return the status of an answer; whatever it changed is undone.

    To be sent to log in is a 401; to be sent home is how the admin says that a row is not there.
    """
    headers = key if address.startswith("/api/") else {}
    kind = {} if verb == "GET" else {"data": "{}", "content_type": "application/json"}
    if not address.startswith("/api/") and verb == "POST":
        kind = {"data": {}}
    cookies = client.cookies.copy()
    with transaction.atomic():
        response = getattr(client, verb.lower())(address, headers=headers, **kind)
        transaction.set_rollback(True)
    response.close()
    client.cookies = cookies
    if response.status_code != 302:
        return response.status_code
    leads = response.headers["Location"].split("?")[0]
    return {"/admin/login/": 401, "/admin/": 404}.get(leads, 302)


def test_every_address_has_a_row():
    missing = [route.name for route in routes() if expected(route) is None]

    assert missing == [], "say in tests/marketplace/matrix.py who may open it"


def test_every_row_is_of_an_address():
    names = [route.name for route in routes()]

    assert [row for row in PAGES if not any(fnmatchcase(name, row) for name in names)] == []
    assert [row for row in MODELS if f"{row}_changelist" not in names] == []


@pytest.mark.parametrize("person", PERSONS)
def test_who_is_let_in(world, people, visit, key_of, person):
    user = people[LETTERS.get(person, person)] if person else None
    client, key = visit(user), key_of(user)
    wrong = []
    for route in routes():
        for verb, letters in (expected(route) or {}).items():
            status = answer_to(client, key, verb, route.address(world, A))
            assert status < 500, (verb, route.name)
            may = (letters - {"x"} if person == "superuser" else letters & {person or "x"}) != set()
            if (status not in REFUSED) != may:
                wrong.append(f"{verb} {route.name}: {status}")

    assert wrong == [], "\n".join(wrong)


def test_for_a_seller_the_rows_of_another_are_not_there(world, people, visit, key_of):
    client, key = visit(people["seller"]), key_of(people["seller"])
    before = picture(world, B)
    wrong = []
    for route in routes():
        if "<" not in route.pattern:
            continue
        for verb in expected(route) or ():
            theirs = answer_to(client, key, verb, route.address(world, B))
            nobodys = answer_to(client, key, verb, route.address(world, None))
            shared = route.address(world, A) == route.address(world, B)
            if theirs != nobodys and not shared:
                wrong.append(f"{verb} {route.name}: {theirs}, missing: {nobodys}")

    assert wrong == []
    assert picture(world, B) == before
