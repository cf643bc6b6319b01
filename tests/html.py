"""The forms of a page as a person uses them: what is typed stays, and a button is pressed."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

UNSENT = {"button", "submit", "image", "reset", "file"}


@dataclass
class Button:
    """A button: what it says, and what it sends along."""

    words: str = ""
    name: str = ""
    value: str = ""
    is_seen: bool = True
    action: str = ""


@dataclass
class Form:
    """A form: what a browser sends of its fields, and its buttons."""

    action: str = ""
    method: str = "get"
    fields: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms, self._form, self._button = [], None, None
        self._select, self._area = None, None

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self._form = Form(given.get("action") or "", (given.get("method") or "get").lower())
            self.forms.append(self._form)
        elif self._form is not None and "disabled" not in given:
            getattr(self, f"_{tag}_begins", lambda given: None)(given)

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        elif tag == "button":
            self._button = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea" and self._area is not None:
            name, text = self._area
            self._add(name, text.removeprefix("\n"))
            self._area = None

    def handle_data(self, data):
        if self._button is not None:
            self._button.words += data
        elif self._area is not None:
            self._area = (self._area[0], self._area[1] + data)

    def _add(self, name, value):
        if name:
            self._form.fields.setdefault(name, []).append(value)

    def _input_begins(self, given):
        kind = given.get("type", "text")
        if kind in {"checkbox", "radio"} and "checked" not in given:
            return
        if kind not in UNSENT:
            is_box = kind in {"checkbox", "radio"}
            self._add(given.get("name"), given.get("value") or ("on" if is_box else ""))

    def _button_begins(self, given):
        if given.get("type", "submit") != "submit":
            return
        is_seen = "hidden" not in given and given.get("aria-hidden") != "true"
        name, value = given.get("name") or "", given.get("value") or ""
        self._button = Button("", name, value, is_seen, given.get("formaction") or "")
        self._form.buttons.append(self._button)

    def _select_begins(self, given):
        self._select = (given.get("name"), "multiple" in given)

    def _option_begins(self, given):
        """Take the chosen option; of a list with none chosen, the first."""
        if self._select is None:
            return
        name, many = self._select
        if "selected" in given and not many:
            self._form.fields.pop(name, None)
        if "selected" in given or (not many and name not in self._form.fields):
            self._add(name, given.get("value") or "")

    def _textarea_begins(self, given):
        self._area = (given.get("name"), "")


def forms_of(response):
    """Return the forms of a page."""
    parser = _Forms()
    parser.feed(response.content.decode())
    return parser.forms


class _Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.links = []

    def handle_starttag(self, tag, attrs):  # noqa: ARG002
        given = dict(attrs)
        for name in ("href", "hx-get", "data-url"):
            if given.get(name):
                self.links.append(given[name])


def links_of(response):
    """Return where the links of a page lead, as they are written."""
    parser = _Links()
    parser.feed(response.content.decode())
    return parser.links


def press(client, response, words, **typed):
    """Press the one visible button of a page that says so, after something was typed.

    `typed` of `None` unticks a box or empties a field.
    """
    found = [
        (form, button)
        for form in forms_of(response)
        for button in form.buttons
        if button.is_seen and " ".join(button.words.split()) == words
    ]
    assert len(found) == 1, f"{len(found)} buttons say {words!r}"
    form, button = found[0]
    assert form.method == "post"
    fields = {**form.fields, **{name: [value] for name, value in typed.items()}}
    data = {name: values for name, values in fields.items() if values != [None]}
    if button.name:
        data[button.name] = [button.value]
    return client.post(form.action or response.request["PATH_INFO"], data)
