"""The channels that stock and catalogue tell of their changes (`inventory.sales_channels`)."""

from collections.abc import Collection, Sequence

from channels.availability import where_sold
from channels.services.listings import add_variants, describe_anew
from channels.services.salable import salable_changed
from inventory.sales_channels import Place


class OurChannels:
    """The channels of this program."""

    def variants_added(self, variant_ids: Collection[int]) -> None:
        """Make the listings of new variants."""
        add_variants(variant_ids)

    def described_anew(self, variant_ids: Collection[int]) -> None:
        """Say of listings that what was published of them is outdated."""
        describe_anew(variant_ids)

    def salable_changed(self, variant_ids: Collection[int] | None) -> None:
        """Note of whom the shops elsewhere are to be told."""
        salable_changed(variant_ids)

    def places(self, variant_ids: Collection[int]) -> Sequence[Place]:
        """Return every channel and what it has published of these variants."""
        return [
            Place(channel.slug, channel.name, where) for channel, where in where_sold(variant_ids)
        ]
