"""Undo: puts back what a change set changed, row by row, where nobody touched it since.

An undo is a change set of its own, so that it can be undone again. It works from the last row of
what is undone to the first, chunk by chunk, each with its checkpoint in one transaction: whoever
takes up a killed undo goes on where it stopped.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from inventory.acts import Act, act_for
from inventory.consequences import Consequences
from inventory.errors import InventoryError
from inventory.locks import lock_variant_versions
from inventory.models import (
    BulkEdit,
    ChangeSet,
    ChangeSetRow,
    Import,
    Job,
    Product,
    StockLevel,
    Variant,
)
from inventory.models.spreadsheets import ImportState
from inventory.models.work import JobState
from inventory.services.consequences import RowChange, ask_for_rows, found_of_rows
from inventory.services.history import LEFT_ALONE, open_change_set
from inventory.services.jobs import keep
from inventory.services.on_behalf import still_may, was_asked_for
from inventory.services.stock_changed import following_once
from inventory.services.undo_rows import (
    Change,
    Deleted,
    Look,
    Made,
    Restorer,
    Undoing,
    Verdict,
    remember_left,
    with_version,
)
from inventory.services.undo_stock import LevelsChanged, LevelsCounted, VariantsChanged
from inventory.waiting_room import waiting_room

CHUNK = 2_000
AT_ONCE = 200
"""Rows; more are put back in the background."""

_COLUMNS = ("pk", "model", "object_id", "label", "before", "after", "version")

MOST_LOOKED_AT = 10_000
"""Rows that a preview judges."""

JOB = "undo_change_set"
Progress = Callable[[int, int], None]
"""Called after each chunk with what is done and the total."""

Kind = ChangeSet.Kind

RESTORERS: dict[str, Restorer] = {
    "product deleted": Deleted(Product),
    "variant deleted": Deleted(Variant),
    "variant changed": VariantsChanged(),
    "stocklevel changed": LevelsChanged(),
    "stocklevel counted": LevelsCounted(),
    "variant made": Made(Variant),
    "product made": Made(Product),
}
"""Who puts back which rows, in the order in which a chunk is put back."""

RIGHTS: dict[str, tuple[str, ...]] = {
    Kind.IMPORT: ("inventory.change_variant",),
    Kind.BULK_EDIT: ("inventory.change_variant",),
    Kind.STOCK_COUNT: ("inventory.add_movement",),
}
"""What somebody needs to undo a change set of each kind: what they needed to make it."""

STILL_WRITTEN: list[Callable[[ChangeSet], bool]] = []
"""Who else knows whether a change set is still being written."""


class UndoRefused(InventoryError):
    """Raised when a change set cannot be undone as a whole; nothing was changed."""


@dataclass(slots=True)
class Preview:
    """What an undo would do, of the rows that were looked at; to open orders, of all rows."""

    total: int
    looked_at: int = 0
    restored: int = 0
    touched: list[Verdict] = field(default_factory=list)
    breaking: list[Verdict] = field(default_factory=list)
    warned: list[Verdict] = field(default_factory=list)
    consequences: Consequences = field(default_factory=Consequences)


# --- may it be undone -------------------------------------------------------------------------


def rights_to_undo(change_set: ChangeSet) -> tuple[str, ...]:
    """Return the permissions that undoing it needs; none: it cannot be undone."""
    return RIGHTS.get(root_of(change_set).kind, ())


def root_of(change_set: ChangeSet) -> ChangeSet:
    """Return what was done first: an undo of an undo leads there too."""
    while change_set.undoes is not None:
        change_set = change_set.undoes
    return change_set


def standing_undo(change_set: ChangeSet) -> ChangeSet | None:
    """Return the undo of a change set that was not undone itself."""
    return standing_undoes([change_set.pk]).get(change_set.pk)


def standing_undoes(keys: Collection[int]) -> dict[int, ChangeSet]:
    """Return the undo of each of these change sets that was not undone itself, by its key."""
    rows = ChangeSet.objects.filter(undoes__in=keys).select_related("by").order_by("pk")
    undoes = list(rows)
    undone = standing_undoes([undo.pk for undo in undoes]) if undoes else {}
    return {undo.undoes_id or 0: undo for undo in undoes if undo.pk not in undone}


def refusal(change_set: ChangeSet) -> str:
    """Return why a change set cannot be undone as a whole, if it cannot."""
    if not rights_to_undo(change_set):
        return _("Change it back on its own page: only bulk changes are undone as a whole.")
    if undo := standing_undo(change_set):
        words = _("Already undone by %(name)s on %(day)s, in change set %(number)d.")
        day = date_format(timezone.localtime(undo.created_at), "SHORT_DATETIME_FORMAT")
        return words % {"name": undo.by or _("nobody"), "day": day, "number": undo.pk}
    if is_being_written(change_set):
        return _("It is still being written. Wait until it is done, or stop it first.")
    return ""


def is_being_written(change_set: ChangeSet) -> bool:
    """Return whether a worker still adds rows to a change set."""
    ended = Q(job__state__in=(JobState.FAILED, JobState.CANCELED))
    imports = Import.objects.filter(change_set=change_set, state=ImportState.APPLYING)
    edits = BulkEdit.objects.filter(change_set=change_set, state=BulkEdit.State.APPLYING)
    jobs = Job.objects.filter(kind=JOB, subject_id=change_set.pk)
    return (
        imports.exclude(ended).exists()
        or edits.exclude(ended).exists()
        or jobs.filter(state__in=(JobState.QUEUED, JobState.RUNNING)).exists()
        or any(still_written(change_set) for still_written in STILL_WRITTEN)
    )


# --- looking first ----------------------------------------------------------------------------


def preview(change_set: ChangeSet, *, user: Any, most: int = MOST_LOOKED_AT) -> Preview:
    """Return what would become of the last rows of a change set; nothing is written."""
    seen = Preview(total=change_set.rows.exclude(LEFT_ALONE).count())
    seen.consequences = found_of_rows(_changes(change_set, user=user))
    look = Look(user)
    below = None
    while seen.looked_at < most and (rows := _rows(change_set, below=below)):
        below = rows[-1].pk
        for kind, changes in _by_kind(_at_last(change_set, rows)):
            verdicts = _judged(kind, changes, look)
            look.foresee(kind, (one.change.object_id for one in verdicts if not one.reason))
            _add(seen, verdicts)
    return seen


def _add(seen: Preview, verdicts: Sequence[Verdict]) -> None:
    seen.looked_at += len(verdicts)
    for verdict in verdicts:
        if not verdict.reason:
            seen.restored += 1
            if verdict.warning:
                seen.warned.append(verdict)
        elif verdict.breaks_rule:
            seen.breaking.append(verdict)
        else:
            seen.touched.append(verdict)


def _changes(change_set: ChangeSet, *, user: Any) -> list[RowChange]:
    """Return what an undo changes of the variants that open orders still are to get."""
    taken = sorted(waiting_room().taken(None))
    changes: dict[int, dict[str, Any]] = {}
    levels: dict[int, dict[int, Any]] = defaultdict(dict)
    for start in range(0, len(taken), CHUNK):
        part = taken[start : start + CHUNK]
        places = {
            pk: (variant, warehouse)
            for pk, variant, warehouse in StockLevel.objects.filter(variant__in=part).values_list(
                "pk", "variant", "warehouse"
            )
        }
        for change in _put_back(change_set, part, places, user=user):
            fields = {
                name: [now, (change.before or {}).get(name)]
                for name, now in (change.after or {}).items()
            }
            if change.model == "variant":
                changes[change.object_id] = fields
            else:
                variant, warehouse = places[change.object_id]
                levels[variant][warehouse] = fields
    return [
        RowChange(key, changes.get(key, {}), levels.get(key, {}))
        for key in changes.keys() | levels.keys()
    ]


def _put_back(
    change_set: ChangeSet, variant_ids: Collection[int], levels: Collection[int], *, user: Any
) -> Iterator[Change]:
    """Yield the changed settings of these variants and stock levels that would be put back."""
    where = Q(model="variant", object_id__in=variant_ids)
    where |= Q(model="stocklevel", object_id__in=list(levels))
    rows = change_set.rows.filter(where, before__isnull=False, after__isnull=False)
    changes = [Change(*row) for row in rows.order_by("-pk").values_list(*_COLUMNS)]
    for kind, some in _by_kind(_at_last(change_set, changes)):
        if kind in {"variant changed", "stocklevel changed"}:
            for verdict in _judged(kind, some, Look(user)):
                if not verdict.reason:
                    yield verdict.change


# --- undoing ----------------------------------------------------------------------------------


@transaction.atomic
def undo(
    change_set: ChangeSet,
    *,
    act: Act,
    start: Callable[[ChangeSet], Job],
    confirm: bool = False,
) -> tuple[ChangeSet, Job | None]:
    """Undo a change set: a few rows at once, more by a job. Return the change set of the undo.

    :raises UndoRefused: it was undone before, is still being written, or is no bulk change.
    :raises NeedsConfirmation: it does something to open orders, and nobody said yes.
    """
    change_set = ChangeSet.objects.select_for_update(of=("self",)).get(pk=change_set.pk)
    if reason := refusal(change_set):
        raise UndoRefused(reason)
    if not confirm:
        user = get_user_model().objects.filter(pk=act.user_id or 0).first()
        ask_for_rows(_changes(change_set, user=user))
    undoing = open_change_set(Kind.UNDO, act=act, label=_label(change_set), undoes=change_set)
    last = change_set.rows.aggregate(last=Max("pk"))["last"] or 0
    undoing.through = last + 1
    undoing.save(update_fields=["through"])
    if change_set.rows.count() > AT_ONCE:
        return undoing, start(undoing)
    run_undo(undoing, progress=lambda _done, _total: None)
    return undoing, None


def run_undo(undoing: ChangeSet, *, progress: Progress, job: Job | None = None) -> None:
    """Put back what is left of an undo, chunk by chunk.

    :raises LeaseLost: another worker has the job, or it has ended.
    """
    rows = ChangeSetRow.objects.filter(change_set=undoing.undoes_id)
    total = rows.count()
    done = rows.filter(pk__gte=undoing.through).count()
    while chunk := undo_next(undoing, at=timezone.now(), job=job):
        done += chunk
        progress(done, total)


@transaction.atomic
def undo_next(undoing: ChangeSet, *, at: datetime, job: Job | None = None) -> int:
    """Put back the next rows and move the checkpoint; return how many rows were looked at."""
    undoing = (
        ChangeSet.objects.select_for_update(of=("self",))
        .select_related("by", "undoes")
        .get(pk=undoing.pk)
    )
    undone = undoing.undoes
    rows = _rows(undone, below=undoing.through) if undone is not None else []
    if undone is None or not rows:
        return 0
    _refuse_if_not_allowed(undoing)
    whole = _with_their_others(undone, rows, undoing)
    groups = list(_by_kind(_at_last(undone, whole, but=undoing.pk)))
    _lock(groups)
    doing = Undoing(undoing, undoing.by, act_for(undoing.by, instead="undo", at=at))
    with following_once(act=doing.act):
        for kind, changes in groups:
            verdicts = _judged(kind, changes, Look(undoing.by))
            if good := [one.change for one in verdicts if not one.reason]:
                RESTORERS[kind].restore(good, doing)
            remember_left(doing, [one for one in verdicts if one.reason])
    undoing.through = rows[-1].pk
    undoing.save(update_fields=["through"])
    keep(job)
    return len(rows)


def _refuse_if_not_allowed(undoing: ChangeSet) -> None:
    """Refuse to go on for somebody who may not undo this any more.

    :raises NotAllowedAnyMore: they were deleted, or lost their log-in, a right or their seller.
    """
    if was_asked_for(undoing.by_id, undoing):
        for right in rights_to_undo(undoing):
            still_may(undoing.by_id, right)


def _label(change_set: ChangeSet) -> str:
    """Return what an undo of a change set is called; that of an undo does it once more."""
    root, depth = change_set, 0
    while root.undoes is not None:
        root, depth = root.undoes, depth + 1
    words = _("Redo: %(what)s") if depth % 2 else _("Undo: %(what)s")
    return words % {"what": root.label or str(root)}


def _rows(change_set: ChangeSet, *, below: int | None) -> list[Change]:
    """Return the next rows of a change set, the last first."""
    rows = ChangeSetRow.objects.filter(change_set=change_set)
    if below is not None:
        rows = rows.filter(pk__lt=below)
    return [Change(*row) for row in rows.order_by("-pk").values_list(*_COLUMNS)[:CHUNK]]


def _with_their_others(
    change_set: ChangeSet, rows: Sequence[Change], undoing: ChangeSet
) -> list[Change]:
    """Return rows with those further up of the same variants, without what was put back already.

    The settings of a variant and of its warehouses are put back at one stroke, whatever lies
    between their rows: open orders are brought along once, when all of them are as they were.
    """
    variants = {one.object_id for one in rows if one.model == "variant"}
    places = {one.object_id for one in rows if one.model == "stocklevel"}
    variants.update(StockLevel.objects.filter(pk__in=places).values_list("variant", flat=True))
    if not variants:
        return list(rows)
    levels = StockLevel.objects.filter(variant__in=variants).values("pk")
    theirs = (  # each by itself, so that the index of objects serves it
        Q(model="variant", object_id__in=variants),
        Q(model="stocklevel", object_id__in=levels),
    )
    above = change_set.rows.filter(pk__lt=rows[-1].pk)
    others = [row for own in theirs for row in above.filter(own).values_list(*_COLUMNS)]
    done = {
        row for own in theirs for row in undoing.rows.filter(own).values_list("model", "object_id")
    }
    whole = [*rows, *(Change(*row) for row in sorted(others, key=itemgetter(0), reverse=True))]
    return [one for one in whole if (one.model, one.object_id) not in done]


def _by_kind(changes: Iterable[Change]) -> Iterator[tuple[str, list[Change]]]:
    """Yield the rows that changed something by who puts them back, in the order to do so."""
    groups: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        if change.before is not None or change.after is not None:
            groups[change.kind].append(change)
    for kind in RESTORERS:
        if kind in groups:
            yield kind, groups.pop(kind)
    yield from groups.items()


def _judged(kind: str, changes: Sequence[Change], look: Look) -> list[Verdict]:
    restorer = RESTORERS.get(kind)
    if restorer is None:
        return [Verdict(one, _("Change it back on its own page.")) for one in changes]
    return restorer.judge(changes, look)


def _lock(groups: Iterable[tuple[str, list[Change]]]) -> None:
    """Lock every variant of a chunk at once, lowest key first."""
    keys: set[int] = set()
    for kind, changes in groups:
        if kind in RESTORERS:
            keys.update(RESTORERS[kind].variant_ids(changes))
    lock_variant_versions(keys)


def _at_last(change_set: ChangeSet, rows: Sequence[Change], *, but: int = 0) -> list[Change]:
    """Return rows with the version that undoing and undoing again left their objects at."""
    later = _undone_and_again(change_set, but=but)
    if not later:
        return list(rows)
    found = ChangeSetRow.objects.filter(
        change_set__in=later,
        model__in={row.model for row in rows},
        object_id__in={row.object_id for row in rows},
    ).exclude(LEFT_ALONE)
    versions = {
        (model, pk): version
        for model, pk, version in found.order_by("pk").values_list("model", "object_id", "version")
    }
    return [
        with_version(row, versions.get((row.model, row.object_id), row.version)) for row in rows
    ]


def _undone_and_again(change_set: ChangeSet, *, but: int) -> list[int]:
    """Return the undoes of a change set, theirs, and so on."""
    found: list[int] = []
    level = [change_set.pk]
    while level:
        rows = ChangeSet.objects.filter(undoes__in=level).exclude(pk=but)
        level = list(rows.values_list("pk", flat=True))
        found += level
    return found
