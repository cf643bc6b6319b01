"""The base of every page of the admin: rows, choices and look-ups kept to what a user may see.

Scoping rows alone leaves every foreign key open, so one class does both. It also keeps hostile
addresses and forms cheap: few look-ups, few words, few rows, no counting of a whole table.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.db.models import ProtectedError, Q, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory.acts import act_of
from inventory.admin.history import as_saved, history_context, record_saved
from inventory.errors import InvalidChange, InventoryError
from inventory.models.catalog import seller_scope
from inventory.models.visibility import visible as visible  # noqa: PLC0414 - read from here
from inventory.services.history import record, stated
from inventory.theme import ThemedChangeList, ThemedModelAdmin

MAX_COUNTED = 10_000
"""Rows; more are shown as "10,000+"."""

MAX_WORDS = 20
MAX_SEARCH = 200
"""Characters."""


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Pages over at most `MAX_COUNTED` rows: a list of a million is not counted for its footer."""

    @cached_property
    def count(self) -> int:
        """Return the number of rows, or one more than `MAX_COUNTED`."""
        rows = self.object_list
        if isinstance(rows, QuerySet):
            return rows.order_by()[: MAX_COUNTED + 1].count()
        return len(rows)


class RowsChangeList(ThemedChangeList):
    """A list whose model admin may load facts for the rows of the page, all at once."""

    is_capped = False
    may_add = False

    def get_results(self, request: HttpRequest) -> None:
        """Read the page, then what its rows need."""
        super().get_results(request)
        self.is_capped = self.result_count > MAX_COUNTED
        if self.is_capped or not (self.query or self.has_active_filters):
            self.full_result_count = self.result_count
        self.result_list: Any = list(self.result_list)
        self.may_add = self.model_admin.has_add_permission(request)
        cast(ScopedAdmin, self.model_admin).load_rows(request, self.result_list)


class ScopedAdmin(ThemedModelAdmin):
    """Lists and forms of one model, kept to what the user may see."""

    actions = None
    list_per_page = 50
    list_max_show_all = 50
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    paginator = CappedPaginator
    list_filter_submit = True
    compressed_fields = True
    empty_title: ClassVar[Any] = ""
    empty_text: ClassVar[Any] = ""
    rows_word: ClassVar[Any] = ""
    template_folder: ClassVar[str] = "inventory/admin"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows that the user may see."""
        return visible(super().get_queryset(request), request.user)

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """Return one row that the user may see; digits of other scripts name none."""
        return super().get_object(request, object_id, from_field) if object_id.isascii() else None

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the list that loads facts for its rows."""
        return RowsChangeList

    def load_rows(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        """Load what the rows of one page need, in a constant number of queries."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Allow no look-ups by address but the list's own filters: the rest becomes a 400."""
        own = {getattr(one, "parameter_name", None) for one in self.list_filter}
        return lookup in own

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search for at most 20 words of at most 200 characters in all."""
        return super().get_search_results(request, queryset, " ".join(search_words(search_term)))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer, and accept, only rows that the user may see."""
        rows = kwargs.get("queryset") or db_field.remote_field.model.objects.all()
        kwargs["queryset"] = visible(rows, request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer, and accept, only rows that the user may see."""
        rows = kwargs.get("queryset") or db_field.remote_field.model.objects.all()
        kwargs["queryset"] = visible(rows, request.user)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Name what keeps a row from being deleted; rows of other sellers are only counted."""
        to_delete, counts, missing, protected = super().get_deleted_objects(objs, request)
        if protected and seller_scope(request.user, "pk") != Q():
            words = ngettext(
                "%(count)d thing that refers to it",
                "%(count)d things that refer to it",
                len(protected),
            )
            protected = [words % {"count": len(protected)}]
        return to_delete, counts, set() if protected else missing, protected

    def delete_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Delete, unless something began to refer to the row since the page was opened."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except ProtectedError:
            messages.error(request, _("It cannot be deleted: something refers to it now."))
            return HttpResponseRedirect(request.path)

    # --- history ------------------------------------------------------------------------------

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show what was changed of a row: newest first, by whom, when, from where, from → to."""
        row = self.visible_object(request, object_id)
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        request.current_app = self.admin_site.name
        meta = self.opts
        trail = [
            (reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist"), self._rows_words()),
            (change_url(row), str(row)),
        ]
        return TemplateResponse(
            request,
            "inventory/admin/history.html",
            {
                **self.admin_site.each_context(request),
                "title": _("History"),
                "trail": trail,
                **history_context(request, row, page=page_number(request)),
            },
        )

    def _rows_words(self) -> str:
        return str(capfirst(str(self.opts.verbose_name_plural)))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001
        """Save what a plain form says of other rows, then record all that it changed."""
        was = getattr(form, "was", {})
        super().save_related(request, form, formsets, change)
        record_saved(form.instance, was, is_new=not change, act=act_of(request))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        """Save a plain form, and keep what the row was before."""
        form.was = as_saved(obj, form.changed_data) if change else dict.fromkeys(form.fields)
        if change and form.changed_data and hasattr(obj, "version"):
            obj.version += 1
        super().save_model(request, obj, form, change)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Write no log of Django's: the history has it, from every edge."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Write no log of Django's: the history has it, from every edge."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Write no log of Django's: the history has it, from every edge."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete a row, and record what it was."""
        record(obj, act=act_of(request), before=stated(obj), after=None)
        super().delete_model(request, obj)

    # --- pages of our own ---------------------------------------------------------------------

    def page(
        self, request: HttpRequest, template: str, *, title: Any, **context: Any
    ) -> TemplateResponse:
        """Return one of our own pages, in the frame of the admin."""
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request,
            f"{self.template_folder}/{template}",
            {**self.admin_site.each_context(request), "title": title, **context},
            status=context.get("status", 200),
        )

    def visible_object(self, request: HttpRequest, object_id: str) -> Any:
        """Return one row that the user may see.

        :raises Http404: there is none, or it is somebody else's.
        """
        if len(object_id) > 20 or not (row := self.get_object(request, object_id)):
            raise Http404
        return row

    def demand(self, request: HttpRequest, permission: str) -> None:
        """Refuse a user without a permission, such as ``"inventory.add_movement"``.

        :raises PermissionDenied: always said alike.
        """
        if not request.user.has_perm(permission):
            raise PermissionDenied


def is_new(row: models.Model) -> bool:
    """Return whether a row is not in the database yet."""
    return bool(row._state.adding)  # noqa: SLF001


def search_words(text: str) -> list[str]:
    """Return the words to search for: at most 20, of at most 200 characters in all."""
    return text.replace("\x00", " ")[:MAX_SEARCH].split()[:MAX_WORDS]


def refuse_get(request: HttpRequest) -> HttpResponse | None:
    """Return the answer to anything but a POST: reading never changes anything."""
    return None if request.method == "POST" else HttpResponseNotAllowed(["POST"])


def blame_form(form: Any, error: InventoryError) -> None:
    """Put a domain error beside the fields it names, else above the form."""
    named = error.errors if isinstance(error, InvalidChange) else {}
    if not named:
        form.add_error(None, str(error))
    for field, text in named.items():
        form.add_error(field if field in form.fields else None, text)


def change_url(row: models.Model) -> str:
    """Return the address of a row's own page."""
    meta = row._meta  # noqa: SLF001
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])


def page_number(request: HttpRequest) -> int:
    """Return the page that an address asks for.

    :raises BadRequest: it is no page number.
    """
    text = request.GET.get("page", "1")
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise BadRequest("There is no such page.")
    return int(text)
