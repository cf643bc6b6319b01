"""One bulk edit: what it would change and what shoppers would see, its progress, its result."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.admin.by_channel import ChannelRow, differing, rows_by_channel, told_in
from inventory.admin.consequences import question_of
from inventory.admin.explain import STATE_LABELS, STATES, variant_warnings
from inventory.admin.scoped import ScopedAdmin, page_number
from inventory.availability import Supposed, availability_of
from inventory.bulk_rules import in_words, level_in_words
from inventory.consequence_words import in_words as consequences_in_words
from inventory.consequences import Consequences
from inventory.models import (
    BulkEdit,
    BulkEditItem,
    DeliveryTimeframe,
    StoreSettings,
    Variant,
    Warehouse,
)
from inventory.models.work import JobState
from inventory.offers import Availability
from inventory.services.bulk_edit import consequences_by_variant, consequences_of
from inventory.shop_window import shop_window

ROWS_A_PAGE = 50
SECONDS_TO_REFRESH = 1
State, Outcome = BulkEdit.State, BulkEditItem.Outcome
LABELS = {
    State.CHECKING: "info",
    State.READY: "warning",
    State.APPLYING: "info",
    State.DONE: "success",
    State.CANCELED: "default",
}
OUTCOME_LABELS = {Outcome.REFUSED: "danger", Outcome.SKIPPED: "warning"}
RUNNING = (State.CHECKING, State.APPLYING)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a shopper is told of a variant: the state, its color, and the other lines."""

    state: Any
    label: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One variant of a bulk edit, as the page shows it."""

    item: BulkEditItem
    words: Sequence[str]
    before: Seen | None
    after: Seen | None
    warnings: Sequence[str]
    is_stale: bool
    label: str
    is_unsaved: bool
    consequences: Sequence[str] = ()

    @property
    def is_seen_alike(self) -> bool:
        """Return whether shoppers are told the same afterwards."""
        return self.before == self.after


class BulkPreview(ScopedAdmin):
    """The page of one bulk edit."""

    def shown(self, request: HttpRequest, edit: BulkEdit) -> HttpResponse:
        """Show what a bulk edit would change, does, or did."""
        items, chosen = _items(request, edit)
        page = Paginator(items, ROWS_A_PAGE).get_page(page_number(request))
        running = is_running(edit)
        response = self.page(
            request,
            "bulk_edit.html",
            title=_("Edit variants") if edit.state == State.READY else _("Bulk edit"),
            trail=trail(),
            edit=edit,
            job=edit.job,
            label=LABELS[State(edit.state)],
            is_running=running,
            has_failed=edit.job is not None and edit.job.state == JobState.FAILED,
            is_ready=edit.state == State.READY,
            question=question_of(consequences_of(edit)) if edit.state == State.READY else None,
            counts=_counts(edit),
            chosen=chosen,
            page_obj=page,
            rows=[] if running else rows_of(edit, list(page.object_list)),
            may_change=self.has_change_permission(request, edit),
        )
        if running:
            response["Refresh"] = str(SECONDS_TO_REFRESH)
        return response


def trail() -> list[tuple[str, Any]]:
    """Return the way to the pages of a bulk edit."""
    return [(reverse("admin:inventory_variant_changelist"), _("Inventory"))]


def is_running(edit: BulkEdit) -> bool:
    """Return whether a job is at it."""
    stopped = edit.job is not None and edit.job.state in {JobState.FAILED, JobState.CANCELED}
    return edit.state in RUNNING and not stopped


def _items(request: HttpRequest, edit: BulkEdit) -> tuple[QuerySet[BulkEditItem], str]:
    items = edit.items.order_by("pk").select_related(
        "variant__product__delivery_timeframe", "variant__delivery_timeframe"
    )
    chosen = request.GET.get("show", "")
    if chosen in Outcome.values:
        return items.filter(outcome=chosen), chosen
    return items, ""


def _counts(edit: BulkEdit) -> list[tuple[str, int, Any]]:
    """Return the outcomes that there are, each with its number and its word."""
    done = edit.state == State.DONE
    waiting = 0 if done else edit.changing - edit.changed - edit.skipped
    changes = Outcome.CHANGE.value
    word = gettext_lazy("not saved") if edit.state == State.CANCELED else gettext_lazy("to change")
    same = max(edit.total - edit.changing - edit.refused, 0)
    counts = [
        (changes, edit.changed, gettext_lazy("changed")),
        (changes, waiting, word),
        (Outcome.UNCHANGED.value, same, gettext_lazy("unchanged")),
        (Outcome.REFUSED.value, edit.refused, gettext_lazy("refused")),
        (Outcome.SKIPPED.value, edit.skipped, gettext_lazy("changed meanwhile, left alone")),
    ]
    return [count for count in counts if count[1]]


# --- rows -------------------------------------------------------------------------------------


def rows_of(edit: BulkEdit, items: Sequence[BulkEditItem]) -> list[ItemRow]:
    """Return the rows of one page, in words; the policy says what shoppers see of those."""
    frames = {frame.pk: frame for frame in DeliveryTimeframe.objects.all()}
    places = {place.pk: place.name for place in Warehouse.objects.order_by("priority", "pk")}
    ready = edit.state == State.READY
    seen = _seen(items, frames) if ready else {}
    touched = consequences_by_variant(items) if ready else {}
    names = {pk: frame.name for pk, frame in frames.items()}
    return [
        replace(
            _row(edit, item, seen.get(item.pk), names, places),
            consequences=consequences_in_words(touched.get(item.variant_id, Consequences())),
        )
        for item in items
    ]


def _row(
    edit: BulkEdit,
    item: BulkEditItem,
    seen: tuple[Seen, Seen, Sequence[str]] | None,
    frames: dict[int, str],
    places: dict[int, str],
) -> ItemRow:
    words = in_words(item.changes, timeframes=frames)
    for key, level in item.levels.items():
        words += level_in_words(places.get(int(key), key), level["changes"])
    before, after, warnings = seen or (None, None, ())
    was_changed = item.outcome in {Outcome.CHANGE, Outcome.SKIPPED}
    return ItemRow(
        item=item,
        words=words if was_changed else [],
        before=before,
        after=after,
        warnings=warnings if was_changed else (),
        is_stale=edit.state == State.READY and item.version != item.variant.version,
        label=OUTCOME_LABELS.get(Outcome(item.outcome), ""),
        is_unsaved=edit.state == State.CANCELED
        and item.outcome == Outcome.CHANGE
        and item.pk > edit.through,
    )


def _seen(
    items: Sequence[BulkEditItem], frames: dict[int, DeliveryTimeframe]
) -> dict[int, tuple[Seen, Seen, Sequence[str]]]:
    """Return for each item what shoppers see before and after, and what staff should know."""
    settings, today = StoreSettings.load(), timezone.localdate()
    variants = [item.variant for item in items]
    supposed = _supposed(items, frames)
    _alone, told = rows_by_channel(variants, settings, today=today)
    _alone, tell = rows_by_channel(variants, settings, today=today, supposed=supposed)
    before = availability_of(variants, today=today, settings=settings)
    after = availability_of(variants, today=today, settings=settings, supposed=supposed)
    found: dict[int, tuple[Seen, Seen, Sequence[str]]] = {}
    for item in items:
        now, then = item.variant, supposed.of(item.variant)
        offer = after[now.pk]
        found[item.pk] = (
            _seen_of(now, before[now.pk], settings, told[now.pk], today=today),
            _seen_of(then, offer, settings, tell[now.pk], today=today),
            variant_warnings(then, offer, settings=settings, today=today),
        )
    return found


def _supposed(items: Sequence[BulkEditItem], frames: dict[int, DeliveryTimeframe]) -> Supposed:
    """Return what these items, and those of components of bundles among them, would change."""
    if not items:
        return Supposed()
    keys = [item.variant_id for item in items]
    others = BulkEditItem.objects.filter(
        edit=items[0].edit_id, outcome=Outcome.CHANGE, variant__bundled_in__bundle__in=keys
    )
    variants, levels = {}, {}
    for item in [*others, *items]:
        if item.outcome != Outcome.CHANGE:
            continue
        changes = {name: pair[1] for name, pair in item.changes.items()}
        if "delivery_timeframe" in changes:
            changes["delivery_timeframe"] = frames.get(changes["delivery_timeframe"] or 0)
        variants[item.variant_id] = changes
        for key, level in item.levels.items():
            levels[item.variant_id, int(key)] = {
                name: pair[1] for name, pair in level["changes"].items()
            }
    return Supposed(variants, levels)


def _seen_of(
    variant: Variant,
    offer: Availability,
    settings: StoreSettings,
    channels: Sequence[ChannelRow],
    *,
    today: date,
) -> Seen:
    state = offer.state.value
    lines = [
        *shop_window().lines(variant, offer, settings=settings, today=today),
        *told_in(differing(offer, channels)),
    ]
    return Seen(STATES[state], STATE_LABELS[state], lines)
