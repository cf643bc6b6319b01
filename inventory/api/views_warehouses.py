"""Warehouses, by code."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.base import ApiView, ListView, idempotent
from inventory.api.lookup import warehouse_at
from inventory.api.serializers import WarehouseChangesSerializer, WarehouseSerializer
from inventory.models import Warehouse
from inventory.services.warehouses import create_warehouse, update_warehouse


class WarehousesView(ListView):
    """All warehouses, and new ones."""

    rights = {"GET": ("inventory.view_warehouse",), "POST": ("inventory.add_warehouse",)}
    queryset = Warehouse.objects.none()

    @extend_schema(
        operation_id="list_warehouses",
        summary="List warehouses",
        responses=WarehouseSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Answer a page of warehouses."""
        return self.page(Warehouse.objects.all(), warehouse_answer)

    @extend_schema(
        operation_id="create_warehouse",
        summary="Make a warehouse",
        request=WarehouseSerializer,
        responses={201: WarehouseSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Make a warehouse."""
        warehouse = create_warehouse(act=self.act, **self.read(WarehouseSerializer))
        response = Response(warehouse_answer(warehouse), status=201)
        response["Location"] = f"{request.path}/{warehouse.code}"
        return response


class WarehouseView(ApiView):
    """One warehouse."""

    rights = {"GET": ("inventory.view_warehouse",), "PATCH": ("inventory.change_warehouse",)}

    @extend_schema(
        operation_id="get_warehouse", summary="One warehouse", responses=WarehouseSerializer
    )
    def get(self, request: Request, code: str) -> Response:
        """Answer the warehouse."""
        return Response(warehouse_answer(warehouse_at(code)))

    @extend_schema(
        operation_id="change_warehouse",
        summary="Change a warehouse",
        request=WarehouseChangesSerializer(partial=True),
        responses=WarehouseSerializer,
    )
    def patch(self, request: Request, code: str) -> Response:
        """Change the fields that are sent."""
        warehouse = warehouse_at(code)
        changes = self.read(WarehouseChangesSerializer, partial=True)
        saved = update_warehouse(
            warehouse=warehouse, changes=changes, act=self.act, confirm=self.agreed
        )
        return Response(warehouse_answer(saved))


def warehouse_answer(warehouse: Warehouse) -> dict[str, Any]:
    """Return a warehouse as the API shows it."""
    return {
        "code": warehouse.code,
        "name": warehouse.name,
        "priority": warehouse.priority,
        "is_active": warehouse.is_active,
        "version": warehouse.version,
    }
