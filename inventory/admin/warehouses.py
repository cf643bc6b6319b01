"""Warehouses and delivery timeframes."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.acts import act_of
from inventory.admin.scoped import ScopedAdmin
from inventory.forms.warehouses import WarehouseForm
from inventory.models import DeliveryTimeframe, Warehouse
from inventory.services.warehouses import update_warehouse


@admin.register(Warehouse)
class WarehouseAdmin(ScopedAdmin):
    """Places that hold stock."""

    form = WarehouseForm
    list_display = ("name", "code", "priority", "is_active")
    ordering = ("priority", "id")
    search_fields = ("name", "code")
    fields = ("name", "code", "priority", "is_active")
    empty_title = gettext_lazy("No warehouses")
    empty_text = gettext_lazy("Add the place where your stock is.")

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Say what the code is for."""
        code = _("How files and programs name it. It stays as it is.")
        return super().get_form(request, *args, help_texts={"code": code}, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Add the yes to what becomes of open orders; it is shown once it is asked for."""
        return (*self.fields, "confirm") if obj else self.fields

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        """Save a changed warehouse by its use case: whoever waits there is served or is not."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        form.was = {}
        changes = {name: form.cleaned_data[name] for name in form.changed_data if name != "confirm"}
        update_warehouse(act=act_of(request), warehouse=obj, changes=changes, confirm=True)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep the code once files and programs may know it."""
        return ("code",) if obj else ()


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
