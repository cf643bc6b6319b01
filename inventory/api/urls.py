"""Addresses of the API of catalogue and stock.

A SKU may hold any character, "/" included: it takes the rest of the address, and comes after every
fixed word.
"""

from django.urls import path

from inventory.api.views_bulk_edit import BulkEditView
from inventory.api.views_catalog import VariantsView, VariantView
from inventory.api.views_change_sets import ChangeSetsView, ChangeSetView, UndoView
from inventory.api.views_deliveries import (
    CancelDeliveryView,
    DeliveriesView,
    DeliveryView,
    ReceiveDeliveryView,
)
from inventory.api.views_products import ProductsView, ProductView
from inventory.api.views_sellers import SellersView, SellerView
from inventory.api.views_settings import SettingsView
from inventory.api.views_stock import (
    AdjustmentsView,
    CountsView,
    ReceiptsView,
    StockLevelsView,
    StockLevelView,
    TransfersView,
)
from inventory.api.views_warehouses import WarehousesView, WarehouseView

urlpatterns = [
    path("settings", SettingsView.as_view()),
    path("products", ProductsView.as_view()),
    path("products/<int:product_id>", ProductView.as_view()),
    path("sellers", SellersView.as_view()),
    path("sellers/<slug:seller>", SellerView.as_view()),
    path("variants", VariantsView.as_view()),
    path("bulk-edits", BulkEditView.as_view()),
    path("variants/<path:sku>", VariantView.as_view()),
    path("warehouses", WarehousesView.as_view()),
    path("warehouses/<slug:code>", WarehouseView.as_view()),
    path("stock", StockLevelsView.as_view()),
    path("stock/receipts", ReceiptsView.as_view()),
    path("stock/adjustments", AdjustmentsView.as_view()),
    path("stock/counts", CountsView.as_view()),
    path("stock/transfers", TransfersView.as_view()),
    path("stock/<path:sku>/<slug:warehouse>", StockLevelView.as_view()),
    path("change-sets", ChangeSetsView.as_view()),
    path("change-sets/<int:change_set_id>", ChangeSetView.as_view()),
    path("change-sets/<int:change_set_id>/undo", UndoView.as_view()),
    path("deliveries", DeliveriesView.as_view()),
    path("deliveries/<int:delivery_id>", DeliveryView.as_view()),
    path("deliveries/<int:delivery_id>/receive", ReceiveDeliveryView.as_view()),
    path("deliveries/<int:delivery_id>/cancel", CancelDeliveryView.as_view()),
]
