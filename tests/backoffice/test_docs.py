"""The pages of `docs/` say what the program does: settings, worked examples, links, names."""

import ast
import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.management import get_commands

from channels.forms.listings import ListingForm
from channels.models import Channel
from channels.services.channels import PLACES, SECRETS, SETUP_FIELDS
from inventory.forms.catalog import ProductForm, VariantForm
from inventory.forms.stock import LevelForm
from inventory.models import StockLevel, StoreSettings, Warehouse
from inventory.models.columns import PolicyColumns
from inventory.models.settings import ReleaseRule
from inventory.offers import availability
from inventory.policy import LevelSettings, PolicyInputs, StockAt, effective_policy
from inventory.services.settings import STORE_FIELDS
from inventory.services.warehouses import WAREHOUSE_FIELDS
from orders.policy.news import is_news
from orders.policy.queue import Waiter, plan, promises, ranked

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md")])

POLICY = [field.name for field in PolicyColumns._meta.get_fields()]
GENERAL = {
    *("title", "brand", "description", "image", "slug", "internal_id"),
    *("sku", "ean", "position"),
}
"""What describes a product or a variant, and is no setting."""


def text_of(name):
    return (DOCS / name).read_text(encoding="utf-8")


def section(text, heading):
    """Return what stands below a heading, up to the next one of its kind."""
    return re.split(r"^## ", text.split(f"\n## {heading}", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def table(text):
    """Return the rows of the first table of a text as dictionaries by the cells of its head."""
    rows = []
    for line in text.splitlines():
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
        elif rows:
            break
    head, _rule, *body = rows
    return [dict(zip(head, row, strict=True)) for row in body]


# --- settings -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "names"),
    [
        ("The store", set(STORE_FIELDS) - {"sellers_can_accept_backorders"}),
        ("The marketplace", {"sellers_can_accept_backorders"}),
        ("A product", {*POLICY, *ProductForm.Meta.fields} - GENERAL),
        ("A variant", {*POLICY, *VariantForm.Meta.fields} - GENERAL),
        ("Stock per warehouse", set(LevelForm.base_fields) - {"version"}),
        ("Warehouses", {"code", *WAREHOUSE_FIELDS}),
        ("A channel", {"slug", "connector", *SETUP_FIELDS, *SECRETS, PLACES}),
        ("A listing", set(ListingForm.base_fields) - {"version"}),
    ],
)
def test_each_setting_is_explained_where_it_belongs(heading, names):
    said = set(re.findall(r"`(\w+)`", section(text_of("settings.md"), heading)))

    assert names - said == set()


def test_the_columns_of_the_store_are_those_that_can_be_changed():
    fields = {field.name for field in StoreSettings._meta.fields if field.editable}

    assert fields - {"id"} == set(STORE_FIELDS)


@pytest.mark.parametrize(
    ("heading", "model"),
    [
        ("The store", StoreSettings),
        ("The marketplace", StoreSettings),
        ("Stock per warehouse", StockLevel),
        ("Warehouses", Warehouse),
        ("A channel", Channel),
    ],
)
def test_defaults_are_those_of_the_program(heading, model):
    by_name = {field.name: field for field in model._meta.fields if field.has_default()}
    compared = 0
    for row in table(section(text_of("settings.md"), heading)):
        name = re.match(r"`(\w+)`", row["in the API"])
        field = by_name.get(name[1]) if name else None
        if field is None or name[1] in {"connector", "address"}:
            continue
        value = field.default
        words = {True: "on", False: "off"}.get(value) if isinstance(value, bool) else None
        said = row["until you change it"].lower()
        if name[1] == "in_stock":
            words = "in stock"
        assert said == str(words or dict(field.flatchoices).get(value, value)).lower(), name[1]
        compared += 1

    assert compared


def environment():
    """Return the variables that the settings read, with their defaults where they are texts."""
    found = {}
    tree = ast.parse((ROOT / "backoffice" / "settings.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "env"
        ):
            default = next((key.value for key in node.keywords if key.arg == "default"), None)
            value = default.value if isinstance(default, ast.Constant) else None
            found[node.args[0].value] = value if isinstance(value, str) else ""
    return found


def test_each_environment_variable_is_explained_with_its_default():
    rows = table(section(text_of("settings.md"), "Environment variables"))
    said = {row["variable"].strip("`"): row["until you set it"] for row in rows}
    read = environment()

    assert said.keys() == read.keys()
    assert [name for name, default in read.items() if default not in said[name]] == []


def test_the_readme_names_no_variable_that_nobody_reads():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = table(section(readme, "Run it for real"))
    named = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row["variable"])}

    assert named
    assert named - environment().keys() == set()


