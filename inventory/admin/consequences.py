"""The box that says what a change does to open orders, and the yes to exactly that."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django.http import HttpRequest
from django.utils.translation import gettext as _

from inventory.consequence_words import in_words, yes_label
from inventory.consequences import Consequences
from inventory.errors import NeedsConfirmation
from inventory.services.history import SECRETS

Done = TypeVar("Done")

CONFIRM = "confirm"
"""The name of the button, whose value says which consequences somebody saw."""


@dataclass(frozen=True, slots=True)
class Question:
    """Sentences, the button that does it all the same, and the mark of what it says yes to."""

    sentences: list[str]
    label: str
    mark: str
    note: str = ""


def question_of(found: Consequences, request: HttpRequest | None = None) -> Question | None:
    """Return what a page asks; nothing where nothing is touched.

    What a page does not show again, a chosen file or a typed secret, is to be given again.
    """
    if not found:
        return None
    note = ""
    if request is not None and request.FILES:
        note = _("Choose the picture again before you save.")
    elif request is not None and any(request.POST.get(name) for name in SECRETS):
        note = _("Type the new keys and secrets again before you save.")
    return Question(in_words(found), yes_label(found), mark_of(found), note)


def mark_of(found: Consequences) -> str:
    """Return a mark of these consequences: others have another one."""
    return hashlib.sha256(repr(found).encode()).hexdigest()[:16]


def with_yes(request: HttpRequest, act: Callable[[bool], Done]) -> Done:
    """Do what was confirmed on a page: only while its consequences are those that were shown.

    :raises NeedsConfirmation: nobody said yes, or to others.
    """
    try:
        return act(False)  # noqa: FBT003 -- the yes of the use case
    except NeedsConfirmation as asked:
        if request.POST.get(CONFIRM) != mark_of(asked.consequences):
            raise
    return act(True)  # noqa: FBT003
