"""Orders: placed, changed, canceled, returned."""

from datetime import datetime

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.base import ApiView, ListView, idempotent, written_since
from inventory.api.lookup import warehouse_named
from inventory.api.serializers import SeenSerializer
from inventory.models.catalog import seller_scope
from orders.api.answers import order_answer, orders_of
from orders.api.lookup import (
    changed_quantities,
    channel_named,
    order_at,
    shipped_units_of_lines,
    units_of_lines,
    wanted_lines,
)
from orders.api.serializers import (
    NewOrderSerializer,
    OrderChangesSerializer,
    OrderSerializer,
    PartSerializer,
    ReturnSerializer,
)
from orders.filters import OrderFilter
from orders.models import Order
from orders.services.change import allow_short, cancel_order, change_order, set_priority
from orders.services.payment import mark_paid, record_refund
from orders.services.place import Customer, place_order
from orders.services.returns import return_units

VIEW, ADD, CHANGE = ("orders.view_order",), ("orders.add_order",), ("orders.change_order",)


class OrderRows(ApiView):
    """What the views of one order share."""

    def answer(self, order: Order, *, status: int = 200) -> Response:
        """Answer an order as it is now."""
        fresh = order_at(order.number, self.user)
        return Response(order_answer(fresh), status=status)


class OrdersView(OrderRows, ListView):
    """All orders, and new ones."""

    rights = {"GET": VIEW, "POST": ADD}
    queryset = Order.objects.none()
    filterset_class = OrderFilter

    def changed_since(self, at: datetime) -> Q:
        """Return the condition that an order, or any part that is answered, was written since."""
        paths = ("lines", "fulfillment_orders", "lines__fulfillment_lines")
        seller = "variant__product__seller"
        only = {path: seller_scope(self.user, f"{path}__{seller}") for path in paths}
        parcels = "fulfillment_orders"
        only[parcels] = seller_scope(self.user, f"{parcels}__lines__{seller}")
        return written_since(Order, at, *paths, only=only)

    @extend_schema(
        operation_id="list_orders", summary="List orders", responses=OrderSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """Answer a page of orders."""
        return self.page(orders_of(self.user), order_answer)

    @extend_schema(
        operation_id="place_order",
        summary="Place an order",
        request=NewOrderSerializer,
        responses={201: OrderSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Sell all lines, or refuse them all with every reason."""
        body = self.read(NewOrderSerializer)
        order = place_order(
            channel=channel_named(body["channel"]),
            customer=Customer(**body["customer"]),
            lines=wanted_lines(body["lines"], self.user),
            act=self.act,
            external_id=body["external_id"],
            ship_together=body["ship_together"],
            priority=body["priority"],
            placed_at=body["placed_at"],
            is_paid=body.get("payment") != "pending",
            language=body["language"],
        )
        response = self.answer(order, status=201)
        response["Location"] = f"{request.path}/{order.number}"
        return response


class OrderView(OrderRows):
    """One order."""

    rights = {"GET": VIEW, "PATCH": CHANGE}

    @extend_schema(operation_id="get_order", summary="One order", responses=OrderSerializer)
    def get(self, request: Request, number: str) -> Response:
        """Answer the order."""
        return Response(order_answer(order_at(number, self.user)))

    @extend_schema(
        operation_id="change_order",
        summary="Change quantities, add lines, set the priority",
        request=OrderChangesSerializer,
        responses=OrderSerializer,
    )
    def patch(self, request: Request, number: str) -> Response:
        """Change an order; what is freed serves the next in line at once."""
        order = order_at(number, self.user)
        body = self.read(OrderChangesSerializer)
        if "priority" in body and "lines" in body:
            raise ValidationError({"priority": ["Change lines or the priority, one at a time."]})
        if "priority" in body:
            reason = body.get("reason", "by the API")
            set_priority(act=self.act, order=order, priority=body["priority"], reason=reason)
        if "lines" in body:
            quantities, added = changed_quantities(order, body["lines"])
            change_order(
                order=order,
                quantities=quantities,
                added=wanted_lines(added, self.user),
                act=self.act,
            )
        return self.answer(order)


class CancelOrderView(OrderRows):
    """Canceling."""

    rights = {"POST": CHANGE}

    @extend_schema(
        operation_id="cancel_order",
        summary="Cancel an order, or units of it",
        request=PartSerializer,
        responses=OrderSerializer,
    )
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        """Cancel; units on backorder go first."""
        order = order_at(number, self.user)
        body = self.read(PartSerializer)
        cancel_order(
            order=order,
            units=units_of_lines(order, body["lines"]) if "lines" in body else None,
            act=self.act,
        )
        return self.answer(order)


class PayOrderView(OrderRows):
    """Payment."""

    rights = {"POST": CHANGE}

    @extend_schema(
        operation_id="mark_order_paid",
        summary="Note that it is paid",
        request=SeenSerializer,
        responses=OrderSerializer,
    )
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        """Note the payment; what waited for it alone is ready."""
        order = order_at(number, self.user)
        self.read(SeenSerializer)
        mark_paid(order=order, act=self.act)
        return self.answer(order)


class AllowOversoldView(OrderRows):
    """Units that a shop sold and that are not there."""

    rights = {"POST": CHANGE}

    @extend_schema(
        operation_id="allow_oversold",
        summary="Allow its oversold units",
        request=SeenSerializer,
        responses=OrderSerializer,
    )
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        """Take oversold units from stock, or owe them, whatever the settings say.

        To cancel them instead, cancel the units of the line: oversold ones go first.
        """
        order = order_at(number, self.user)
        self.read(SeenSerializer)
        allow_short(order=order, act=self.act)
        return self.answer(order)


class RefundsView(OrderRows):
    """Money that went back."""

    rights = {"POST": CHANGE}

    @extend_schema(
        operation_id="record_refund",
        summary="Note that what is due went back",
        request=SeenSerializer,
        responses={201: OrderSerializer},
    )
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        """Note that what was paid too much went back; the money itself moves elsewhere."""
        order = order_at(number, self.user)
        self.read(SeenSerializer)
        record_refund(order=order, act=self.act)
        return self.answer(order, status=201)


class ReturnOrderView(OrderRows):
    """Units that come back."""

    rights = {"POST": CHANGE}

    @extend_schema(
        operation_id="return_units",
        summary="Take units back",
        request=ReturnSerializer,
        responses=OrderSerializer,
    )
    @idempotent
    def post(self, request: Request, number: str) -> Response:
        """Take units back into a warehouse, or not back to stock."""
        order = order_at(number, self.user)
        body = self.read(ReturnSerializer)
        code = body["warehouse"]
        return_units(
            order=order,
            units=shipped_units_of_lines(order, body["lines"]),
            warehouse=warehouse_named(code, field="warehouse") if code else None,
            reason=body["reason"],
            act=self.act,
        )
        return self.answer(order)
