"""Mails to customers and staff: which wait, which were sent, and which were given up."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext

from inventory.admin.scoped import ScopedAdmin, refuse_get
from inventory.models import OutgoingMail
from inventory.services.mail import MAX_ATTEMPTS, given_up, try_again
from inventory.theme import DropdownFilter, display


class SentFilter(DropdownFilter):
    """By whether a mail went out."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Offer what waits, what was given up, what was sent."""
        return [
            ("waiting", gettext_lazy("Waits to be sent")),
            ("given_up", gettext_lazy("Given up")),
            ("sent", gettext_lazy("Sent")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep mails in this state."""
        unsent = queryset.filter(sent_at=None)
        match self.value():
            case "waiting":
                return unsent.filter(attempts__lt=MAX_ATTEMPTS)
            case "given_up":
                return unsent.filter(attempts__gte=MAX_ATTEMPTS)
            case "sent":
                return queryset.exclude(sent_at=None)
        return queryset


@admin.register(OutgoingMail)
class MailAdmin(ScopedAdmin):
    """The outbox of mails."""

    list_display = ("subject", "to", "state_word", "created_at", "last_error")
    list_display_links = None
    list_filter = (SentFilter,)
    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("to", "subject")
    list_before_template = "inventory/admin/_mail_links.html"
    empty_title = gettext_lazy("No mails")
    empty_text = gettext_lazy("Mails to customers, and those about low stock, are listed here.")

    @display(
        description=gettext_lazy("State"),
        label={"sent": "success", "waiting": "info", "given_up": "danger"},
    )
    def state_word(self, mail: OutgoingMail) -> tuple[str, Any]:
        """Return whether the mail went out, or how often that was tried."""
        if mail.sent_at:
            return "sent", gettext_lazy("Sent")
        if mail.attempts >= MAX_ATTEMPTS:
            return "given_up", gettext_lazy("Given up")
        return "waiting", gettext_lazy("Waits to be sent")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return no: mails are written with the change that causes them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return no."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Have the mails alone listed, and tried again by POST."""
        wrap = self.admin_site.admin_view
        listed = [
            url for url in super().get_urls() if url.name == "inventory_outgoingmail_changelist"
        ]
        view = wrap(self.retry_view)
        return [path("again/", view, name="inventory_outgoingmail_retry"), *listed]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Show the list, and how many mails were given up."""
        lost = {"given_up": given_up().count()}
        return super().changelist_view(request, {**(extra_context or {}), **lost})

    def retry_view(self, request: HttpRequest) -> HttpResponse:
        """Have all that was given up tried again."""
        if refusal := refuse_get(request):
            return refusal
        self.demand(request, "inventory.change_outgoingmail")
        count = try_again(given_up(), at=timezone.now())
        words = ngettext("%(n)d mail is tried again.", "%(n)d mails are tried again.", count)
        messages.success(request, words % {"n": count})
        return HttpResponseRedirect(reverse("admin:inventory_outgoingmail_changelist"))
