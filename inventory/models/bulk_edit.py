"""Bulk edit: which variants were chosen, what is asked of them, and what becomes of each."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from inventory.models.catalog import Variant
from inventory.models.columns import LineField
from inventory.models.work import ChangeSet, Job


class BulkEdit(models.Model):
    """Many variants that are edited at once, exactly as the preview showed."""

    class State(models.TextChoices):
        """Where a bulk edit stands."""

        CHECKING = "checking", _("Being put together")
        READY = "ready", _("Waiting for your confirmation")
        APPLYING = "applying", _("Being saved")
        DONE = "done", _("Done")
        CANCELED = "canceled", _("Canceled")

    chosen = models.JSONField(
        default=dict, help_text=_("The variants, or the filter and search that they match.")
    )
    asked = models.JSONField(
        default=dict, help_text=_("What is asked of all, or of each variant by its key.")
    )
    words = LineField(_("what was chosen"), max_length=250, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.CHECKING)
    total = models.PositiveIntegerField(_("variants"), default=0)
    changing = models.PositiveIntegerField(_("to be changed"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    skipped = models.PositiveIntegerField(_("changed meanwhile"), default=0)
    is_prepared = models.BooleanField(
        default=False, db_default=False, help_text=_("Every chosen variant is taken down.")
    )
    through = models.PositiveBigIntegerField(
        default=0, help_text=_("The last item that is written.")
    )
    change_set = models.ForeignKey(
        ChangeSet, on_delete=models.SET_NULL, null=True, blank=True, related_name="bulk_edits"
    )
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    created_at = models.DateTimeField(_("when"), auto_now_add=True)

    class Meta:
        verbose_name = _("bulk edit")
        verbose_name_plural = _("bulk edits")

    def __str__(self) -> str:
        return str(self.words) or f"{self.pk}"


class BulkEditItem(models.Model):
    """One variant of a bulk edit: as it was when the preview was made, and what becomes of it."""

    class Outcome(models.TextChoices):
        """What becomes of one variant; it is exactly one of these."""

        CHANGE = "change", _("Changes")
        UNCHANGED = "same", _("Unchanged")
        REFUSED = "refused", _("Refused")
        SKIPPED = "skipped", _("Changed meanwhile")

    edit = models.ForeignKey(BulkEdit, on_delete=models.CASCADE, related_name="items")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    outcome = models.CharField(_("outcome"), max_length=7, choices=Outcome)
    changes = models.JSONField(
        default=dict, help_text=_("Each field that changes, with what it was and what it becomes.")
    )
    levels = models.JSONField(
        default=dict, help_text=_("The same for each warehouse, by its key, with its version.")
    )
    words = models.TextField(_("what happens"), blank=True)

    class Meta:
        verbose_name = _("bulk edit item")
        verbose_name_plural = _("bulk edit items")
        constraints = (models.UniqueConstraint("edit", "variant", name="bulkedititem_once"),)
        indexes = (models.Index(fields=["edit", "outcome", "id"], name="bulkedititem_outcome"),)

    def __str__(self) -> str:
        return f"{self.edit_id} {self.variant_id}"
