"""Refusals: a code with its parameters, and one sentence for each."""

import ast
import re
from pathlib import Path

import pytest

from inventory.api.problems import ParametersSerializer
from orders.errors import NotPossible, OnHold
from orders.reasons import Parameters, Reason
from orders.refusal_words import SENTENCES

ROOT = Path(__file__).resolve().parents[2]
VERBS = {"are", "were"}
"""What the words themselves bring along."""

EXAMPLE: Parameters = {
    "order": "1001",
    "parcel": "1001-2",
    "sku": "MUG",
    "units": 1,
    "status": "partly_shipped",
    "step": "packed",
    "holds": ["awaiting_stock", "manual"],
    "day": "2026-01-14",
    "most": 10,
    "before": 2,
    "after": 3,
}


def asked(code):
    return set(re.findall(r"{(\w+)}", SENTENCES[code])) - VERBS


def raised():
    """Yield where in the program each reason is given, with the names of its parameters."""
    for path in (ROOT / "orders").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            first, name = node.args[0], getattr(node.func, "id", "")
            if not isinstance(first, ast.Attribute) or getattr(first.value, "id", "") != "Reason":
                continue
            if name == "Because":
                keys = {ast.literal_eval(key) for key in node.args[1].keys}
            else:
                assert name in {"NotPossible", "OnHold"}, f"{path}:{node.lineno}"
                keys = {keyword.arg for keyword in node.keywords}
            yield f"{path.name}:{node.lineno}", Reason[first.attr], keys


def test_every_refusal_gives_what_its_sentence_says():
    wrong = [where for where, code, keys in raised() if keys != asked(code)]

    assert wrong == []


def test_every_reason_has_words_and_is_given_somewhere():
    assert set(SENTENCES) == set(Reason) == {code for _where, code, _keys in raised()}


@pytest.mark.parametrize("code", Reason)
def test_a_sentence_reads_well(code):
    words = str(NotPossible(code, **{key: EXAMPLE[key] for key in asked(code)}))

    assert words.endswith(".")
    assert not re.search(r"[{}_]", words)


def test_words_of_units_states_holds_and_days():
    few = NotPossible(Reason.UNITS_PICKED, sku="MUG", units=1)
    many = NotPossible(Reason.UNITS_PICKED, sku="MUG", units=1_200)
    held = OnHold(Reason.ON_HOLD, parcel="1001-2", holds=["awaiting_stock", "manual"])
    early = OnHold(Reason.NOT_BEFORE_RELEASE_DATE, parcel="1001-2", day="2026-01-04")

    assert str(few) == "MUG: 1 unit is picked or shipped. Undo the picking first."
    assert str(many) == "MUG: 1,200 units are picked or shipped. Undo the picking first."
    assert str(held) == "1001-2 is on hold: awaiting stock, held by hand."
    assert str(early) == "1001-2 is on hold: nothing of it ships before 4 January 2026."


def test_the_document_of_the_api_names_every_parameter():
    assert set(ParametersSerializer().fields) == set(Parameters.__annotations__)


def test_the_guide_of_the_api_names_every_code():
    guide = (ROOT / "docs" / "api.md").read_text()

    assert [code for code in Reason if f"`{code}`" not in guide] == []
