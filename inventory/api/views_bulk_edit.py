"""Editing many variants by one request."""

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.base import ApiView, idempotent
from inventory.api.fields import Choice, Flag, Line, Quantity, Sku, StrictSerializer, Threshold
from inventory.api.lookup import NOT_HERE, timeframe_named
from inventory.api.serializers import confirmed
from inventory.bulk_rules import NUMBERS
from inventory.errors import InvalidChange
from inventory.filters import VariantFilter
from inventory.models import BulkEdit, BulkEditItem, Job, Variant, Warehouse
from inventory.models.catalog import sku_in
from inventory.models.columns import InheritableBackorders
from inventory.policy import INHERIT
from inventory.services.bulk_choice import CHUNK
from inventory.services.bulk_edit import ask, choose, confirm
from inventory.skus import matched
from inventory.tasks import launch

MAX_SKUS = 100_000
LEFT = (BulkEditItem.Outcome.REFUSED, BulkEditItem.Outcome.SKIPPED)


class PlaceWishSerializer(StrictSerializer):
    """What is asked of each variant in one warehouse."""

    warehouse = Line(max_length=50, help_text="The code of a warehouse.")
    in_stock = Flag(required=False)
    backorder_threshold = Quantity(allow_null=True, required=False, help_text="null: no cap.")


_PLACES: Any = PlaceWishSerializer
"""As the stubs do not know the bounds of many."""


class WishSerializer(StrictSerializer):
    """What is asked of each variant: what is left out stays, `null` is the wider setting."""

    track_inventory = Flag(required=False)
    backorders = Choice(choices=InheritableBackorders.choices, allow_null=True, required=False)
    out_of_stock_threshold = Threshold(allow_null=True, required=False)
    notify_below = Quantity(allow_null=True, required=False)
    only_x_left_threshold = Quantity(allow_null=True, required=False)
    max_per_order = Quantity(allow_null=True, required=False)
    delivery_timeframe = Line(max_length=80, allow_null=True, required=False)
    stock = _PLACES(many=True, required=False, max_length=1_000)


class BulkEditSerializer(StrictSerializer):
    """Which variants, by their SKUs or by a filter of the list of variants, and what of each."""

    skus = serializers.ListField(
        child=Sku(), required=False, min_length=1, max_length=MAX_SKUS, allow_empty=False
    )
    filter = serializers.DictField(
        child=serializers.CharField(), required=False, help_text="As in `GET /variants`."
    )
    changes = WishSerializer()
    confirm = confirmed()


class LeftSerializer(serializers.Serializer[Any]):
    """A variant that was left as it is, and why."""

    sku = serializers.CharField()
    message = serializers.CharField()


class BulkEditReportSerializer(serializers.Serializer[Any]):
    """What came of it. Of more than 200 variants, the job that does it: look there."""

    job = serializers.IntegerField(required=False)
    changed = serializers.IntegerField(required=False)
    unchanged = serializers.IntegerField(required=False)
    refused = serializers.IntegerField(required=False)
    skipped = serializers.IntegerField(required=False)
    errors = LeftSerializer(many=True, required=False)  # type: ignore[assignment]
    change_set = serializers.IntegerField(required=False)


