"""Seller A reads every page: nothing of seller B, nor of the store, is in any of them."""

import io
import re
import zipfile
from collections import defaultdict

import pytest

from tests.marketplace.addresses import (
    autocompletes,
    extra_addresses,
    list_queries,
    routes,
)
from tests.marketplace.world import CANARY, OWNERS, STORE, A, B

pytestmark = [pytest.mark.django_db, pytest.mark.once]


FILTERED = re.compile(r"/[?](?!tab|columns|show|item|format|parcel|app_label)")


def text_of(response):
    """Return everything that was answered: the headers and the body, workbooks unpacked."""
    body = b"".join(response) if response.streaming else response.content
    response.close()
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            body = b"\n".join(book.read(name) for name in book.namelist())
    return f"{dict(response.headers)}\n{body.decode(errors='replace')}"


def all_addresses(world):
    """Return every address, filled in with the rows of each owner and with missing ones."""
    queries = list_queries(world)
    found = {}
    for route in routes():
        for owner in (*OWNERS, None):
            found[route.address(world, owner)] = None
        for query in queries.get(route.name, ()):
            found[f"/{route.pattern}?{query}"] = None
    for owner in OWNERS:
        found |= dict.fromkeys(extra_addresses(world, owner))
    found |= dict.fromkeys(autocompletes())
    return [one for one in found if "/logout/" not in one]


def crawl(client, key, addresses):
    """Return the canaries of each owner that were read, each with the addresses it was read at.

    What the address itself says is no news.
    """
    read = defaultdict(lambda: defaultdict(list))
    for address in addresses:
        headers = key if address.startswith("/api/") else {}
        response = client.get(address, headers=headers)
        assert response.status_code < 500, address
        text = text_of(response)
        for found in {one[0].lower() for one in CANARY.finditer(text)}:
            if found not in address.lower():
                read[found[1]][found].append(address)
    return read


def test_nothing_of_others_is_in_any_page(world, people, visit, key_of):
    seller = people["seller"]

    read = crawl(visit(seller), key_of(seller), all_addresses(world))

    assert {name: pages[:3] for name, pages in read[B].items()} == {}
    assert {name: pages[:3] for name, pages in read[STORE].items()} == {}
    assert len(read[A]) > 40, "the seller's own things are to be seen"


def test_the_same_pages_show_the_operator_everything(world, people, visit, key_of):
    operator = people["superuser"]
    pages = [one for one in all_addresses(world) if not FILTERED.search(one)]

    read = crawl(visit(operator), key_of(operator), pages)

    for owner in (B, STORE):
        assert len(read[owner]) > 50, sorted(read[owner])
