"""The first steps of a new store; each knows by itself whether it is done."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from backoffice.store import settings_of
from channels.models import DIRECT, STOREFRONT, Channel
from inventory.models import ChangeSetRow, Movement, StoreSettings, Variant
from inventory.models.columns import Backorders
from orders.models import Order

COOKIE = "first_steps"
HIDDEN = "hidden"
YEAR = 365 * 24 * 60 * 60
LOOKED_AT = 500
"""Of the newest variants, to see whether one has backorders of its own."""

WHO = ("inventory.add_product", "inventory.change_storesettings")
"""The rights of those who set a store up."""


@dataclass(frozen=True, slots=True)
class Step:
    """One of the first steps; `links` are the ways to do it, as words and addresses."""

    title: Any
    text: Any
    is_done: bool
    links: tuple[tuple[Any, str], ...]


def checklist(request: HttpRequest, *, is_empty: bool) -> list[Step]:
    """Return the first steps, or nothing: they are done or hidden, or are not this user's.

    `is_empty`: there is no variant yet.
    """
    if is_hidden(request) or not request.user.has_perms(WHO):
        return []
    was_delivered = Movement.objects.filter(delivery__isnull=False).exists()
    steps = [
        Step(
            _("Add products"),
            _(
                "By hand, or all at once from the file of your old shop. To look around in a "
                "full shop first: make demo."
            ),
            not is_empty,
            _links(
                (_("Add product"), "admin:inventory_product_add"),
                (_("Import a file"), "admin:inventory_import_add"),
            ),
        ),
        Step(
            _("Put stock in"),
            _("Receive what lies on your shelves, or let the import bring it along."),
            was_delivered or Movement.objects.exists(),
            _links((_("Receive"), "admin:inventory_movement_receive")),
        ),
        Step(
            _("Choose who may be backordered"),
            _("For everything in the settings, or product by product. It is off until you do."),
            _is_chosen(settings_of(request)),
            _links(
                (_("Workflow"), "admin:inventory_storesettings_changelist"),
                (_("Inventory"), "admin:inventory_variant_changelist"),
            ),
        ),
        Step(
            _("Set up a channel"),
            _("Your storefront, or another shop: what it sells, and whether beyond the stock."),
            _has_channel(),
            _links((_("Channels"), "admin:channels_channel_changelist")),
        ),
        Step(
            _("Take a first order"),
            _("Buy something in the storefront, or type an order that came by phone."),
            Order.objects.exists(),
            _links(
                (_("Storefront"), "storefront:list"), (_("New order"), "admin:orders_order_add")
            ),
        ),
        Step(
            _("Receive a delivery"),
            _("Announce what is on its way: orders get their dates. Receive it: they get units."),
            was_delivered,
            _links((_("Deliveries"), "admin:inventory_incomingdelivery_changelist")),
        ),
    ]
    return [] if all(step.is_done for step in steps) else steps


def is_hidden(request: HttpRequest) -> bool:
    """Return whether somebody in this browser put the steps away."""
    return request.COOKIES.get(COOKIE) == HIDDEN


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Put the steps away in this browser, or show them again."""
    answer = HttpResponseRedirect(reverse("admin:index"), status=303)
    if "show" in request.POST:
        answer.delete_cookie(COOKIE, path=reverse("admin:index"), samesite="Lax")
        return answer
    answer.set_cookie(
        COOKIE,
        HIDDEN,
        max_age=YEAR,
        path=reverse("admin:index"),
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return answer


def _is_chosen(store: StoreSettings) -> bool:
    """Return whether backorders are on somewhere, or the settings were looked at and saved."""
    if store.backorders != Backorders.NO:
        return True
    if ChangeSetRow.objects.filter(model=StoreSettings._meta.model_name).exists():  # noqa: SLF001
        return True
    own = Variant.objects.order_by("-pk").values_list("backorders", flat=True)[:LOOKED_AT]
    return not {Backorders.ALLOW.value, Backorders.NOTIFY.value}.isdisjoint(own)


def _has_channel() -> bool:
    """Return whether a channel was added, or the storefront was set up."""
    others = Channel.objects.exclude(slug__in=(DIRECT, STOREFRONT))
    return others.exists() or Channel.objects.filter(slug=STOREFRONT, version__gt=1).exists()


def _links(*pages: tuple[Any, str]) -> tuple[tuple[Any, str], ...]:
    """Return words and addresses of the pages that there are."""
    found = []
    for words, page in pages:
        try:
            found.append((words, reverse(page)))
        except NoReverseMatch:
            continue
    return tuple(found)
