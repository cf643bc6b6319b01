"""Fulfillment orders: picked, packed, shipped, split, held."""

from collections.abc import Callable
from datetime import datetime

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.base import VERSION, ApiView, ListView, idempotent, seen_in, written_since
from inventory.api.serializers import SeenSerializer
from inventory.models.catalog import seller_scope
from orders.api.answers import fulfillment_order_answer, fulfillment_orders_of
from orders.api.lookup import fulfillment_order_at, parcel_units
from orders.api.serializers import (
    FulfillmentOrderSerializer,
    NewHoldSerializer,
    PartSerializer,
)
from orders.filters import FulfillmentOrderFilter
from orders.models import FulfillmentOrder
from orders.services.fulfill import pack, pick, ship, ship_what_is_there, unpick, unship
from orders.services.holds import hold, remove_hold

VIEW, FULFILL = ("orders.view_fulfillmentorder",), ("orders.fulfill",)


class ParcelView(ApiView):
    """What the views of one fulfillment order share."""

    rights = {"GET": VIEW, "POST": FULFILL, "DELETE": FULFILL}

    def answer(self, one: FulfillmentOrder, *, status: int = 200) -> Response:
        """Answer a fulfillment order as it is now."""
        fresh = fulfillment_order_at(one.number, self.user)
        return Response(fulfillment_order_answer(fresh), status=status)


class FulfillmentOrdersView(ListView):
    """All fulfillment orders: those that wait are the waiting room."""

    rights = {"GET": VIEW}
    queryset = FulfillmentOrder.objects.none()
    filterset_class = FulfillmentOrderFilter

    def changed_since(self, at: datetime) -> Q:
        """Return the condition that a parcel, or units that are answered, were written since."""
        mine = seller_scope(self.user, "lines__variant__product__seller")
        return written_since(FulfillmentOrder, at, "lines", only={"lines": mine})

    @extend_schema(
        operation_id="list_fulfillment_orders",
        summary="List fulfillment orders",
        responses=FulfillmentOrderSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Answer a page of fulfillment orders."""
        return self.page(fulfillment_orders_of(self.user), fulfillment_order_answer)


class FulfillmentOrderView(ParcelView):
    """One fulfillment order."""

    rights = {"GET": VIEW}

    @extend_schema(
        operation_id="get_fulfillment_order",
        summary="One fulfillment order",
        responses=FulfillmentOrderSerializer,
    )
    def get(self, request: Request, number: str) -> Response:
        """Answer the fulfillment order."""
        return Response(fulfillment_order_answer(fulfillment_order_at(number, self.user)))


class StepView(ParcelView):
    """One step of a fulfillment order; its body says at most which version was seen."""

    rights = {"POST": FULFILL}

    def step(self, use_case: Callable[..., FulfillmentOrder], number: str) -> Response:
        """Authorize a step; refused while a unit is missing or something holds it."""
        one = fulfillment_order_at(number, self.user)
        self.read(SeenSerializer)
        return self.answer(use_case(fulfillment_order=one, act=self.act))


class PickView(StepView):
    """Picking."""

    @extend_schema(
        operation_id="pick",
        summary="Authorize that it was picked",
        request=SeenSerializer,
        responses=FulfillmentOrderSerializer,
    )
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        """Say that the units were taken off the shelf."""
        return self.step(pick, number)


class UnpickView(StepView):
    """Undoing the picking."""

    @extend_schema(
        operation_id="unpick",
        summary="Put it back on the shelf",
        request=SeenSerializer,
        responses=FulfillmentOrderSerializer,
    )
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        """Say that the units are back on the shelf: it is ready again."""
        return self.step(unpick, number)


class PackView(StepView):
    """Packing."""

    @extend_schema(
        operation_id="pack",
        summary="Authorize that it is packed",
        request=SeenSerializer,
        responses=FulfillmentOrderSerializer,
    )
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        """Say that the parcel is packed."""
        return self.step(pack, number)


class UnshipView(StepView):
    """Undoing a shipment."""

    @extend_schema(
        operation_id="unship",
        summary="Take a shipment back",
        request=SeenSerializer,
        responses=FulfillmentOrderSerializer,
    )
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        """Take the units back into their warehouse, allocated to the same lines."""
        return self.step(unship, number)


class ShipView(ParcelView):
    """Shipping."""

    rights = {"POST": FULFILL}

    @extend_schema(
        operation_id="ship",
        summary="Ship it, or a part of it",
        request=PartSerializer,
        responses=FulfillmentOrderSerializer,
    )
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        """Take the units off hand; a part ships as a fulfillment order of its own."""
        one = fulfillment_order_at(number, self.user)
        units = parcel_units(one, self.read(PartSerializer).get("lines"))
        return self.answer(ship(act=self.act, fulfillment_order=one, units=units))


class SplitView(ParcelView):
    """Ship what is there."""

    rights = {"POST": FULFILL}

    @extend_schema(
        operation_id="ship_what_is_there",
        summary="Split off what is there",
        request=PartSerializer,
        responses={201: FulfillmentOrderSerializer},
    )
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        """Answer the new fulfillment order: the allocated units, or so many of them."""
        one = fulfillment_order_at(number, self.user)
        units = parcel_units(one, self.read(PartSerializer).get("lines"))
        made = ship_what_is_there(act=self.act, fulfillment_order=one, units=units)
        return self.answer(made, status=201)


class HoldsView(ParcelView):
    """Holding."""

    rights = {"POST": FULFILL}

    @extend_schema(
        operation_id="hold",
        summary="Hold it",
        request=NewHoldSerializer,
        responses={201: FulfillmentOrderSerializer},
    )
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        """Hold it by hand, and say why; several may hold it at once."""
        one = fulfillment_order_at(number, self.user)
        reason = self.read(NewHoldSerializer)["reason"]
        hold(act=self.act, fulfillment_order=one, note=reason)
        return self.answer(one, status=201)


class HoldView(ParcelView):
    """One hold."""

    rights = {"DELETE": FULFILL}
    query_fields = frozenset({"version"})

    @extend_schema(
        operation_id="remove_hold",
        summary="Remove one hold",
        parameters=[VERSION],
        responses={200: FulfillmentOrderSerializer},
    )
    def delete(self, request: Request, number: str, hold_id: int) -> Response:
        """Remove one hold; when none is left, it is ready."""
        one = fulfillment_order_at(number, self.user)
        self.seen = seen_in(request)
        remove_hold(act=self.act, fulfillment_order=one, hold_id=hold_id)
        return self.answer(one)
