"""The four ways stock is moved by hand: their words, their fields, their use cases."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

from inventory.acts import Act
from inventory.forms.stock import BaseLineFormSet, FoundForm, LineForm, MoveForm
from inventory.services.correct import correct_stock, count_stock
from inventory.services.movements import Moved
from inventory.services.receive import receive_stock
from inventory.services.transfer import transfer_stock

Book = Callable[[MoveForm, BaseLineFormSet, Act], Moved]


def _receive(head: MoveForm, lines: BaseLineFormSet, act: Act) -> Moved:
    data = head.cleaned_data
    return receive_stock(
        warehouse=data["warehouse"],
        lines=lines.lines(),
        reference=data["reference"],
        act=act,
    )


def _correct(head: MoveForm, lines: BaseLineFormSet, act: Act) -> Moved:
    data = head.cleaned_data
    return correct_stock(
        warehouse=data["warehouse"],
        lines=lines.found(),
        reason=data["reason"],
        act=act,
    )


def _transfer(head: MoveForm, lines: BaseLineFormSet, act: Act) -> Moved:
    data = head.cleaned_data
    return transfer_stock(
        source=data["warehouse"],
        target=data["target"],
        lines=lines.lines(),
        reference=data["reference"],
        act=act,
    )


def _count(head: MoveForm, lines: BaseLineFormSet, act: Act) -> Moved:
    data = head.cleaned_data
    return count_stock(
        warehouse=data["warehouse"],
        lines=lines.found(),
        reference=data["reference"],
        act=act,
    )


@dataclass(frozen=True, slots=True)
class StockPage:
    """One of the four pages: its words, the fields of its head, and its use case."""

    name: str
    title: Any
    intro: Any
    button: Any
    fields: Sequence[str]
    line: type[LineForm]
    book: Book

    @property
    def compares(self) -> bool:
        """Return whether the books are shown before they are changed."""
        return self.line is FoundForm


PAGES = {
    page.name: page
    for page in (
        StockPage(
            "receive",
            gettext_lazy("Receive"),
            gettext_lazy("Put units on hand that came without an announced delivery."),
            gettext_lazy("Receive"),
            ("warehouse", "reference"),
            LineForm,
            _receive,
        ),
        StockPage(
            "correct",
            gettext_lazy("Correct"),
            gettext_lazy("Say what is really on the shelf, and why the books were wrong."),
            gettext_lazy("Correct"),
            ("warehouse", "reason"),
            FoundForm,
            _correct,
        ),
        StockPage(
            "transfer",
            gettext_lazy("Transfer"),
            gettext_lazy("Move units from one warehouse to another."),
            gettext_lazy("Transfer"),
            ("warehouse", "target", "reference"),
            LineForm,
            _transfer,
        ),
        StockPage(
            "count",
            gettext_lazy("Count"),
            gettext_lazy("Book a stock count. Variants that you do not name stay as they are."),
            gettext_lazy("Book the count"),
            ("warehouse", "reference"),
            FoundForm,
            _count,
        ),
    )
}
