"""Change sets: what was done at one stroke, and its undo."""

from datetime import datetime
from typing import Any

import django_filters
from django.db.models import Count, Q, QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.base import ApiView, ListView, idempotent
from inventory.api.serializers import UndoSerializer
from inventory.models import ChangeSet
from inventory.models.visibility import visible
from inventory.models.work import Source
from inventory.services.history import LEFT_ALONE
from inventory.services.undo import JOB, rights_to_undo, standing_undoes, undo
from inventory.tasks import launch

MAXLEFT_ALONE = 100


class ChangeSetFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Which change sets."""

    kind = django_filters.ChoiceFilter(choices=ChangeSet.Kind.choices)

    class Meta:
        model = ChangeSet
        fields: tuple[str, ...] = ()


class ChangeSetSerializer(serializers.Serializer[Any]):
    """Who changed what at one stroke, when, and from where."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=ChangeSet.Kind.choices)
    label = serializers.CharField()  # type: ignore[assignment]
    source = serializers.ChoiceField(choices=Source.choices)  # type: ignore[assignment]
    by = serializers.CharField(allow_null=True, help_text="The name of the user.")
    created_at = serializers.DateTimeField()
    undoes = serializers.IntegerField(allow_null=True, help_text="The change set that it undid.")
    undone_by = serializers.IntegerField(allow_null=True, help_text="The undo that stands.")


class LeftAloneSerializer(serializers.Serializer[Any]):
    """Something that an undo left as it is, and why."""

    label = serializers.CharField()  # type: ignore[assignment]
    message = serializers.CharField()


class WholeChangeSetSerializer(ChangeSetSerializer):
    """One change set with its counts; of what an undo left alone, the first hundred."""

    changed = serializers.IntegerField()
    added = serializers.IntegerField()
    deleted = serializers.IntegerField()
    left = serializers.IntegerField()
    errors = LeftAloneSerializer(many=True)  # type: ignore[assignment]


class UndoStartedSerializer(serializers.Serializer[Any]):
    """The change set of an undo, and its job; no job: it is done."""

    change_set = serializers.IntegerField()
    job = serializers.IntegerField(allow_null=True)


class ChangeSetsView(ListView):
    """All change sets that the caller may see: a seller's user own ones alone."""

    rights = {"GET": ("inventory.view_changeset",)}
    queryset = ChangeSet.objects.none()
    filterset_class = ChangeSetFilter

    def changed_since(self, at: datetime) -> Q:
        """Return the condition that it was made, or undone, since; nothing else happens to it."""
        undone = ChangeSet.objects.filter(created_at__gte=at).values("undoes")
        return Q(created_at__gte=at) | Q(pk__in=undone.exclude(undoes=None))

    @extend_schema(
        operation_id="list_change_sets",
        summary="Change sets, oldest first",
        responses=ChangeSetSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Answer a page of change sets."""
        rows = _seen(self.user).select_related("by")
        found = list(self.paginate_queryset(self.filter_queryset(rows)) or ())
        undone = standing_undoes([row.pk for row in found])
        return self.get_paginated_response([_answer(row, undone.get(row.pk)) for row in found])


class ChangeSetView(ApiView):
    """One change set."""

    rights = {"GET": ("inventory.view_changeset",)}

    @extend_schema(
        operation_id="get_change_set",
        summary="One change set",
        responses=WholeChangeSetSerializer,
    )
    def get(self, request: Request, change_set_id: int) -> Response:
        """Answer one change set with its counts."""
        row = _found(self.user, change_set_id)
        counts = row.rows.aggregate(
            changed=Count("pk", filter=Q(before__isnull=False, after__isnull=False)),
            added=Count("pk", filter=Q(before__isnull=True, after__isnull=False)),
            deleted=Count("pk", filter=Q(before__isnull=False, after__isnull=True)),
            left=Count("pk", filter=LEFT_ALONE),
        )
        left = (
            row.rows.filter(LEFT_ALONE).order_by("pk").values_list("label", "note")[:MAXLEFT_ALONE]
        )
        errors = [{"label": label, "message": note} for label, note in left]
        undone = standing_undoes([row.pk]).get(row.pk)
        return Response({**_answer(row, undone), **counts, "errors": errors})


class UndoView(ApiView):
    """The undo of a change set."""

    rights = {"POST": ("inventory.view_changeset", "inventory.change_changeset")}

    @extend_schema(
        operation_id="undo_change_set",
        summary="Undo a change set",
        request=UndoSerializer,
        responses=UndoStartedSerializer,
    )
    @idempotent
    def post(self, request: Request, change_set_id: int) -> Response:
        """Put back what nobody touched since: a few rows at once, more by a job."""
        if request.data:
            self.read(UndoSerializer)
        row = _found(self.user, change_set_id)
        rights = rights_to_undo(row)
        if rights and not self.user.has_perms(rights):
            raise PermissionDenied
        undoing, job = undo(
            row,
            act=self.act,
            confirm=self.agreed,
            start=lambda one: launch(kind=JOB, subject_id=one.pk, label=one.label, user=self.user),
        )
        return Response({"change_set": undoing.pk, "job": job and job.pk})


def _seen(user: Any) -> QuerySet[ChangeSet]:
    return visible(ChangeSet.objects.all(), user)


def _found(user: Any, change_set_id: int) -> ChangeSet:
    row = None
    if change_set_id < 1 << 63:
        row = _seen(user).filter(pk=change_set_id).select_related("by", "undoes").first()
    if row is None:
        raise Http404
    return row


def _answer(row: ChangeSet, undone: ChangeSet | None) -> dict[str, Any]:
    return {
        "id": row.pk,
        "kind": row.kind,
        "label": row.label,
        "source": row.source,
        "by": row.by.get_username() if row.by else None,
        "created_at": row.created_at.isoformat(),
        "undoes": row.undoes_id,
        "undone_by": undone.pk if undone else None,
    }
