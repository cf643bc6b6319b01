"""Doing once what a program asks for twice: the same key has one effect and one answer."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from inventory.errors import KeyReused
from inventory.models import IdempotencyKey

KEPT = timedelta(days=7)
"""How long a key is remembered."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to a request, and whether it was an earlier one with the same key."""

    status: int
    body: str
    is_replayed: bool = False


@transaction.atomic
def once(
    *, user_id: int, key: str, fingerprint: str, at: datetime, act: Callable[[], Answer]
) -> Answer:
    """Do something, or return what was answered when it was done before.

    The key is written in the transaction of the effect: whatever `act` raises undoes both, and who
    sends the same key at the same moment waits for the first.

    :raises KeyReused: the key came before with another request.
    """
    row = IdempotencyKey(user_id=user_id, key=key, fingerprint=fingerprint, created_at=at)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return _earlier(user_id=user_id, key=key, fingerprint=fingerprint)
    answer = act()
    row.status, row.body = answer.status, answer.body
    row.digest = digest_of(row)
    row.save(update_fields=["status", "body", "digest"])
    return answer


def digest_of(row: IdempotencyKey) -> str:
    """Return the hash of a key with its answer, by which one that is altered later is found."""
    said = [row.user_id, row.key, row.fingerprint, row.status, row.body]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def altered() -> Iterator[IdempotencyKey]:
    """Yield the keys of which the answer is not any more what was answered."""
    for row in IdempotencyKey.objects.exclude(digest="").order_by("pk").iterator():
        if digest_of(row) != row.digest:
            yield row


def forget_old_keys(*, at: datetime) -> None:
    """Forget keys that came longer than a week ago."""
    IdempotencyKey.objects.filter(created_at__lt=at - KEPT).delete()


def _earlier(*, user_id: int, key: str, fingerprint: str) -> Answer:
    row = IdempotencyKey.objects.get(user=user_id, key=key)
    if row.fingerprint != fingerprint:
        raise KeyReused("This key came before with another request. Nothing was done.")
    return Answer(status=row.status or 200, body=row.body, is_replayed=True)
