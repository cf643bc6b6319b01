"""Who does something, from where, when, and what they looked at: told once to a use case."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Self

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.utils import timezone

from inventory.models.work import Source


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody does, as movements, events of orders and the history remember it.

    `by` is the name that is kept for people, `user_id` whose right it was; a program that nobody
    started has neither. `seen` is the version of the row that was looked at: a use case refuses to
    change a newer one. `None`: whatever it is now.
    """

    at: datetime
    by: str = ""
    source: str = Source.COMMAND
    user_id: int | None = None
    seen: int | None = None

    @classmethod
    def now(cls, by: str = "") -> Self:
        """Return what a program does at this moment, by that name."""
        return cls(timezone.now(), by)

    @property
    def today(self) -> date:
        """Return the day of the shop on which it is done."""
        return timezone.localdate(self.at)

    def looking_at(self, version: int | None) -> Self:
        """Return the same done to another row, of which this version was seen."""
        return replace(self, seen=version)


def act_of(request: HttpRequest, *, seen: int | None = None) -> Act:
    """Return what the user of a page or of the API does now; `seen` is the version they saw."""
    is_api = request.path.startswith("/api/")
    return Act(
        at=timezone.now(),
        by=request.user.get_username(),
        source=Source.API if is_api else Source.PAGE,
        user_id=request.user.pk,
        seen=seen,
    )


def act_for(owner: AbstractBaseUser | None, *, instead: str, at: datetime) -> Act:
    """Return what is done for somebody who asked for it before.

    `instead` is the name of what nobody asked for but the command of a program.
    """
    if owner is None:
        return Act(at, instead)
    return Act(at, owner.get_username(), Source.JOB, owner.pk)