# --- worked examples ----------------------------------------------------------------------------


def example(name):
    return table(text_of("release-and-promises.md").split(f"<!-- checked: {name} -->")[1])


def day(text):
    return None if text == "–" else date.fromisoformat(text)


def waiters():
    return [
        Waiter(
            line=int(row["order"]),
            order_line=int(row["order"]),
            units=int(row["mugs owed"]),
            booked=1,
            priority=int(row["priority"]),
            placed_at=datetime.fromisoformat(row["ordered"]).replace(tzinfo=ZoneInfo("UTC")),
            first_promised_at=day(row["promised first for"]),
            missing=int(row["its parcel lacks in all"]),
            value=Decimal(row["order is worth"]),
        )
        for row in example("waiters")
    ]


def test_the_shares_of_the_example_are_those_of_the_planner():
    rules = {str(rule.label): rule.value for rule in ReleaseRule}
    rows = example("shares")

    assert [row["release rule"] for row in rows] == list(rules)
    for row in rows:
        grants = plan({1: 10}, ranked(waiters(), rules[row["release rule"]]))
        got = {str(grant.line): str(grant.units) for grant in grants}
        assert {order: got.get(order, "0") for order in row if order.isdigit()} == {
            order: units for order, units in row.items() if order.isdigit()
        }


def test_the_dates_of_the_example_are_those_of_the_planner():
    today, slipped = date(2026, 6, 8), {"PO-2": date(2026, 6, 25)}
    coming = {
        row["delivery"]: (day(row["expected on"]), 1, int(row["mugs"]))
        for row in example("deliveries")
    }
    queue = ranked(waiters(), ReleaseRule.FIFO)
    before = promises(queue, [one for one in coming.values() if one[0] >= today])
    late = {name: (slipped.get(name, one[0]), *one[1:]) for name, one in coming.items()}
    after = promises(queue, [one for one in late.values() if one[0] >= today])

    rows = example("promises")
    column = next(name for name in rows[0] if name.startswith("after PO-2 slipped"))
    assert slipped["PO-2"].isoformat() in column
    assert [int(row["order"]) for row in rows] == [waiter.line for waiter in queue]
    for row in rows:
        told, now = before[int(row["order"])], after[int(row["order"])]
        assert (day(row["promised for"]), day(row[column])) == (told, now)
        assert row["is the customer told?"] == ("yes" if is_news(told=told, now=now) else "no")


@pytest.mark.parametrize("row", example("salable"), ids=lambda row: "-".join(row.values()))
def test_the_numbers_that_may_be_sold_are_those_of_the_policy(row):
    store = LevelSettings(
        backorders=row["backorders"],
        out_of_stock_threshold=int(row["out-of-stock threshold"]),
        notify_below=1,
        only_x_left_threshold=0,
    )
    cap = row["backorder thresholds of the warehouses"]
    stock = StockAt(
        warehouse="main",
        on_hand=int(row["available"]),
        on_backorder=int(row["owed"]),
        backorder_threshold=None if cap == "–" else int(cap),
    )
    policy = effective_policy(PolicyInputs(store=store), today=date(2026, 6, 8))
    salable = availability(policy, [stock]).salable

    assert row["may be sold"] == ("unlimited" if salable is None else str(salable))


# --- links and names ----------------------------------------------------------------------------


def anchors(page):
    """Return the addresses of the headings of a page, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in plain}


def links(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", text))


def is_broken(page, link):
    path, _sign, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return not target.exists() or bool(anchor and anchor not in anchors(target))


def test_no_link_between_pages_is_broken():
    local = [
        (page, link) for page in PAGES for link in links(page) if not re.match(r"[a-z]+:", link)
    ]

    assert len(local) > 50
    assert [f"{page.name}: {link}" for page, link in local if is_broken(page, link)] == []


def test_the_first_page_leads_to_all_others():
    known = {(DOCS / link.partition("#")[0]).resolve() for link in links(DOCS / "README.md")}
    pages = {page for page in PAGES if DOCS in page.parents and page.parent.name != "adr"}

    assert pages - known - {DOCS / "README.md"} == set()


def test_the_files_that_architecture_names_are_there():
    text = text_of("architecture.md")
    named = set(re.findall(r"`((?:[a-z_]+/)+(?:\w+\.\w+)?)`", text))

    assert len(named) > 30
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_the_commands_that_pages_name_are_there():
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    named = set(re.findall(r"manage\.py ([a-z][a-z_]+)", text))

    assert len(named) > 10
    assert named - get_commands().keys() == set()
