"""A visitor who opens every page of the shop: follows each link, and sends each form.

Everything is asked by GET, or by POST inside a savepoint that is rolled back, so that no form takes
anything away from the pages that come after it.
"""

import re
from collections import Counter, deque
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urldefrag, urlencode, urljoin, urlsplit

from django.db import transaction
from django.test import Client
from django.urls import Resolver404, resolve

from tests.html import forms_of, links_of

HOST = "http://testserver"
WAYS_OUT = ("/admin/logout/", "/static/", "/media/")
"""Where a crawl does not go: out, and to files that no view makes."""

OF_A_KIND = 2
"""Addresses of one route with the same kinds of arguments that are opened by one visitor."""


@dataclass(frozen=True)
class Fault:
    """An answer that no address and no form may get."""

    what: str
    seen_on: str
    error: str

    def __str__(self) -> str:
        return f"{self.what}\n    found on {self.seen_on}\n    {self.error}"


@dataclass
class Crawl:
    """One visitor: what was opened, what was sent, and what went wrong."""

    client: Client
    of_a_kind: int = OF_A_KIND
    opened: dict[str, int] = field(default_factory=dict)
    sent: int = 0
    routes: set[str] = field(default_factory=set)
    faults: dict[str, Fault] = field(default_factory=dict)

    def __post_init__(self):
        self._waiting = deque()
        self._seen, self._kinds, self._forms = set(), Counter(), set()
        self.client.raise_request_exception = False

    def run(self, *starts):
        """Open these addresses, and all that they lead to."""
        for start in starts:
            self._note(start, "the start", HOST)
        while self._waiting:
            address, found_on = self._waiting.popleft()
            self._follow(self.look_at(address, found_on), address)

    def look_at(self, address, found_on="the start"):
        """Return what is answered at an address, and follow nothing."""
        response = self._ask("GET", address, found_on)
        self.opened[address] = response.status_code
        return response

    def _follow(self, response, address):
        """Note where an answer leads, and send its forms."""
        kind = response.get("Content-Type", "")
        if response.streaming:
            b"".join(response.streaming_content)
            response.close()
        elif 300 <= response.status_code < 400:
            self._note(response["Location"], address, HOST + address)
        elif "json" in kind:
            self._note_all(_links_in(response.json()), address)
        elif "html" in kind and response.status_code < 500:
            self._note_all(links_of(response), address)
            for form in forms_of(response):
                self._try(form, address)

    def _note_all(self, links, address):
        for link in links:
            self._note(link, address, HOST + address)

    def _note(self, link, found_on, base):
        """Remember an address that is ours, unless enough of its kind were."""
        parts = urlsplit(urldefrag(urljoin(base, link))[0])
        address = f"{parts.path}?{parts.query}" if parts.query else parts.path
        if f"{parts.scheme}://{parts.netloc}" != HOST or parts.path.startswith(WAYS_OUT):
            return
        if address in self._seen:
            return
        self._seen.add(address)
        kind = kind_of(parts.path, parts.query)
        self._kinds[kind] += 1
        if self._kinds[kind] <= self.of_a_kind:
            self._waiting.append((address, found_on))

    def _try(self, form, address):
        """Send a form as it stands with each of its buttons, and with all fields empty."""
        target = urljoin(HOST + address, form.action or address)
        parts = urlsplit(target)
        if f"{parts.scheme}://{parts.netloc}" != HOST or parts.path.startswith(WAYS_OUT):
            return
        if form.method == "get":
            self._note(f"{parts.path}?{urlencode(form.fields, doseq=True)}", address, HOST)
            empty = dict.fromkeys(form.fields, "")
            self._note(f"{parts.path}?{urlencode(empty)}", address, HOST)
            return
        for button in form.buttons or [None]:
            self._send(form, button, parts, address)

    def _send(self, form, button, parts, address):
        where = urljoin(HOST + address, button.action) if button and button.action else None
        parts = urlsplit(where) if where else parts
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        pressed = {button.name: [button.value]} if button and button.name else {}
        names = tuple(sorted({_plain(name) for name in form.fields} | set(pressed)))
        kind = (route_of(parts.path), names, _plain(str(pressed)))
        if kind in self._forms:
            return
        self._forms.add(kind)
        token = {name: value for name, value in form.fields.items() if name == TOKEN}
        empty = {name: [""] for name in form.fields if name != TOKEN}
        for data in ({**form.fields, **pressed}, {**token, **empty, **pressed}):
            self._post(path, data, address)

    def _post(self, path, data, address):
        """Send a form, see where it leads, and take back what it did."""
        self.sent += 1
        cookies = dict(self.client.cookies)
        with transaction.atomic():
            response = self._ask("POST", path, address, data)
            if 300 <= response.status_code < 400:
                then = urlsplit(urljoin(HOST + path, response["Location"]))
                if then.netloc == urlsplit(HOST).netloc:
                    following = f"{then.path}?{then.query}" if then.query else then.path
                    self._ask("GET", following, f"{address}, after a POST to {path}")
            transaction.set_rollback(True)
        self.client.cookies.clear()
        self.client.cookies.update(cookies)

    def _ask(self, method, address, found_on, data=None):
        """Return the answer; one that nobody foresaw is a fault."""
        with transaction.atomic():
            if method == "GET":
                response = self.client.get(address)
            else:
                response = self.client.post(address, data)
            if response.status_code >= 500:
                transaction.set_rollback(True)
        self.routes.add(route_of(urlsplit(address).path))
        if response.status_code >= 500:
            error = getattr(response, "exc_info", None)
            words = f"{error[0].__name__}: {error[1]}" if error else f"{response.status_code}"
            where = _last_of_ours(error[2]) if error else ""
            said = "" if data is None else f" {dict(list(data.items())[:8])}"
            fault = Fault(f"{method} {address}{said}", found_on, f"{words[:300]} {where}")
            self.faults.setdefault(f"{route_of(urlsplit(address).path)} {words[:80]}", fault)
        return response


TOKEN = "csrfmiddlewaretoken"


def kind_of(path, query):
    """Return the route of an address, and the names of its query; a single one with its word."""
    asked = dict(parse_qsl(query, keep_blank_values=True))
    asked.pop("_changelist_filters", None)
    if len(asked) == 1:
        name, value = next(iter(asked.items()))
        return route_of(path), name, value if re.fullmatch(r"[a-z_]{1,20}", value) else ""
    return route_of(path), *sorted(asked)


def route_of(path):
    """Return the pattern that an address fits, or nothing."""
    try:
        return resolve(path).route
    except Resolver404:
        return ""


def _plain(name):
    """Return the name of a field without its number."""
    return re.sub(r"\d+", "0", name)


def _links_in(data):
    """Yield the addresses that an answer of the API names."""
    if isinstance(data, dict):
        for value in data.values():
            yield from _links_in(value)
    elif isinstance(data, list):
        for value in data:
            yield from _links_in(value)
    elif isinstance(data, str) and data.startswith((HOST, "/api/")):
        yield data


def _last_of_ours(traceback):
    """Return the last line of our own code in a traceback."""
    found = ""
    while traceback:
        name = traceback.tb_frame.f_code.co_filename
        if "site-packages" not in name and "/tests/" not in name:
            found = f"{name.rsplit('/', 3)[-2]}/{name.rsplit('/', 1)[-1]}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return found
