"""Credentials of channels under a new `SECRET_KEY`."""

from django.db import transaction

from channels.models import Channel
from channels.secrets import SecretLost, seal, unseal
from channels.services.channels import SECRETS


@transaction.atomic
def reseal() -> tuple[int, list[str]]:
    """Seal the credentials of all channels with the first key.

    Return how many channels that were, and the names of those that no key opens: they stay as they
    are.
    """
    columns = list(SECRETS.values())
    done, lost = 0, []
    for channel in Channel.objects.select_for_update().order_by("pk"):
        try:
            opened = {column: unseal(getattr(channel, column)) for column in columns}
        except SecretLost:
            lost.append(channel.name)
            continue
        if any(opened.values()):
            anew = {column: seal(text) for column, text in opened.items()}
            done += Channel.objects.filter(pk=channel.pk).update(**anew)
    return done, lost
