"""Editing many variants at once: choose, say what, give the values, look at the preview, save."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from inventory.acts import act_of
from inventory.admin.bulk_preview import LABELS, BulkPreview, State, trail
from inventory.admin.scoped import ScopedAdmin, change_url, refuse_get
from inventory.bulk_rules import VariantNow
from inventory.errors import InvalidChange, InventoryError
from inventory.filters import LISTED_BY
from inventory.forms.bulk_edit import PARTS, PartsForm, SameForm
from inventory.forms.bulk_grid import Grid, columns_of, most_rows
from inventory.models import BulkEdit, Job, Variant, Warehouse
from inventory.models.work import JobState
from inventory.services.bulk_choice import Choice, Decider
from inventory.services.bulk_edit import (
    AT_ONCE,
    ask,
    choose,
    confirm,
    is_draft,
    prepare,
    throw_away,
)
from inventory.services.jobs import request_cancel
from inventory.tasks import launch, retry
from inventory.theme import display

NAMED = 5
"""SKUs that the name of a bulk edit has."""

RIGHT = "inventory.change_variant"
MAX_TICKED = 1_000


class BulkChoice(ScopedAdmin):
    """The first step, from a list of variants or the page of a product."""

    def bulk_edit_view(self, request: HttpRequest) -> HttpResponse:
        """Take the ticked variants, or all that the list shows but some, and ask what to edit."""
        if refusal := refuse_get(request):
            return refusal
        self.demand(request, RIGHT)
        try:
            edit = choose(user=request.user, **self._chosen(request))
        except InvalidChange as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("admin:inventory_variant_changelist"))
        return HttpResponseRedirect(step_url(edit, "parts"))

    def _chosen(self, request: HttpRequest) -> dict[str, Any]:
        ticked = _keys(request.POST.getlist("variant"))
        if "all" not in request.POST:
            rows = self.get_queryset(request).filter(pk__in=ticked)
            skus = list(rows.order_by("sku").values_list("sku", flat=True)[: NAMED + 1])
            named = ", ".join(skus[:NAMED]) + ("…" if len(skus) > NAMED else "")
            return {"chosen": {"ids": sorted(ticked), "words": named}, "words": named}
        but = _keys(request.POST.getlist("shown")) - ticked
        listed = {name: request.GET[name] for name in LISTED_BY if request.GET.get(name)}
        words = _("All that match: %(words)s") % {"words": " · ".join(listed.values())}
        words = words if listed else _("All variants")
        if but:
            words += " · " + _("but %(n)d") % {"n": len(but)}
        return {"chosen": {"list": listed, "but": sorted(but), "words": words}, "words": words}


@admin.register(BulkEdit)
class BulkEditAdmin(BulkPreview):
    """Bulk edits: the steps of one, and those that were made."""

    list_display = ("named", "state_word", "outcome", "created_by", "created_at")
    list_display_links = ("named",)
    list_select_related = ("created_by",)
    ordering = ("-id",)
    search_fields = ("words",)
    sortable_by = ("created_at",)
    empty_title = gettext_lazy("No bulk edits")
    empty_text = gettext_lazy(
        "Tick variants in Inventory, click “item(s) selected” and Edit: you see every change "
        "before it is made."
    )

    @display(description=gettext_lazy("What"))
    def named(self, edit: BulkEdit) -> str:
        """Return what was edited of whom."""
        return edit.words or str(edit.pk)

    @display(description=gettext_lazy("State"), label=dict(LABELS))
    def state_word(self, edit: BulkEdit) -> Any:
        """Return where it stands."""
        return edit.state, edit.get_state_display()

    @display(description=gettext_lazy("Variants"))
    def outcome(self, edit: BulkEdit) -> str:
        """Return how many were changed."""
        return _("%(changed)d of %(total)d changed") % {
            "changed": edit.changed,
            "total": edit.total,
        }

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return no: a bulk edit begins with ticked variants."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return no: what was changed stays on record."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may change variants."""
        return request.user.has_perm(RIGHT)

    def get_urls(self) -> list[URLPattern]:
        """Add the steps."""
        wrap = self.admin_site.admin_view
        views: tuple[tuple[str, Callable[..., Any]], ...] = (
            ("parts", self.parts_view),
            ("values", self.values_view),
            ("save", self.save_view),
            ("cancel", self.cancel_view),
        )
        urls = [
            path(f"<path:object_id>/{name}/", wrap(view), name=f"inventory_bulkedit_{name}")
            for name, view in views
        ]
        return [*urls, *super().get_urls()]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show the preview, the progress or the result; a draft goes on where it was left."""
        if object_id is None or request.method == "POST":
            raise PermissionDenied
        edit: BulkEdit = self.visible_object(request, object_id)
        if not self.has_view_or_change_permission(request, edit):
            raise PermissionDenied
        if is_draft(edit):
            return HttpResponseRedirect(step_url(edit, "parts"))
        return self.shown(request, edit)

    def _opened(self, request: HttpRequest, object_id: str) -> BulkEdit:
        """Return a bulk edit whose steps the user may take."""
        edit: BulkEdit = self.visible_object(request, object_id)
        self.demand(request, RIGHT)
        return edit

    # --- what ---------------------------------------------------------------------------------

    def parts_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask which parts are edited, and whether all get the same."""
        edit = self._opened(request, object_id)
        if _is_begun(edit):
            return HttpResponseRedirect(change_url(edit))
        asked = edit.asked
        initial = {**dict.fromkeys(asked.get("parts", ()), True), "same": asked.get("same", "yes")}
        form = PartsForm(
            request.POST if request.method == "POST" else None,
            total=edit.total,
            most_rows=most_rows(_warehouses()),
            initial=initial,
        )
        if request.method == "POST" and form.is_valid():
            query = "&".join([f"part={name}" for name in form.chosen()])
            same = form.cleaned_data["same"]
            return HttpResponseRedirect(f"{step_url(edit, 'values')}?{query}&same={same}")
        return self.page(
            request,
            "bulk_parts.html",
            title=_("Edit variants"),
            trail=trail(),
            edit=edit,
            form=form,
        )

    # --- values -------------------------------------------------------------------------------

    def values_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for the values, of all or of each; then put the preview together."""
        edit = self._opened(request, object_id)
        if _is_begun(edit):
            return HttpResponseRedirect(change_url(edit))
        sent = request.GET.getlist("part") or edit.asked.get("parts", [])
        parts = [name for name in PARTS if name in sent]
        same = request.GET.get("same") or edit.asked.get("same", "yes")
        if not parts or (same != "yes" and edit.total > most_rows(_warehouses())):
            return HttpResponseRedirect(step_url(edit, "parts"))
        return (
            self._same(request, edit, parts) if same == "yes" else self._each(request, edit, parts)
        )

    def _same(self, request: HttpRequest, edit: BulkEdit, parts: list[str]) -> HttpResponse:
        present = _present(edit) if edit.total <= AT_ONCE else {}
        form = SameForm(
            _typed(request, edit, "yes"),
            parts=parts,
            warehouses=_warehouses(),
            present=present.values(),
        )
        if request.method == "POST" and form.is_valid():
            try:
                return self._asked(request, edit, parts, same="yes", wish=form.wish())
            except InvalidChange as error:
                form.add_error(None, str(error))
        return self._values(request, edit, parts, "bulk_same.html", form=form)

    def _each(self, request: HttpRequest, edit: BulkEdit, parts: list[str]) -> HttpResponse:
        variants = list(_variants(edit).select_related("product").order_by("sku"))
        grid = Grid(
            variants,
            columns=columns_of(parts, _warehouses()),
            present=_present(edit),
            data=_typed(request, edit, "no"),
        )
        if request.method == "POST" and grid.is_valid:
            return self._asked(request, edit, parts, same="no", wishes=grid.wishes())
        return self._values(request, edit, parts, "bulk_grid.html", grid=grid)

    def _values(
        self,
        request: HttpRequest,
        edit: BulkEdit,
        parts: Sequence[str],
        template: str,
        **given: Any,
    ) -> HttpResponse:
        return self.page(
            request,
            template,
            title=_("Edit variants"),
            trail=[*trail(), (step_url(edit, "parts"), _("What to edit"))],
            edit=edit,
            parts=parts,
            back=step_url(edit, "parts"),
            **given,
        )

    def _asked(
        self,
        request: HttpRequest,
        edit: BulkEdit,
        parts: Sequence[str],
        *,
        same: str,
        **wished: Any,
    ) -> HttpResponse:
        """Note what is wished, and take down what becomes of each: of many, by a job."""
        if "warehouses" in parts:
            self.demand(request, "inventory.change_stocklevel")
        names = ", ".join(str(PARTS[name]) for name in parts)
        with transaction.atomic():
            edit = ask(
                edit,
                {"parts": parts, "same": same, "typed": _kept(request.POST), **wished},
                words=f"{names} · {edit.chosen.get('words', '')}",
            )
            if edit.total > AT_ONCE:
                edit.job = _launched(request, edit, "prepare_bulk_edit")
                edit.save(update_fields=["job"])
        if edit.total <= AT_ONCE:
            prepare(edit, progress=lambda _done, _total: None)
        return HttpResponseRedirect(change_url(edit))

    # --- the end ------------------------------------------------------------------------------

    def save_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Save what the preview shows; pressed twice, it is done once."""
        if refusal := refuse_get(request):
            return refusal
        edit = self._opened(request, object_id)
        if edit.job is not None and edit.job.state == JobState.FAILED:
            self._go_on(request, edit)
            return HttpResponseRedirect(change_url(edit))

        def start(one: BulkEdit) -> Job:
            return _launched(request, one, "run_bulk_edit")

        try:
            edit = confirm(edit, act=act_of(request), start=start)
        except InventoryError as error:
            messages.error(request, str(error))
        else:
            self._say(request, edit)
        return HttpResponseRedirect(change_url(edit))

    def _go_on(self, request: HttpRequest, edit: BulkEdit) -> None:
        """Begin again behind the last checkpoint of a job that failed."""
        if edit.job is None or not retry(edit.job):
            messages.error(request, _("It cannot go on: begin it anew."))

    def _say(self, request: HttpRequest, edit: BulkEdit) -> None:
        if edit.state != State.DONE:
            return
        words = ngettext("%(n)d variant was changed.", "%(n)d variants were changed.", edit.changed)
        messages.success(request, words % {"n": edit.changed})

    def cancel_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Throw a preview away, or stop between two chunks."""
        if refusal := refuse_get(request):
            return refusal
        edit = self._opened(request, object_id)
        if edit.change_set_id and edit.job is not None:
            request_cancel(edit.job)
            messages.info(request, _("It stops after the variants that it is at now."))
            return HttpResponseRedirect(change_url(edit))
        try:
            throw_away(edit)
        except InventoryError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(change_url(edit))
        messages.success(request, _("Canceled. Nothing was changed."))
        return HttpResponseRedirect(reverse("admin:inventory_variant_changelist"))


def step_url(edit: BulkEdit, step: str) -> str:
    """Return the address of a step."""
    return reverse(f"admin:inventory_bulkedit_{step}", args=[edit.pk])


def _is_begun(edit: BulkEdit) -> bool:
    return bool(edit.change_set_id) or edit.state not in {State.CHECKING, State.READY}


def _keys(sent: Sequence[str]) -> set[int]:
    return {
        int(key) for key in sent[:MAX_TICKED] if key.isascii() and key.isdigit() and len(key) < 19
    }


def _warehouses() -> list[Warehouse]:
    return list(Warehouse.objects.filter(is_active=True).order_by("priority", "pk"))


def _variants(edit: BulkEdit) -> QuerySet[Variant]:
    """Return the chosen variants, which are few."""
    return next(Choice(edit).chunks(), Variant.objects.none())


def _present(edit: BulkEdit) -> dict[int, VariantNow]:
    return Decider({}).now(_variants(edit))


def _typed(request: HttpRequest, edit: BulkEdit, same: str) -> Mapping[str, str] | None:
    """Return what was sent, or what was typed before the preview that one comes back from."""
    if request.method == "POST":
        return request.POST
    return edit.asked.get("typed") if edit.asked.get("same") == same else None


def _kept(sent: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in sent.items() if name != "csrfmiddlewaretoken"}


def _launched(request: HttpRequest, edit: BulkEdit, kind: str) -> Job:
    return launch(kind=kind, subject_id=edit.pk, label=edit.words, user=request.user)
