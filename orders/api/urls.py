"""Addresses of the API of orders; they come before those of stock, whose SKUs take what is left."""

from django.urls import path

from orders.api import problems  # noqa: F401 - its answers are known from then on
from orders.api.views_fulfillment import (
    FulfillmentOrdersView,
    FulfillmentOrderView,
    HoldsView,
    HoldView,
    PackView,
    PickView,
    ShipView,
    SplitView,
    UnpickView,
    UnshipView,
)
from orders.api.views_orders import (
    AllowOversoldView,
    CancelOrderView,
    OrdersView,
    OrderView,
    PayOrderView,
    RefundsView,
    ReturnOrderView,
)
from orders.api.views_simulations import SimulatedReceiptsView, SimulationsView
from orders.api.views_webhooks import OrderWebhookView

PARCEL = "fulfillment-orders/<str:number>"

urlpatterns = [
    path("orders", OrdersView.as_view()),
    path("orders/<str:number>", OrderView.as_view()),
    path("orders/<str:number>/cancel", CancelOrderView.as_view()),
    path("orders/<str:number>/pay", PayOrderView.as_view()),
    path("orders/<str:number>/refunds", RefundsView.as_view()),
    path("orders/<str:number>/allow-oversold", AllowOversoldView.as_view()),
    path("orders/<str:number>/return", ReturnOrderView.as_view()),
    path("fulfillment-orders", FulfillmentOrdersView.as_view()),
    path(PARCEL, FulfillmentOrderView.as_view()),
    path(f"{PARCEL}/pick", PickView.as_view()),
    path(f"{PARCEL}/unpick", UnpickView.as_view()),
    path(f"{PARCEL}/pack", PackView.as_view()),
    path(f"{PARCEL}/ship", ShipView.as_view()),
    path(f"{PARCEL}/unship", UnshipView.as_view()),
    path(f"{PARCEL}/split", SplitView.as_view()),
    path(f"{PARCEL}/hold", HoldsView.as_view()),
    path(f"{PARCEL}/holds/<int:hold_id>", HoldView.as_view()),
    path("channels/<slug:slug>/webhooks/orders", OrderWebhookView.as_view()),
    path("stock/simulations", SimulationsView.as_view()),
    path("stock/simulations/receive", SimulatedReceiptsView.as_view()),
]
