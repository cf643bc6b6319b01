"""The shop's translations: which texts there are, and the files that hold them.

`python -m tests.catalogs` compiles each `.po` under `orders/locale` into the `.mo` beside it, byte
for byte alike on every machine, without GNU gettext. Then it names what still lacks a translation.
"""

import ast
import os
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "orders" / "locale"
LANGUAGES = ("nl", "de")
PYTHON = ("orders/storefront/*.py", "orders/services/mails.py", "orders/told.py")
TEMPLATES = ("templates/storefront/*", "templates/orders/mail/*", "templates/[45]*.html")
CALLS = {"_", "gettext", "gettext_lazy", "ngettext", "npgettext"}
TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"\s*$')
ESCAPED = re.compile(r"\\(.)")
UNESCAPED = {"n": "\n", "t": "\t"}


class Message(NamedTuple):
    """A text as the program asks for it; `context` tells homonyms apart."""

    text: str
    plural: str = ""
    context: str = ""


class Entry(NamedTuple):
    """A text with its translations, one for each plural form."""

    message: Message
    translations: tuple[str, ...]
    is_fuzzy: bool


# --- what the program says --------------------------------------------------------------------


def messages() -> set[Message]:
    """Return every text that a shopper or a customer may read. Django has to be set up."""
    from django.utils.translation import override

    from inventory.models.columns import one_line
    from orders.models import FulfillmentStatus, OrderStatus, PaymentStatus

    with override("en"):
        labels = [
            label
            for kind in (OrderStatus, PaymentStatus, FulfillmentStatus)
            for label in map(str, kind.labels)
        ]
        said = {Message(text) for text in (*labels, str(one_line.message))}
    for pattern in PYTHON:
        for path in ROOT.glob(pattern):
            said |= set(_of_python(path))
    for pattern in TEMPLATES:
        for path in ROOT.glob(pattern):
            said |= set(_of_template(path))
    return said


def _of_python(path: Path) -> Iterator[Message]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in CALLS:
            texts = [ast.literal_eval(one) for one in node.args if isinstance(one, ast.Constant)]
            assert texts, f"{path}:{node.lineno} translates what is not a plain text"
            context = texts.pop(0) if node.func.id == "npgettext" else ""
            yield Message(texts[0], texts[1] if len(texts) > 1 else "", context)


def _of_template(path: Path) -> Iterator[Message]:
    from django.template.loader import get_template
    from django.templatetags.i18n import BlockTranslateNode, TranslateNode

    nodes = get_template(str(path.relative_to(ROOT / "templates"))).template.nodelist
    for node in nodes.get_nodes_by_type(TranslateNode):
        context = node.message_context.var if node.message_context else ""
        yield Message(node.filter_expression.var.literal, context=str(context))
    for node in nodes.get_nodes_by_type(BlockTranslateNode):
        plural = node.render_token_list(node.plural)[0] if node.plural else ""
        yield Message(node.render_token_list(node.singular)[0], plural)


# --- files ------------------------------------------------------------------------------------


def path_of(language: str, ending: str) -> Path:
    """Return the file of a language's translations."""
    return LOCALE / language / "LC_MESSAGES" / f"django.{ending}"


def read(po: str) -> list[Entry]:
    """Return the entries of a file in gettext's own format, the header first."""
    return [_entry(block) for block in re.split(r"\n\s*\n", po) if "msgid" in block]


def _entry(block: str) -> Entry:
    fields: dict[str, str] = {}
    name = ""
    for line in block.splitlines():
        if line.startswith("#") or not (found := TEXT.search(line)):
            continue
        name = line[: found.start()].strip() or name
        text = ESCAPED.sub(lambda one: UNESCAPED.get(one[1], one[1]), found[1])
        fields[name] = fields.get(name, "") + text
    message = Message(fields["msgid"], fields.get("msgid_plural", ""), fields.get("msgctxt", ""))
    translations = tuple(text for name, text in fields.items() if name.startswith("msgstr"))
    return Entry(message, translations, "#, fuzzy" in block)


def compiled(entries: list[Entry]) -> bytes:
    """Return the file that programs read. Format: GNU gettext manual, "MO Files"."""
    texts = sorted(
        (_key(entry.message).encode(), "\0".join(entry.translations).encode()) for entry in entries
    )
    start = 28 + 16 * len(texts)
    places: list[list[tuple[int, int]]] = [[], []]
    body = b""
    for column in (0, 1):
        for pair in texts:
            places[column].append((len(pair[column]), start + len(body)))
            body += pair[column] + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(texts), 28, 28 + 8 * len(texts), 0, start)
    table = b"".join(struct.pack("<2I", *place) for column in places for place in column)
    return head + table + body


def _key(message: Message) -> str:
    context = f"{message.context}\x04" if message.context else ""
    plural = f"\0{message.plural}" if message.plural else ""
    return f"{context}{message.text}{plural}"


def main() -> None:
    """Compile each file, and name what it lacks or has too much."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
    django.setup()
    wanted = messages()
    for language in LANGUAGES:
        entries = read(path_of(language, "po").read_text())
        path_of(language, "mo").write_bytes(compiled(entries))
        there = {entry.message for entry in entries if entry.message.text}
        for what, some in (("lacks", wanted - there), ("no longer needs", there - wanted)):
            for message in sorted(some):
                print(f"{language} {what}: {message}")


if __name__ == "__main__":
    main()
