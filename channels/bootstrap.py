"""What a fresh database holds: the two channels that need no setup."""

from channels.models import DIRECT, STOREFRONT, Channel


def ensure() -> None:
    """Make the rows that the program takes for granted; safe to call again."""
    Channel.objects.get_or_create(slug=DIRECT, defaults={"name": "Direct"})
    Channel.objects.get_or_create(slug=STOREFRONT, defaults={"name": "Storefront"})
