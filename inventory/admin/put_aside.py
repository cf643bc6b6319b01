"""What the worker could not do: each with its error, and a way to have it tried again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy, ngettext

from inventory.admin.scoped import ScopedAdmin, refuse_get
from inventory.models import PutAside, Variant
from inventory.models.worker import ASIDE_AFTER
from inventory.services.units import try_again
from inventory.theme import DropdownFilter, display


@dataclass(frozen=True, slots=True)
class Step:
    """What is said of one step of the worker; `row` names what it is done to, `page` shows it."""

    words: Any
    row: Callable[[int], str] = str
    page: str = ""


VARIANT = "admin:inventory_variant_change"


def sku_of(variant_id: int) -> str:
    """Return the SKU of a variant, or its key where it is gone."""
    row = Variant.objects.filter(pk=variant_id).first()
    return row.sku if row else str(variant_id)


STEPS: dict[str, Step] = {
    "dead_jobs": Step(gettext_lazy("Take up jobs whose worker died")),
    "mails": Step(gettext_lazy("Send mails")),
    "mail": Step(gettext_lazy("Send a mail")),
    "forget_keys": Step(gettext_lazy("Forget old requests of programs")),
    "forget_heartbeats": Step(gettext_lazy("Forget old workers")),
    "day": Step(gettext_lazy("Write down what is owed today")),
    "forget_sessions": Step(gettext_lazy("Forget old sessions")),
    "forget_attempts": Step(gettext_lazy("Forget old log-ins")),
    "forget_tasks": Step(gettext_lazy("Forget old tasks")),
}
"""What is said of each step; whoever adds other steps to the worker adds theirs."""


class AsideFilter(DropdownFilter):
    """By whether it is put aside, or tried again soon."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer both."""
        return [
            ("aside", gettext_lazy("Put aside")),
            ("soon", gettext_lazy("Tried again soon")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep what is in this state."""
        match self.value():
            case "aside":
                return queryset.filter(attempts__gte=ASIDE_AFTER)
            case "soon":
                return queryset.filter(attempts__lt=ASIDE_AFTER)
        return queryset


@admin.register(PutAside)
class PutAsideAdmin(ScopedAdmin):
    """What the worker could not do."""

    list_display = ("what", "state_word", "attempts", "failing_since", "due_at", "why")
    list_display_links = None
    list_filter = (AsideFilter,)
    ordering = ("-attempts", "failing_since", "id")
    sortable_by = ()
    list_before_template = "inventory/admin/_put_aside_links.html"
    empty_title = gettext_lazy("Nothing is put aside")
    empty_text = gettext_lazy(
        "What the worker could not do several times in a row is listed here with its error. "
        "It stops nothing else."
    )

    @display(description=gettext_lazy("What"))
    def what(self, row: PutAside) -> Any:
        """Return what was to be done, and to which row."""
        step = STEPS.get(row.step, Step(row.step.replace("_", " ")))
        if not row.key:
            return step.words
        if not step.page:
            return format_html("{} <bdi>{}</bdi>", step.words, step.row(row.key))
        address = reverse(step.page, args=[row.key])
        return format_html(
            '{} <a class="bo-link" href="{}"><bdi>{}</bdi></a>',
            step.words,
            address,
            step.row(row.key),
        )

    @display(description=gettext_lazy("State"), label={"aside": "danger", "soon": "warning"})
    def state_word(self, row: PutAside) -> tuple[str, Any]:
        """Return whether it is put aside, or tried again soon."""
        if row.attempts >= ASIDE_AFTER:
            return "aside", gettext_lazy("Put aside")
        return "soon", gettext_lazy("Tried again soon")

    @display(description=gettext_lazy("Error"))
    def why(self, row: PutAside) -> str:
        """Return the error; where it came about is one click away."""
        return format_html(
            "<details><summary>{}</summary><pre>{}</pre></details>", row.error, row.trace
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return no: the worker notes them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return no: what goes well at last is forgotten."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Have them listed, and tried again by POST."""
        wrap = self.admin_site.admin_view
        listed = [url for url in super().get_urls() if url.name == "inventory_putaside_changelist"]
        view = wrap(self.retry_view)
        return [path("again/", view, name="inventory_putaside_retry"), *listed]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Show the list, and how many things are in it."""
        count = {"failing": PutAside.objects.count()}
        return super().changelist_view(request, {**(extra_context or {}), **count})

    def retry_view(self, request: HttpRequest) -> HttpResponse:
        """Have everything tried again at the next tick."""
        if refusal := refuse_get(request):
            return refusal
        self.demand(request, "inventory.change_putaside")
        count = try_again(PutAside.objects.all(), at=timezone.now())
        words = ngettext(
            "%(n)d thing is tried again within seconds.",
            "%(n)d things are tried again within seconds.",
            count,
        )
        messages.success(request, words % {"n": count})
        return HttpResponseRedirect(reverse("admin:inventory_putaside_changelist"))
