"""The nightly checks of the books: when each ran, and what did not add up."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, gettext_lazy, ngettext

from inventory.theme import display
from orders.admin.base import OrdersAdmin
from orders.models import BookCheck

SHOWN = 20
"""Problems that the list shows of one check; `manage.py reconcile` prints all of them."""


@admin.register(BookCheck)
class BookCheckAdmin(OrdersAdmin):
    """The nights, the last one at the top."""

    list_display = ("day", "result", "took", "problems")
    list_display_links = None
    ordering = ("-day",)
    sortable_by = ()
    empty_title = gettext_lazy("The books were not checked yet")
    empty_text = gettext_lazy(
        "Once a night the worker checks that stock, orders, parcels and payments add up. The "
        "result of each night is listed here."
    )

    @display(
        description=gettext_lazy("Result"),
        label={"ok": "success", "found": "danger", "open": "info"},
    )
    def result(self, check: BookCheck) -> tuple[str, Any]:
        """Return how a check ended."""
        if check.finished_at is None:
            return "open", gettext_lazy("Not finished")
        if not check.found:
            return "ok", gettext_lazy("No problems")
        words = ngettext("%(n)s problem", "%(n)s problems", check.found)
        return "found", words % {"n": f"{check.found:,}"}

    @display(description=gettext_lazy("Took"))
    def took(self, check: BookCheck) -> str:
        """Return how long it took."""
        if check.finished_at is None:
            return "–"
        return f"{(check.finished_at - check.started_at).total_seconds():.1f} s"

    @display(description=gettext_lazy("Problems"))
    def problems(self, check: BookCheck) -> Any:
        """Return the first problems that were found, a line each."""
        rows = [(_named(one["rule"]), one["where"], one["text"]) for one in check.breaches[:SHOWN]]
        lines = format_html_join("", "<div><strong>{}</strong> {}: {}</div>", rows)
        if left := check.found - len(rows):
            words = gettext("%(n)s more: manage.py reconcile prints them.") % {"n": f"{left:,}"}
            lines = format_html("{}<div>{}</div>", lines, words)
        return format_html("<div>{}</div>", lines) if lines else "–"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return no: the worker makes them."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Have the nights listed, and nothing else."""
        name = "orders_bookcheck_changelist"
        return [url for url in super().get_urls() if url.name == name]


def _named(rule: str) -> str:
    """Return a rule as people read it: its code has no other words than they."""
    return rule.replace("_", " ").capitalize()
