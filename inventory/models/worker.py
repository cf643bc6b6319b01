"""What the worker says of itself: that it lives, and what it could not do."""

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory.models.columns import LineField

ASIDE_AFTER = 5
"""Tries that failed, after which something is put aside."""


class PutAside(models.Model):
    """One thing that the worker is to do and could not: it stops nothing else.

    `step` names what is done, `key` the row it is done to; 0 is the step as a whole. The row is
    gone once it went well, or is not to be done any more. From the fifth failure on it is put
    aside: shown to staff, and tried only now and then.
    """

    step = models.CharField(_("what"), max_length=40)
    key = models.BigIntegerField(default=0)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    error = models.TextField(_("error"), blank=True)
    trace = models.TextField(_("where it failed"), blank=True)
    failing_since = models.DateTimeField(_("fails since"))
    due_at = models.DateTimeField(_("next try"))

    class Meta:
        verbose_name = _("thing put aside")
        verbose_name_plural = _("things put aside")
        constraints = (models.UniqueConstraint("step", "key", name="putaside_once"),)

    def __str__(self) -> str:
        return f"{self.step} {self.key or ''}".strip()


class Heartbeat(models.Model):
    """A thread of a worker, and when it last said that it lives.

    `busy_since`: it does one thing that may take long, and says nothing meanwhile. `restarts`
    counts how often the thread had to be started again.
    """

    worker = models.CharField(_("worker"), max_length=64)
    thread = models.CharField(_("thread"), max_length=20)
    started_at = models.DateTimeField(_("started"))
    beat_at = models.DateTimeField(
        _("last sign of life"), default=timezone.now, db_default=Now(), db_index=True
    )
    busy_since = models.DateTimeField(_("busy since"), null=True, blank=True)
    restarts = models.PositiveIntegerField(_("restarts"), default=0, db_default=0)
    error = LineField(_("last error"), max_length=500, blank=True, default="", db_default="")

    class Meta:
        default_permissions = ()
        verbose_name = _("sign of life")
        verbose_name_plural = _("signs of life")
        constraints = (models.UniqueConstraint("worker", "thread", name="heartbeat_once"),)

    def __str__(self) -> str:
        return f"{self.worker} {self.thread}"
