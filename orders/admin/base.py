"""The base of the pages of orders: templates of their own, and who may act on what."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q
from django.http import HttpRequest
from django.template.response import TemplateResponse

from inventory.admin.scoped import ScopedAdmin
from inventory.models.catalog import seller_scope


class OrdersAdmin(ScopedAdmin):
    """Lists and pages of orders and of what holds them, kept to what the user may see."""

    def page(
        self, request: HttpRequest, template: str, *, title: Any, **context: Any
    ) -> TemplateResponse:
        """Return one of our own pages, in the frame of the admin."""
        response = super().page(request, template, title=title, **context)
        response.template_name = f"orders/admin/{template}"
        return response

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return no: an order is canceled, never deleted."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may change orders: a seller only ever reads them."""
        return super().has_change_permission(request, obj) and is_store_staff(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may add orders: a seller only ever reads them."""
        return super().has_add_permission(request) and is_store_staff(request.user)


def is_store_staff(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Return whether a user works for the store itself and so sees whole orders.

    It is kept with the user of the request: the menu of every page asks it.
    """
    known: bool | None = getattr(user, "works_for_store", None)
    if known is None:
        known = seller_scope(user, "pk") == Q()
        user.works_for_store = known  # type: ignore[union-attr]
    return known


def may_fulfill(user: Any) -> bool:
    """Return whether a user may pick, pack and ship."""
    return bool(user.has_perm("orders.fulfill")) and is_store_staff(user)
