"""Bulk listing: the preview and the job, against one bare UPDATE of the same rows."""

import io
from datetime import datetime

from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from benchmarks.harness import Harness
from channels.models import STOREFRONT, BulkListing, Channel, Listing
from channels.services.bulk import choose, confirm, freeze, list_next
from inventory.acts import Act
from inventory.models import Job

WORDS = ("dont_allow", "allow")


class Shop:
    """Listings that are switched off and on again, all of them each time."""

    def __init__(self, rows: int) -> None:
        call_command("load_demo", variants=rows, stdout=io.StringIO())
        self.channel = Channel.objects.get(slug=STOREFRONT)
        self.rows = Listing.objects.filter(channel=self.channel).count()
        self.turn = 0
        self.bulk: BulkListing | None = None

    def choose(self) -> None:
        """Choose all listings for the other word than the last time."""
        self.turn += 1
        word = WORDS[self.turn % 2]
        self.bulk = choose(channel=self.channel, allow_backorder=word, user=None, filters={})

    def preview(self) -> None:
        """Take down what was chosen."""
        assert self.bulk is not None
        self.bulk = freeze(self.bulk)
        assert self.bulk.total == self.rows

    def chosen_and_previewed(self) -> None:
        """Do both, and confirm."""
        self.choose()
        self.preview()
        assert self.bulk is not None
        self.bulk = confirm(
            self.bulk, act=Act.now(), start=lambda _bulk: Job.objects.create(kind="bench")
        )

    def publish(self) -> None:
        """List everything, chunk by chunk."""
        assert self.bulk is not None
        while list_next(self.bulk, at=timezone.now()):
            pass
        word = WORDS[self.turn % 2] == "allow"
        published = "allowed" if word else "listing"
        assert (
            Listing.objects.filter(
                channel=self.channel, allow_backorder=word, published_backorder=published
            ).count()
            == self.rows
        )

    def bare_update(self) -> None:
        """Write the same columns of the same rows in one statement."""
        now: datetime = timezone.now()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE channels_listing SET allow_backorder = NOT allow_backorder,"
                " published_at = %s, version = version + 1 WHERE channel_id = %s",
                [connection.ops.adapt_datetimefield_value(now), self.channel.pk],
            )


def run(harness: Harness) -> None:
    """Print what the preview and the job take."""
    shop = Shop(harness.size)
    harness.compare(
        "bulk listing: published",
        ours=shop.publish,
        prepare=shop.chosen_and_previewed,
        limit=shop.bare_update,
    )
    harness.compare("bulk listing: preview", ours=shop.preview, prepare=shop.choose)
