"""Spreadsheets that were handed in: the file, what it would change, and what came of it."""

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.utils.translation import gettext_lazy as _

from inventory.models.columns import LineField
from inventory.models.work import ChangeSet, Job


def private_storage() -> Storage:
    """Return where merchants' files lie: no address leads there."""
    return storages["private"]


class ImportKind(models.TextChoices):
    """What a file is about."""

    VARIANTS = "variants", _("Products and backorder settings")
    STOCK_COUNT = "stock_count", _("Stock count")


class ImportMode(models.TextChoices):
    """What a file may do; the values are those of the command."""

    UPDATE = "update", _("Change who may be backordered")
    CREATE = "create", _("Create new products")
    BOTH = "both", _("Both: change what is here, create what is not")


class ImportState(models.TextChoices):
    """Where an import stands."""

    CHECKING = "checking", _("Being checked")
    READY = "ready", _("Waiting for your confirmation")
    APPLYING = "applying", _("Being applied")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")
    CANCELED = "canceled", _("Canceled")


class Import(models.Model):
    """One file, from its upload to its report."""

    kind = models.CharField(
        _("what it is"), max_length=12, choices=ImportKind, default=ImportKind.VARIANTS
    )
    mode = models.CharField(
        _("what it may do"), max_length=8, choices=ImportMode, default=ImportMode.UPDATE
    )
    all_or_nothing = models.BooleanField(
        _("all or nothing"),
        default=False,
        help_text=_("One bad row refuses the whole file."),
    )
    confirm_titles = models.BooleanField(
        _("titles differ, take it all the same"),
        default=False,
        help_text=_("Without it, a file in which most titles differ from the shop is refused."),
    )
    turn_tracking_on = models.BooleanField(
        _("turn tracking on"),
        default=False,
        help_text=_("Rows that ask for backorders without tracking turn it on."),
    )
    mapping = models.JSONField(default=dict, help_text=_("Columns named by hand."))
    file = models.FileField(_("file"), upload_to="imports/", storage=private_storage)
    filename = LineField(_("file name"), max_length=250)
    state = models.CharField(
        _("state"), max_length=8, choices=ImportState, default=ImportState.CHECKING, db_index=True
    )
    refused_code = models.CharField(max_length=40, blank=True)
    refused = models.TextField(_("refused"), blank=True)
    layout = models.JSONField(
        default=dict, help_text=_("Encoding, separator, platform, columns used and ignored.")
    )
    rows = models.PositiveIntegerField(_("rows"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    created = models.PositiveIntegerField(_("created"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    skipped = models.PositiveIntegerField(_("skipped"), default=0)
    errors = models.PositiveIntegerField(_("errors"), default=0)
    applied_through = models.PositiveIntegerField(
        default=0, help_text=_("The last spreadsheet row that is written.")
    )
    change_set = models.ForeignKey(
        ChangeSet, on_delete=models.SET_NULL, null=True, blank=True, related_name="imports"
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
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")

    def __str__(self) -> str:
        return str(self.filename)


class Outcome(models.TextChoices):
    """What becomes of one row; every row is exactly one of these."""

    CHANGE = "change", _("Changes")
    CREATE = "create", _("Creates")
    UNCHANGED = "unchanged", _("Unchanged")
    SKIP = "skip", _("Skipped")
    ERROR = "error", _("Error")


class ImportRow(models.Model):
    """One row of the spreadsheet, and what it would do or did."""

    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="import_rows")
    number = models.PositiveIntegerField(_("row"), help_text=_("As the spreadsheet counts."))
    outcome = models.CharField(_("outcome"), max_length=9, choices=Outcome)
    key = models.CharField(_("SKU or ID"), max_length=120, blank=True)
    words = models.TextField(_("what happens"), blank=True)
    changes = models.JSONField(default=dict)
    asked = models.TextField(blank=True, help_text=_("What the row asks, to compare doubles."))
    errors = models.JSONField(default=list)
    notices = models.JSONField(default=list)
    cells = models.JSONField(
        null=True, help_text=_("The merchant's row, kept when it is at fault.")
    )
    variant_id = models.PositiveBigIntegerField(null=True)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("import row")
        verbose_name_plural = _("import rows")
        constraints = (models.UniqueConstraint(fields=["source", "number"], name="importrow_once"),)
        indexes = (
            models.Index(fields=["source", "outcome", "number"], name="importrow_by_outcome"),
            models.Index(fields=["source", "variant_id"], name="importrow_doubles"),
        )

    def __str__(self) -> str:
        return f"{self.source} {self.number}"
