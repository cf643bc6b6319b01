"""What is searched: one row of text for each variant, and one for each product."""

from django.db import models


class SearchRow(models.Model):
    """The words of a variant, or with a negative key those of a product alone.

    The database's own triggers keep it (`inventory.search_triggers`), so that it is true of what a
    bulk import or SQL by hand writes, too. Nobody else writes it; it refers to nothing, so that it
    is in nobody's way.
    """

    id = models.BigIntegerField(primary_key=True)
    product_id = models.BigIntegerField(db_index=True)
    own = models.TextField()
    text = models.TextField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.text.strip()
