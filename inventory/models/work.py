"""What is done to many things at once: jobs, and change sets that say what they did."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from inventory.models.columns import LineField


class JobState(models.TextChoices):
    """Where a job stands."""

    QUEUED = "queued", _("Waiting to start")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELED = "canceled", _("Canceled")


class Job(models.Model):
    """Work done in the background, with its progress. `kind` names the use case that does it."""

    kind = models.CharField(_("kind"), max_length=40)
    subject_id = models.PositiveBigIntegerField(
        null=True, blank=True, help_text=_("The row the job is about.")
    )
    label = LineField(_("what"), max_length=250, blank=True)
    state = models.CharField(
        _("state"),
        max_length=8,
        choices=JobState,
        default=JobState.QUEUED,
        db_index=True,
    )
    done = models.PositiveBigIntegerField(_("done"), default=0)
    total = models.PositiveBigIntegerField(_("total"), default=0)
    message = models.TextField(_("message"), blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    fence = models.PositiveIntegerField(
        default=0, db_default=0, help_text=_("Counted up with each worker that takes it.")
    )
    interruptions = models.PositiveIntegerField(
        default=0,
        db_default=0,
        help_text=_("Errors of the database in a row, which are no attempts."),
    )
    cancel_requested = models.BooleanField(default=False)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")

    noted: tuple[int, int] | None = None
    """Done and total of a job that writes everything at one stroke, until it is written."""

    def __str__(self) -> str:
        return self.label or self.kind


class Source(models.TextChoices):
    """Where a change came from."""

    PAGE = "page", _("Back office")
    API = "api", _("API")
    JOB = "job", _("Job")
    COMMAND = "command", _("Command")


class ChangeSet(models.Model):
    """What was changed at one stroke: who, when, from where. Its rows say from what to what.

    An edit of one page is a change set of a few rows, an import one of many. Append-only.
    """

    class Kind(models.TextChoices):
        """What made the change."""

        EDIT = "edit", _("Edit")
        IMPORT = "import", _("Import")
        STOCK_COUNT = "stock_count", _("Stock count")
        BULK_EDIT = "bulk_edit", _("Bulk edit")
        BULK_LISTING = "bulk_listing", _("Bulk listing")
        UNDO = "undo", _("Undo")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    label = LineField(_("what"), max_length=250, blank=True)
    source = models.CharField(
        _("from"), max_length=8, choices=Source, default=Source.COMMAND, db_default=Source.COMMAND
    )
    undoes = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="undone_by",
        verbose_name=_("undoes"),
    )
    through = models.PositiveBigIntegerField(
        default=0, db_default=0, help_text=_("The last row of what is undone that was looked at.")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    created_at = models.DateTimeField(_("when"), auto_now_add=True)

    class Meta:
        verbose_name = _("change set")
        verbose_name_plural = _("change sets")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class ChangeSetRow(models.Model):
    """What one bulk change did to one object.

    `before` and `after` hold the changed fields alone; an object that was created has no `before`,
    one that was deleted no `after`. `version` is the object's version after the change: as long as
    it has it, nobody touched it. A `note` says why an undo left the object alone.
    """

    change_set = models.ForeignKey(ChangeSet, on_delete=models.CASCADE, related_name="rows")
    model = models.CharField(max_length=40)
    object_id = models.PositiveBigIntegerField()
    label = LineField(max_length=250, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    version = models.PositiveIntegerField(default=1)
    note = models.TextField(blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        indexes = (models.Index(fields=["model", "object_id"], name="changesetrow_by_object"),)

    def __str__(self) -> str:
        return f"{self.model} {self.label}"
