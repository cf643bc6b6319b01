"""Bulk edit: many variants edited at once, exactly as the preview showed.

Chosen, then asked, then prepared: each variant is taken down with what becomes of it. Confirmed, it
is written chunk by chunk, each with its checkpoint and the rows of its change set in one
transaction: whoever takes up a killed job goes on behind the checkpoint. Source: Lightspeed eCom,
"Bulk action".
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from inventory.acts import Act
from inventory.bulk_rules import LEVEL_FIELDS, NUMBERS
from inventory.consequences import Consequences
from inventory.errors import InvalidChange, InventoryError
from inventory.models import (
    BulkEdit,
    BulkEditItem,
    ChangeSet,
    DeliveryTimeframe,
    Job,
    StockLevel,
    Variant,
    Warehouse,
)
from inventory.models.work import JobState
from inventory.services.bulk_choice import CHUNK, Choice, Decider, take_down, wish_of
from inventory.services.bulk_write import write_chunk
from inventory.services.changes import validate
from inventory.services.consequences import (
    RowChange,
    ask_for_rows,
    found_by_variant,
    found_of_rows,
)
from inventory.services.history import open_change_set
from inventory.services.jobs import end_job, keep, request_cancel
from inventory.waiting_room import waiting_room

Progress = Callable[[int, int], None]
"""Called after each chunk with what is done and the total."""

AT_ONCE = 200
"""Variants; more are prepared and written in the background."""

MAX_CHOSEN = 1_000_000
KEEP_DRAFTS = timedelta(days=1)
State = BulkEdit.State


class BulkEditNotReady(InventoryError):
    """Raised for a bulk edit that was begun or thrown away, or is not prepared yet."""


def is_draft(edit: BulkEdit) -> bool:
    """Return whether nothing is asked of the chosen variants yet."""
    return edit.state == State.CHECKING and not {"wish", "wishes"} & edit.asked.keys()


# --- choosing and asking ----------------------------------------------------------------------


@transaction.atomic
def choose(*, chosen: Mapping[str, Any], user: Any, words: str = "") -> BulkEdit:
    """Note which variants are meant; nothing is asked of them yet.

    `chosen` has `ids` in order, or `list`, the words of the list's address, or `filter`, those of
    the API; and `but`, keys that are left out.

    :raises InvalidChange: none are chosen, or more than a million.
    """
    owner = getattr(user, "pk", None)
    drafts = BulkEdit.objects.filter(state=State.CHECKING, job=None, created_by_id=owner)
    drafts.filter(created_at__lt=timezone.now() - KEEP_DRAFTS).delete()
    edit = BulkEdit(chosen=dict(chosen), words=words[:250], created_by_id=owner)
    edit.total = Choice(edit).count(most=MAX_CHOSEN + 1)
    if not edit.total:
        raise InvalidChange({"chosen": "Choose one or more variants first."})
    if edit.total > MAX_CHOSEN:
        text = f"At most {MAX_CHOSEN:,} variants at once: search or filter for fewer."
        raise InvalidChange({"chosen": text})
    edit.save(force_insert=True)
    return edit


@transaction.atomic
def ask(edit: BulkEdit, asked: Mapping[str, Any], *, words: str = "") -> BulkEdit:
    """Say what is wished: `wish` of all, or `wishes` of each by its key; the rest is kept along.

    Asked once more, it is another bulk edit of the same variants, and the first is thrown away.

    :raises InvalidChange: a field cannot take its value.
    :raises BulkEditNotReady: it was begun.
    """
    for wish in [*([asked["wish"]] if "wish" in asked else []), *asked.get("wishes", {}).values()]:
        refuse_impossible(wish_of(wish))
    edit = _locked(edit)
    words = (words or edit.words)[:250]
    if is_draft(edit):
        edit.asked, edit.words = dict(asked), words
        edit.save(update_fields=["asked", "words"])
        return edit
    throw_away(edit)
    return BulkEdit.objects.create(
        chosen=edit.chosen,
        words=words,
        asked=dict(asked),
        total=edit.total,
        created_by_id=edit.created_by_id,
    )


def refuse_impossible(wish: Mapping[str, Any]) -> None:
    """Refuse a wish that no variant can take.

    :raises InvalidChange: with a sentence for each field.
    """
    validate(Variant(**{name: wish.get(name) for name in NUMBERS}), fields=NUMBERS)
    for level in wish.get("levels", {}).values():
        known = {name: level[name] for name in LEVEL_FIELDS if name in level}
        validate(StockLevel(**known), fields=known.keys())
    frame = wish.get("delivery_timeframe")
    if frame is not None and not DeliveryTimeframe.objects.filter(pk=frame).exists():
        raise InvalidChange({"delivery_timeframe": "There is no such delivery timeframe."})
    places = set(wish.get("levels", ()))
    if places - set(Warehouse.objects.filter(pk__in=places).values_list("pk", flat=True)):
        raise InvalidChange({"levels": "There is no such warehouse."})


# --- preparing --------------------------------------------------------------------------------


def prepare(edit: BulkEdit, *, progress: Progress, job: Job | None = None) -> BulkEdit:
    """Take down what becomes of each chosen variant: from here on the list stays what it is.

    One that was interrupted goes on where it stopped. Its job is done with it, unless it is to be
    written at once.

    :raises InventoryError: the user who began it was deleted meanwhile.
    :raises LeaseLost: another worker has the job, or it has ended.
    """
    choice, decider = Choice(edit), Decider(edit.asked)
    total = choice.count(most=MAX_CHOSEN)
    done = edit.items.count()
    after = edit.items.aggregate(last=Max("variant"))["last"] or 0
    for variants in choice.chunks(after=after):
        with transaction.atomic():
            edit = _locked(edit)
            if edit.state != State.CHECKING:
                return edit
            decisions = list(decider.decide(variants))
            take_down(edit, decisions)
            edit.save(update_fields=["changing", "refused"])
            keep(job)
        done += len(decisions)
        progress(min(done, total), total)
    return _prepared(edit, job)


@transaction.atomic
def _prepared(edit: BulkEdit, job: Job | None) -> BulkEdit:
    edit = _locked(edit)
    if edit.state == State.CHECKING:
        edit.total = edit.items.count()
        edit.is_prepared = True
        edit.state = State.APPLYING if edit.change_set_id else State.READY
        edit.save(update_fields=["total", "is_prepared", "state"])
    if edit.state == State.READY:
        end_job(job, state=JobState.DONE, at=timezone.now())
    else:
        keep(job)
    return edit


# --- writing ----------------------------------------------------------------------------------


@transaction.atomic
def confirm(
    edit: BulkEdit,
    *,
    act: Act,
    start: Callable[[BulkEdit], Job],
    unseen: bool = False,
    agreed: bool = False,
) -> BulkEdit:
    """Save what the preview shows, a few variants at once, more by a job; once, however pressed.

    `unseen`: nobody wants a preview; what becomes of the variants is taken down when it begins.
    The preview shows what it does to open orders; unseen, `agreed` says yes to that.

    :raises BulkEditNotReady: it was thrown away, or is not prepared yet.
    :raises InvalidChange: what is wished was deleted meanwhile.
    :raises NeedsConfirmation: nobody saw what it does to open orders, and nobody said yes.
    """
    edit = _locked(edit)
    if edit.state in {State.APPLYING, State.DONE} or edit.change_set_id:
        return edit
    if edit.state != State.READY and not (unseen and edit.state == State.CHECKING):
        raise BulkEditNotReady("This bulk edit was canceled, or is not prepared yet.")
    for wish in Decider(edit.asked).all_wishes():
        refuse_impossible(wish)
    if unseen and not agreed:
        ask_for_rows(_changes(edit))
    edit.change_set = open_change_set(
        ChangeSet.Kind.BULK_EDIT, act=act, label=edit.words or "Bulk edit"
    )
    if edit.state == State.READY:
        edit.state = State.APPLYING
    edit.save(update_fields=["change_set", "state"])
    if edit.total <= AT_ONCE:
        return write(prepare(edit, progress=_silent), progress=_silent)
    edit.job = start(edit)
    edit.save(update_fields=["job"])
    return edit


def consequences_of(edit: BulkEdit) -> Consequences:
    """Return what a bulk edit would do to open orders."""
    return found_of_rows(_changes(edit))


def _changes(edit: BulkEdit) -> list[RowChange]:
    """Return what a bulk edit changes of the variants that open orders still are to get."""
    rows = _wished if edit.state == State.CHECKING else _taken_down
    taken = sorted(waiting_room().taken(None))
    parts = (taken[start : start + CHUNK] for start in range(0, len(taken), CHUNK))
    return [row for part in parts for row in rows(edit, part)]


def consequences_by_variant(items: Sequence[BulkEditItem]) -> dict[int, Consequences]:
    """Return what a few items do to open orders, by the key of their variant."""
    return found_by_variant(
        [
            _row(item.variant_id, item.changes, item.levels)
            for item in items
            if item.outcome == BulkEditItem.Outcome.CHANGE
        ]
    )


def _taken_down(edit: BulkEdit, variant_ids: Sequence[int]) -> Iterator[RowChange]:
    items = edit.items.filter(outcome=BulkEditItem.Outcome.CHANGE, variant__in=variant_ids)
    for row in items.values_list("variant_id", "changes", "levels"):
        yield _row(*row)


def _wished(edit: BulkEdit, variant_ids: Sequence[int]) -> Iterator[RowChange]:
    """Yield what is asked of these variants, as it would be decided now."""
    choice = Choice(edit)
    keys = set(variant_ids) if choice.ids is None else set(variant_ids) & set(choice.ids)
    for key, _version, decision in Decider(edit.asked).decide(choice.variants.filter(pk__in=keys)):
        if not decision.reason:
            levels = {place: changes for place, (_seen, changes) in decision.levels.items()}
            yield RowChange(key, decision.changes, levels)


def _row(variant_id: int, changes: Mapping[str, Any], levels: Mapping[str, Any]) -> RowChange:
    places = {int(key): level["changes"] for key, level in levels.items()}
    return RowChange(variant_id, changes, places)


def write(edit: BulkEdit, *, progress: Progress, job: Job | None = None) -> BulkEdit:
    """Write a confirmed bulk edit to its end; one that was interrupted goes on where it stopped.

    :raises InventoryError: the user who began it may not change variants any more.
    :raises LeaseLost: another worker has the job, or it has ended.
    """
    while written := _write_next(edit, job):
        progress(written.changed + written.skipped, written.changing)
    with transaction.atomic():
        edit = end(edit, state=State.DONE)
        end_job(job, state=JobState.DONE, at=timezone.now())
    return edit


@transaction.atomic
def _write_next(edit: BulkEdit, job: Job | None) -> BulkEdit | None:
    """Return the bulk edit as it stands after its next chunk; `None`: there is none."""
    edit = _locked(edit)
    if edit.state == State.APPLYING and write_chunk(edit, at=timezone.now()):
        keep(job)
        return edit
    return None


@transaction.atomic
def end(edit: BulkEdit, *, state: str) -> BulkEdit:
    """Note that everything is written, or that somebody stopped it."""
    edit = _locked(edit)
    if edit.state in {State.CHECKING, State.APPLYING}:
        edit.state = state
        edit.save(update_fields=["state"])
    return edit


def go_on(edit: BulkEdit) -> None:
    """Make a bulk edit that was stopped, and is locked, ready to be gone on with."""
    is_prepared = edit.is_prepared or edit.through
    edit.state = State.APPLYING if is_prepared else State.CHECKING
    edit.save(update_fields=["state"])


@transaction.atomic
def throw_away(edit: BulkEdit) -> None:
    """Forget a preview; nothing was changed.

    :raises BulkEditNotReady: it was begun.
    """
    edit = _locked(edit)
    if edit.change_set_id or edit.state not in {State.CHECKING, State.READY, State.CANCELED}:
        raise BulkEditNotReady("This bulk edit was begun: stop its job instead.")
    if edit.state == State.CHECKING and edit.job is not None:
        request_cancel(edit.job)
    edit.state = State.CANCELED
    edit.save(update_fields=["state"])


def _locked(edit: BulkEdit) -> BulkEdit:
    """Lock a bulk edit and read how far it is."""
    rows = BulkEdit.objects.select_related("created_by", "change_set", "job")
    return rows.select_for_update(of=("self",)).get(pk=edit.pk)


def _silent(_done: int, _total: int) -> None:
    """Say nothing of the progress: the page answers when it is done."""
