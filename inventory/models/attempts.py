"""What was tried how often, where trying very often is an attack."""

from django.db import models


class Attempt(models.Model):
    """One try of somebody, who is kept as a hash. Forgotten after a day."""

    kind = models.CharField(max_length=20)
    who = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        indexes = (
            models.Index(fields=["kind", "who", "at"], name="attempt_of_whom"),
            models.Index(fields=["at"], name="attempt_by_age"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.at}"
