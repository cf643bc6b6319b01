"""Warehouses and delivery timeframes."""

import copy
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.acts import act_of
from inventory.admin.consequences import question_of, with_yes
from inventory.admin.scoped import ScopedAdmin, blame_form, is_new
from inventory.errors import InventoryError, NeedsConfirmation, StaleChange
from inventory.forms.warehouses import WarehouseForm
from inventory.models import DeliveryTimeframe, Warehouse
from inventory.services.warehouses import create_warehouse, update_warehouse

CONFLICT = 409
LIST = "admin:inventory_warehouse_changelist"


@admin.register(Warehouse)
class WarehouseAdmin(ScopedAdmin):
    """Places that hold stock."""

    list_display = ("name", "code", "priority", "is_active")
    ordering = ("priority", "id")
    search_fields = ("name", "code")
    empty_title = gettext_lazy("No warehouses")
    empty_text = gettext_lazy("Add the place where your stock is.")

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show and save one warehouse by its use cases; it asks before open orders are touched."""
        warehouse = self._opened(request, object_id)
        data = request.POST if request.method == "POST" else None
        form = WarehouseForm(data, instance=copy.copy(warehouse))
        may_save = self._may_save(request, warehouse)
        status = 200
        if request.method == "POST":
            if not may_save:
                raise PermissionDenied
            status = self._save(request, form, warehouse)
            if not status:
                return HttpResponseRedirect(reverse(LIST))
        for field in form.fields.values() if not may_save else ():
            field.disabled = True
        return self._shown(request, warehouse, form, may_save=may_save, status=status)

    def _opened(self, request: HttpRequest, object_id: str | None) -> Warehouse:
        if object_id is None:
            if not self.has_add_permission(request):
                raise PermissionDenied
            return Warehouse()
        warehouse: Warehouse = self.visible_object(request, object_id)
        if not self.has_view_or_change_permission(request, warehouse):
            raise PermissionDenied
        return warehouse

    def _may_save(self, request: HttpRequest, warehouse: Warehouse) -> bool:
        if is_new(warehouse):
            return self.has_add_permission(request)
        return self.has_change_permission(request, warehouse)

    def _save(self, request: HttpRequest, form: WarehouseForm, warehouse: Warehouse) -> int:
        """Return the status of the refusal, or 0 when it was saved."""
        if not form.is_valid():
            return 200
        try:
            saved = with_yes(request, lambda yes: _written(request, form, warehouse, confirm=yes))
        except StaleChange as error:
            form.add_error(None, str(error))
            return CONFLICT
        except NeedsConfirmation as asked:
            form.question = question_of(asked.consequences, request)
            return CONFLICT
        except InventoryError as error:
            blame_form(form, error)
            return 200
        messages.success(request, _("%(name)s was saved.") % {"name": saved.name})
        return 0

    def _shown(
        self,
        request: HttpRequest,
        warehouse: Warehouse,
        form: WarehouseForm,
        *,
        may_save: bool,
        status: int,
    ) -> HttpResponse:
        fresh = is_new(warehouse)
        return self.page(
            request,
            "warehouse.html",
            title=_("Add warehouse") if fresh else warehouse.name,
            trail=[(reverse(LIST), _("Warehouses"))],
            form=form,
            warehouse=None if fresh else warehouse,
            may_save=may_save,
            may_delete=not fresh and self.has_delete_permission(request, warehouse),
            question=form.question,
            is_stale=status == CONFLICT and form.question is None,
            status=status,
        )


def _written(
    request: HttpRequest, form: WarehouseForm, warehouse: Warehouse, *, confirm: bool
) -> Warehouse:
    changes = form.changes()
    if is_new(warehouse):
        fields = {name: form.cleaned_data[name] for name in form.Meta.fields}
        return create_warehouse(act=act_of(request), **fields)
    if not changes:
        return warehouse
    act = act_of(request, seen=form.cleaned_data["version"] or 0)
    return update_warehouse(act=act, warehouse=warehouse, changes=changes, confirm=confirm)


@admin.register(DeliveryTimeframe)
class DeliveryTimeframeAdmin(ScopedAdmin):
    """How long delivery takes, in words."""

    list_display = ("name", "in_stock_text", "out_of_stock_text")
    ordering = ("name",)
    search_fields = ("name",)
    empty_title = gettext_lazy("No delivery timeframes")
    empty_text = gettext_lazy(
        "Say how long delivery takes, and choose it in Settings › Workflow or on a product."
    )

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Say who reads the name."""
        name = _("For you alone: shoppers read the two texts below.")
        return super().get_form(request, *args, help_texts={"name": name}, **kwargs)
