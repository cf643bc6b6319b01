"""The store's settings."""

from typing import Any

from django.contrib.auth.models import User
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.base import ApiView
from inventory.api.lookup import timeframe_named, warehouse_named
from inventory.api.serializers import SettingsChangesSerializer, SettingsSerializer
from inventory.models import StoreSettings
from inventory.services.settings import update_settings

MARKETPLACE = "sellers_can_accept_backorders"

SAME = (
    "store_name",
    "currency",
    "backorders",
    "out_of_stock_threshold",
    "notify_below",
    "only_x_left_threshold",
    "max_per_order",
    "storefront_max_per_order",
    "new_products_allow_backorders",
    "new_products_track_inventory",
    MARKETPLACE,
    "allow_order_split",
    "backordered_items_ship",
    "release_rule",
    "serve_oversold",
    "unpaid_order_hours",
    "low_stock_email",
    "version",
)
"""Fields that are answered as they are stored."""


class SettingsView(ApiView):
    """The widest level of every setting."""

    rights = {
        "GET": ("inventory.view_storesettings",),
        "PATCH": ("inventory.change_storesettings",),
    }

    @extend_schema(
        operation_id="get_settings", summary="The store's settings", responses=SettingsSerializer
    )
    def get(self, request: Request) -> Response:
        """Answer the settings."""
        return Response(settings_answer(StoreSettings.load(), self.user))

    @extend_schema(
        operation_id="change_settings",
        summary="Change settings",
        request=SettingsChangesSerializer(partial=True),
        responses=SettingsSerializer,
    )
    def patch(self, request: Request) -> Response:
        """Change the settings that are sent; variants that use them follow at once."""
        body = self.read(SettingsChangesSerializer, partial=True)
        if MARKETPLACE in body and not self.user.has_perm("inventory.manage_marketplace"):
            raise PermissionDenied
        if "delivery_timeframe" in body:
            body["delivery_timeframe"] = timeframe_named(body["delivery_timeframe"])
        if code := body.get("default_warehouse"):
            body["default_warehouse"] = warehouse_named(code, field="default_warehouse")
        saved = update_settings(changes=body, act=self.act, confirm=self.agreed)
        return Response(settings_answer(saved, self.user))


def settings_answer(settings: StoreSettings, user: User) -> dict[str, Any]:
    """Return the settings as the API shows them; the marketplace's to its operators alone."""
    warehouse, timeframe = settings.default_warehouse, settings.delivery_timeframe
    operates = user.has_perm("inventory.manage_marketplace")
    return {
        **{name: getattr(settings, name) for name in SAME if operates or name != MARKETPLACE},
        "default_warehouse": warehouse.code if warehouse else None,
        "delivery_timeframe": timeframe.name if timeframe else None,
    }
