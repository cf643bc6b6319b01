"""Units are freed from rows that are not saved yet, too: an earlier line has just moved them."""

from orders.models import FulfillmentLine
from orders.services.freeing import _free_bundles


class Sheet:
    """A sheet that writes nothing."""

    def free(self, row, *, allocated=0, waiting=0):
        row.allocated -= allocated
        row.waiting -= waiting


def test_rows_that_have_no_key_yet_are_freed_once():
    rows = [FulfillmentLine(variant_id=7, waiting=2), FulfillmentLine(variant_id=7, allocated=3)]

    left = _free_bundles(Sheet(), rows, [(7, 1)], 4)

    assert left == 0
    assert [(row.waiting, row.allocated) for row in rows] == [(0, 0), (0, 1)]
