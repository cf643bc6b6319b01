"""Keeping filters of listings, a few for each user and channel."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from channels.models import Channel, SavedFilter
from inventory.errors import InvalidChange

MAX_SAVED = 20


@transaction.atomic
def save_filter(*, channel: Channel, user: Any, name: str, query: Mapping[str, str]) -> SavedFilter:
    """Keep a filter under a name; the same name again keeps the newer filter.

    :raises InvalidChange: the user keeps too many, or the filter leaves nothing out.
    """
    if not query:
        raise InvalidChange({"name": "There is nothing to keep: filter first."})
    own = SavedFilter.objects.filter(channel=channel, user=user)
    if own.exclude(name=name).count() >= MAX_SAVED:
        raise InvalidChange({"name": f"At most {MAX_SAVED} filters are kept: remove one first."})
    saved, _made = SavedFilter.objects.update_or_create(
        channel=channel, user=user, name=name, defaults={"query": dict(query)}
    )
    return saved


def remove_filter(*, channel: Channel, user: Any, saved_id: int) -> None:
    """Forget a filter of a user; one that is gone stays gone."""
    SavedFilter.objects.filter(channel=channel, user=user, pk=saved_id).delete()
