"""The setup of a channel."""

import copy
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from channels.admin.base import CONFLICT, SEE_SETUP, SETUP, ChannelPages, tab_url
from channels.admin.words import state_of
from channels.connectors import CONNECTORS
from channels.forms.channels import SetupForm, load_from
from channels.models import CaptureWhen, Channel, ChannelLog, LogKind, ProcessingMode
from channels.services.channels import update_channel
from channels.services.connect import test_connection
from channels.services.publish import unpublished_changes
from inventory.acts import act_of
from inventory.admin.consequences import question_of, with_yes
from inventory.admin.scoped import blame_form, change_url, refuse_get
from inventory.errors import InventoryError, NeedsConfirmation, StaleChange

WEBHOOK = "/api/v1/channels/{slug}/webhooks/orders"


class SetupPages(ChannelPages):
    """The page of a channel's settings, and the test of its connection."""

    def setup_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the setup of a channel and save it; a refusal leaves the form as it was typed."""
        channel = self.opened(request, object_id, SEE_SETUP, listing=False)
        may_save = request.user.has_perm(SETUP)
        data = request.POST if request.method == "POST" else None
        form = SetupForm(data, instance=copy.copy(channel))
        status = 200
        if request.method == "POST":
            if not may_save:
                raise PermissionDenied
            status = self._save(request, channel, form)
            if not status:
                return HttpResponseRedirect(change_url(channel))
        for field in form.fields.values() if not may_save else ():
            field.disabled = True
        return self._setup(request, channel, form, may_save=may_save, status=status)

    def _save(self, request: HttpRequest, channel: Channel, form: SetupForm) -> int:
        """Return the status of the refusal, or 0 when it was saved."""
        if not form.is_valid():
            return 200
        changes = form.changes()
        try:
            saved = with_yes(request, lambda yes: _updated(request, channel, form, confirm=yes))
        except StaleChange as error:
            form.add_error(None, str(error))
            return CONFLICT
        except NeedsConfirmation as asked:
            form.question = question_of(asked.consequences, request)
            return CONFLICT
        except InventoryError as error:
            blame_form(form, error)
            return 200
        messages.success(request, _("%(channel)s was saved.") % {"channel": saved})
        if "allow_out_of_stock_purchases" in changes:
            _tell_to_update(request, saved)
        return 0

    def _setup(
        self,
        request: HttpRequest,
        channel: Channel,
        form: SetupForm,
        *,
        may_save: bool,
        status: int,
    ) -> HttpResponse:
        return self.channel_page(
            request,
            channel,
            "setup",
            "setup.html" if channel.has_listings else "direct.html",
            form=form,
            prerequisites=_prerequisites(channel, form),
            remote=_remote(request, channel) if channel.is_remote else None,
            may_save=may_save,
            question=form.question,
            is_stale=status == CONFLICT and form.question is None,
            status=status,
        )

    def test_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask the shop on the other side who it is, with what is saved."""
        if refused := refuse_get(request):
            return refused
        channel = self.opened(request, object_id, SEE_SETUP, SETUP)
        is_ok, words = test_connection(channel, at=timezone.now())
        (messages.success if is_ok else messages.error)(request, words)
        return HttpResponseRedirect(f"{change_url(channel)}#connection")


def _updated(request: HttpRequest, channel: Channel, form: SetupForm, *, confirm: bool) -> Channel:
    return update_channel(
        channel=channel,
        changes=form.changes(),
        act=act_of(request, seen=form.cleaned_data["version"]),
        confirm=confirm,
    )


def _tell_to_update(request: HttpRequest, channel: Channel) -> None:
    """Say that shoppers see a changed switch only once listings are updated."""
    text = _("You need to list or update products to apply a change in backorder settings.")
    if not unpublished_changes(channel):
        messages.info(request, text)
        return
    address = f"{tab_url(channel, 'catalog')}?status=changed"
    link = _("Show what is to be updated")
    messages.warning(
        request, format_html('{} <a class="bo-link" href="{}">{}</a>', text, address, link)
    )


def _prerequisites(channel: Channel, form: SetupForm) -> list[dict[str, Any]]:
    """Return what backorders in a channel need, each with whether the form as it is meets it."""
    if not channel.has_listings:
        return []
    mode = form["processing_mode"].value()
    capture = form["capture_when"].value()
    allowed = [CaptureWhen.CREATED.value, CaptureWhen.PAID.value]
    return [
        {
            "field": "processing_mode",
            "values": " ".join(
                value
                for value in ProcessingMode.values
                if value != ProcessingMode.LOAD_FROM_CHANNEL.value
            ),
            "is_met": mode != ProcessingMode.LOAD_FROM_CHANNEL,
            "words": _("Pick, pack, and ship processing mode must not be %(mode)s.")
            % {"mode": load_from(channel)},
        },
        {
            "field": "capture_when",
            "values": " ".join(allowed),
            "is_met": capture in allowed,
            "words": _("Capture order when it is must be Created or Paid."),
        },
    ]


def _remote(request: HttpRequest, channel: Channel) -> dict[str, Any]:
    """Return what there is to say of the shop on the other side; no secret is part of it."""
    code, words, detail = state_of(channel)
    tests = ChannelLog.objects.filter(channel=channel, kind=LogKind.TEST).order_by("-pk")
    return {
        "state": code,
        "state_words": f"{words}, {detail}" if detail else words,
        "losses": CONNECTORS[channel.connector].losses,
        "webhook": request.build_absolute_uri(WEBHOOK.format(slug=channel.slug)),
        "test": tests.first(),
    }
