"""Channels: the list of them, a new one, and the addresses of their pages."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.admin.base import LOOK, SEE_SETUP, capped_count, counted, listings_of, tab_url
from channels.admin.bulk import BulkPages
from channels.admin.bulk_listing import BulkListingPages
from channels.admin.catalog import CatalogPages
from channels.admin.log import LogPages
from channels.admin.setup import SetupPages
from channels.admin.words import CHANNEL_LABELS, state_of
from channels.forms.channels import AddChannelForm
from channels.models import DIRECT, Channel
from channels.services.channels import create_channel
from inventory.acts import act_of
from inventory.admin.once import AlreadySent, is_token, keep_result, mark_of, new_token, result_of
from inventory.admin.once import spend as spend_token
from inventory.admin.scoped import blame_form, change_url
from inventory.errors import InventoryError
from inventory.theme import display


@admin.register(Channel)
class ChannelAdmin(SetupPages, CatalogPages, BulkPages, BulkListingPages, LogPages):
    """Where we sell."""

    list_display = ("title", "connector_word", "out_of_stock", "listed", "unpublished", "state")
    ordering = ("pk",)
    sortable_by = ()
    search_fields = ("name",)
    empty_title = gettext_lazy("No channels")
    empty_text = gettext_lazy("No channel has this name.")
    rows_word = gettext_lazy("channels")

    def load_rows(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        """Load how much is listed, and how much of it is not published yet."""
        for channel in rows:
            if channel.has_listings:
                listings = listings_of(request, channel)
                channel.listed_count = capped_count(listings.exclude(published_at=None))
                channel.changed_count = capped_count(listings.filter(status="changed"))

    @display(description=gettext_lazy("Name"))
    def title(self, channel: Channel) -> str:
        """Return the name; a long one is broken."""
        return format_html('<span class="bo-title">{}</span>', channel.name)

    @display(description=gettext_lazy("Connector"))
    def connector_word(self, channel: Channel) -> str:
        """Return what stands on the other side."""
        if channel.connector:
            return channel.get_connector_display()
        return "–"

    @display(
        description=gettext_lazy("Allow users to purchase out of stock items"),
        label={"on": "success", "off": "default"},
    )
    def out_of_stock(self, channel: Channel) -> Any:
        """Return whether backorders are allowed there."""
        if not channel.has_listings:
            return None
        is_on = channel.allow_out_of_stock_purchases
        return ("on", _("Allowed")) if is_on else ("off", _("Not allowed"))

    @display(description=gettext_lazy("Listed"))
    def listed(self, channel: Any) -> str:
        """Return how many items shoppers see."""
        if not channel.has_listings:
            return _("Everything")
        return counted(channel.listed_count)

    @display(description=gettext_lazy("Unpublished changes"))
    def unpublished(self, channel: Any) -> str:
        """Return how many items have changes that shoppers do not see."""
        if not channel.has_listings:
            return "–"
        if not channel.changed_count:
            return "0"
        address = f"{tab_url(channel, 'catalog')}?status=changed"
        number = counted(channel.changed_count)
        return format_html('<a class="bo-link" href="{}">{}</a>', address, number)

    @display(description=gettext_lazy("State"))
    def state(self, channel: Channel) -> str:
        """Return whether it works, and when a shop that does not answer is tried next."""
        code, words, detail = state_of(channel)
        badge = format_html('<span class="bo-badge bo-{}">{}</span>', CHANNEL_LABELS[code], words)
        if not detail:
            return badge
        return format_html('<span>{}<span class="bo-sub">{}</span></span>', badge, detail)

    # --- addresses ----------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Add the tabs of a channel, and what is done there by POST alone."""
        wrap = self.admin_site.admin_view
        views: tuple[tuple[str, str, Callable[..., Any]], ...] = (
            ("test", "test", self.test_view),
            ("catalog", "catalog", self.catalog_view),
            ("catalog/publish", "publish", self.publish_view),
            ("catalog/unlist", "unlist", self.unlist_view),
            ("catalog/<int:listing_id>", "item", self.item_view),
            ("bulk", "bulk", self.bulk_view),
            ("bulk/filters", "filters", self.filters_view),
            ("bulk/changed", "update_all", self.update_all_view),
            ("bulk/<int:bulk_id>", "bulk_listing", self.bulk_listing_view),
            ("bulk/<int:bulk_id>/list", "bulk_confirm", self.confirm_view),
            ("bulk/<int:bulk_id>/cancel", "bulk_cancel", self.cancel_view),
            ("bulk/<int:bulk_id>/again", "bulk_again", self.again_view),
            ("log", "log", self.log_view),
            ("log/retry", "retry", self.retry_view),
            ("log/compare", "compare", self.compare_view),
            ("log/send", "send_ours", self.send_ours_view),
        )
        urls = [
            path(f"<str:object_id>/{address}/", wrap(view), name=f"channels_channel_{name}")
            for address, name, view in views
        ]
        return [*urls, *super().get_urls()]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Make a channel, or show and save the setup of one."""
        if object_id is None:
            return self._add(request)
        if request.method == "GET" and not request.user.has_perm(SEE_SETUP):
            return HttpResponseRedirect(tab_url(self.opened(request, object_id), "catalog"))
        return self.setup_view(request, object_id)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show what was changed of the setup, to those who may see it."""
        self.demand(request, SEE_SETUP)
        return super().history_view(request, object_id, extra_context)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may see the setup, or at least listings."""
        return super().has_view_permission(request, obj) or request.user.has_perm(LOOK)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the channels; where the setup is not to be seen, those that have listings."""
        rows = super().get_queryset(request)
        return rows if request.user.has_perm(SEE_SETUP) else rows.exclude(slug=DIRECT)

    # --- a new one ----------------------------------------------------------------------------

    def _add(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            form = AddChannelForm(initial={"form_token": new_token(request.user)})
            return self._add_form(request, form)
        token = request.POST.get("form_token", "")
        if made := result_of(mark_of(token)):
            return HttpResponseRedirect(_setup_of(made["channel"]))
        form = AddChannelForm(request.POST)
        if not form.is_valid():
            return self._add_form(request, form)
        if not is_token(token, request.user):
            data = request.POST.copy()
            data["form_token"] = new_token(request.user)
            form.data = data
            form.add_error(None, _("This form is too old. Look it over and send it again."))
            return self._add_form(request, form)
        return self._made(request, form, token)

    def _made(self, request: HttpRequest, form: AddChannelForm, token: str) -> HttpResponse:
        data = form.cleaned_data
        try:
            with transaction.atomic():
                spend_token(token)
                channel = create_channel(
                    act=act_of(request),
                    slug=data["slug"],
                    name=data["name"],
                    connector=data["connector"],
                )
                keep_result(token, {"channel": channel.pk})
        except AlreadySent:
            made = result_of(mark_of(token)) or {}
            return HttpResponseRedirect(_setup_of(made["channel"]))
        except InventoryError as error:
            blame_form(form, error)
            return self._add_form(request, form)
        messages.success(request, _("%(channel)s was made.") % {"channel": channel})
        return HttpResponseRedirect(change_url(channel))

    def _add_form(self, request: HttpRequest, form: AddChannelForm) -> HttpResponse:
        return self.page(
            request,
            "add.html",
            title=_("Add channel"),
            trail=[(reverse("admin:channels_channel_changelist"), _("Channels"))],
            form=form,
        )


def _setup_of(pk: int) -> str:
    return reverse("admin:channels_channel_change", args=[pk])
