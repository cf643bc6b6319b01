"""No request costs more than ten seconds of computing and 300 MB, whatever is in it.

All are made in one process of their own, so that the system counts what they take.
"""

import json
import os
import subprocess
import sys

import pytest

from tests.faults.costs import ROOT, cost_of

MAX_CPU = 10
MAX_MEGABYTES = 300

pytestmark = pytest.mark.once

REQUESTS = r"""
import ctypes, gc, os, time
os.environ["DJANGO_SETTINGS_MODULE"] = "backoffice.settings"
import django
django.setup()
from django.conf import settings
settings.ALLOWED_HOSTS = ["*"]
from django.contrib.auth import get_user_model
from django.test import Client

user = get_user_model().objects.create_superuser("boss", password="x" * 20)
staff, anybody = Client(raise_request_exception=False), Client(raise_request_exception=False)
staff.force_login(user)
FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=x"
JSON = "application/json"
part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'
file = b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\nb\r\n'
forms = "&".join(f"form-{name}_FORMS=999999" for name in ("TOTAL", "INITIAL")).encode()
line = b'{"sku": "NO-SUCH-SKU-%07d", "quantity": 1}'
lines = b", ".join(line % number for number in range(90_000))
words = "+".join(f"word{number}" for number in range(900))

def post(client, path, body, kind):
    return lambda: client.post(path, body, content_type=kind)

def get(client, path):
    return lambda: client.get(path)

MADE = {
    "login, a very long password": post(
        anybody, "/admin/login/", b"username=boss&password=" + b"p" * 99_000, FORM
    ),
    "checkout, one long field": post(anybody, "/checkout/", b"email=" + b"a" * 99_000, FORM),
    "checkout, an e-mail of dots": post(
        anybody, "/checkout/", b"email=" + b"a." * 49_000 + b"@x.y", FORM
    ),
    "cart, very many fields": post(anybody, "/cart/add/", b"a&" * 49_999, FORM),
    "cart, very many parts": post(anybody, "/cart/add/", part * 1_600, PARTS),
    "cart, very many files": post(anybody, "/cart/add/", file * 1_400, PARTS),
    "cart, a header without end": post(
        anybody, "/cart/add/", b"--x\r\n" + b"A: b\r\n" * 15_000, PARTS
    ),
    "search, very many words": get(anybody, "/?q=" + words),
    "search, one long word": get(anybody, "/?q=" + "x" * 7_000),
    "search, signs": get(anybody, "/?q=" + "%25_" * 2_000),
    "list, a place without end": get(anybody, "/?after=1." + "x" * 7_000),
    "product, a very long quantity": get(anybody, "/product/x/?quantity=" + "9" * 7_000),
    "languages": lambda: anybody.get("/", HTTP_ACCEPT_LANGUAGE="a-" * 2_000 + "de;q=0.1," * 2_000),
    "cookies": lambda: anybody.get("/", HTTP_COOKIE="a=" + "b;" * 30_000),
    "admin, very many forms": post(staff, "/admin/inventory/variant/", forms, FORM),
    "admin, very many fields": post(
        staff, "/admin/inventory/product/add/", b"&".join(b"f%d=1" % n for n in range(4_999)), FORM
    ),
    "admin, too many fields": post(staff, "/admin/inventory/product/add/", b"a&" * 1_200_000, FORM),
    "admin, one long title": post(
        staff, "/admin/inventory/product/add/", b"title=" + b"x" * 2_400_000, FORM
    ),
    "admin, very many parts": post(staff, "/admin/inventory/product/add/", part * 45_000, PARTS),
    "admin, a search of very many words": get(staff, "/admin/inventory/variant/?q=" + words),
    "admin, filters without end": get(staff, "/admin/inventory/variant/?" + "stock=low&" * 700),
    "admin, very many ids": get(staff, "/admin/orders/order/?id__in=" + "1," * 4_000),
    "API, very many lines": post(
        staff, "/api/v1/orders", b'{"external_id": "a", "lines": [' + lines + b"]}", JSON
    ),
    "API, deep": post(staff, "/api/v1/orders", b"[" * 4_900_000, JSON),
    "API, deep objects": post(staff, "/api/v1/orders", b'{"a":' * 900_000, JSON),
    "API, very many numbers": post(
        staff, "/api/v1/orders", b'{"lines": [' + b"1," * 2_400_000 + b"1]}", JSON
    ),
    "API, one long number": post(
        staff, "/api/v1/orders", b'{"a": ' + b"1" * 4_900_000 + b"}", JSON
    ),
    "API, one long text": post(
        staff, "/api/v1/orders", b'{"external_id": "' + b"x" * 4_900_000 + b'"}', JSON
    ),
    "API, escapes": post(
        staff, "/api/v1/orders", b'{"external_id": "' + b"\\u0061" * 810_000 + b'"}', JSON
    ),
    "API, a quote without end": post(staff, "/api/v1/orders", b'"' + b'\\"' * 2_400_000, JSON),
    "API, very many names": post(
        staff,
        "/api/v1/orders",
        b"{" + b",".join(b'"a%d":1' % n for n in range(350_000)) + b"}",
        JSON,
    ),
    "API, very many lists": post(staff, "/api/v1/orders", b"[" + b"[]," * 1_600_000 + b"[]]", JSON),
    "API, very many objects": post(
        staff, "/api/v1/orders", b"[" + b"{}," * 1_600_000 + b"{}]", JSON
    ),
    "API, very many objects of one member": post(
        staff, "/api/v1/orders", b"[" + b'{"a":1},' * 600_000 + b"{}]", JSON
    ),
    "API, very many SKUs": get(staff, "/api/v1/availability?" + "sku=a&" * 1_300),
}
def largest():
    # In megabytes, since it was asked before.
    with open("/proc/self/status") as status:
        found = next(int(line.split()[1]) // 1_000 for line in status if line.startswith("VmHWM"))
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what the allocator keeps for later is no cost of the next
    with open("/proc/self/clear_refs", "w") as peak:
        peak.write("5")
    return found

answer = {}
for name, make in MADE.items():
    began = time.process_time()
    status = make().status_code
    answer[name] = [status, round(time.process_time() - began, 2), largest()]
"""


@pytest.fixture(scope="module")
def cost(tmp_path_factory):
    """Make all requests against an empty shop, in a process of its own."""
    folder = tmp_path_factory.mktemp("costly")
    environment = {"VAR_DIR": str(folder), "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3"}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v", "0"],
        cwd=ROOT,
        env={**os.environ, **environment},
        check=True,
    )
    return cost_of(REQUESTS, **environment)


def test_no_request_computes_for_long(cost):
    slow = {name: found for name, found in cost.answer.items() if found[1] > MAX_CPU}

    assert not slow, json.dumps(cost.answer, indent=1)
    assert len(cost.answer) > 30


def test_no_request_is_an_error_of_ours(cost):
    assert not {name: found for name, found in cost.answer.items() if found[0] >= 500}


def test_no_request_takes_much_memory(cost):
    large = {name: found for name, found in cost.answer.items() if found[2] > MAX_MEGABYTES}

    assert not large, json.dumps(cost.answer, indent=1)