class BulkEditView(ApiView):
    """Bulk edit."""

    rights = {"POST": ("inventory.change_variant",)}

    @extend_schema(
        operation_id="edit_variants",
        summary="Edit many variants",
        request=BulkEditSerializer,
        responses={201: BulkEditReportSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Change what is named, or what matches: up to 200 variants at once, more by a job."""
        body = self.read(BulkEditSerializer)
        wish = self._wish(body["changes"])
        with transaction.atomic():
            edit = self._chosen(body)
            edit = ask(edit, {"wish": wish})
            edit = confirm(edit, act=self.act, start=self._start, unseen=True, agreed=self.agreed)
        if edit.job_id is None:
            return Response(_report(edit), status=201)
        response = Response({"job": edit.job_id}, status=201)
        response["Location"] = f"/api/v1/jobs/{edit.job_id}"
        return response

    def _wish(self, changes: dict[str, Any]) -> dict[str, Any]:
        """Return what is asked, as the use case takes it.

        :raises ValidationError: nothing is asked, or it names what is not there.
        """
        wish = {name: changes[name] for name in ("track_inventory", *NUMBERS) if name in changes}
        if "backorders" in changes:
            wish["backorders"] = changes["backorders"] or INHERIT
        if "delivery_timeframe" in changes:
            frame = timeframe_named(changes["delivery_timeframe"])
            wish["delivery_timeframe"] = None if frame is None else frame.pk
        if changes.get("stock"):
            if not self.user.has_perm("inventory.change_stocklevel"):
                raise PermissionDenied
            wish["levels"] = _places(changes["stock"])
        if not wish:
            raise ValidationError({"changes": ["Name one or more fields."]})
        return wish

    def _chosen(self, body: dict[str, Any]) -> BulkEdit:
        """Note which variants are meant.

        :raises ValidationError: not exactly one of `skus` and `filter`, an unknown SKU, or a filter
            without sense.
        """
        if ("skus" in body) == ("filter" in body):
            raise ValidationError({"skus": ["Name the SKUs, or a filter: one of the two."]})
        chosen = (
            {"ids": self._ids(body["skus"])}
            if "skus" in body
            else {"filter": _filter(body["filter"])}
        )
        try:
            return choose(chosen=chosen, user=self.user, words="by the API")
        except InvalidChange as error:
            name = "skus" if "skus" in body else "filter"
            raise ValidationError({name: [error.errors["chosen"]]}) from error

    def _ids(self, skus: list[str]) -> list[int]:
        rows = Variant.objects.visible_to(self.user)
        found: dict[str, int] = {}
        for start in range(0, len(skus), CHUNK):
            some = skus[start : start + CHUNK]
            part = rows.filter(sku_in(some)).order_by("pk").values_list("sku", "pk")
            found.update(matched(some, part))
        missing: dict[Any, Any] = {
            number: [NOT_HERE] for number, sku in enumerate(skus) if sku not in found
        }
        if missing:
            raise ValidationError({"skus": missing})
        return sorted({*found.values()})

    def _start(self, edit: BulkEdit) -> Job:
        return launch(
            kind="run_bulk_edit", subject_id=edit.pk, label="Bulk edit", user=self.request.user
        )


def _filter(words: dict[str, str]) -> dict[str, str]:
    """Return a filter that makes sense.

    :raises ValidationError: it has an unknown name or a bad value.
    """
    if unknown := sorted(set(words) - set(VariantFilter.base_filters)):
        raise ValidationError({"filter": [f"There is no filter {unknown[0]}."]})
    form = VariantFilter(words, queryset=Variant.objects.none()).form
    if not form.is_valid():
        raise ValidationError({"filter": form.errors})
    return words


def _places(stock: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the wishes for each warehouse by its key, as text, as JSON keeps it.

    :raises ValidationError: there is no such warehouse, or it is named twice.
    """
    keys = dict(Warehouse.objects.values_list("code", "pk"))
    levels: dict[str, dict[str, Any]] = {}
    for number, place in enumerate(stock):
        key = keys.get(place["warehouse"])
        if key is None or str(key) in levels:
            text = "There is no such warehouse." if key is None else "It is named twice."
            fault: dict[Any, Any] = {number: {"warehouse": [text]}}
            raise ValidationError({"changes": {"stock": fault}})
        levels[str(key)] = {name: value for name, value in place.items() if name != "warehouse"}
    return levels


def _report(edit: BulkEdit) -> dict[str, Any]:
    left = edit.items.filter(outcome__in=LEFT).order_by("pk").select_related("variant")
    return {
        "changed": edit.changed,
        "unchanged": edit.total - edit.changing - edit.refused,
        "refused": edit.refused,
        "skipped": edit.skipped,
        "errors": [{"sku": item.variant.sku, "message": item.words} for item in left],
        "change_set": edit.change_set_id,
    }
