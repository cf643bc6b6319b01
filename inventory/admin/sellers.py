"""Sellers, and the users who act for them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.admin.scoped import ScopedAdmin
from inventory.models import Seller


@admin.register(Seller)
class SellerAdmin(ScopedAdmin):
    """Marketplace vendors that own products."""

    list_display = ("name", "code", "is_active")
    ordering = ("name", "id")
    search_fields = ("name", "code")
    fields = ("name", "code", "is_active", "users")
    empty_title = gettext_lazy("No sellers")
    empty_text = gettext_lazy(
        "Sellers own products in your marketplace. Products without one belong to the store."
    )

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Say what the code and the switch are for."""
        texts = {
            "code": _("How files and programs name it."),
            "is_active": _("Off: its users see nothing any more."),
        }
        return super().get_form(request, *args, help_texts=texts, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer users as check boxes."""
        kwargs.setdefault("widget", forms.CheckboxSelectMultiple())
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave to superusers whose rows a user sees: it is a right, like the groups."""
        return () if request.user.is_superuser else ("users",)
