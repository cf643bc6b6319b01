"""How long what did not answer is left alone."""

from datetime import timedelta

import pytest

from inventory.pauses import pause_after


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(1, 30), (2, 60), (3, 120), (7, 1_920), (8, 3_600), (9, 3_600), (10_000, 3_600)],
)
def test_a_pause_doubles_and_is_an_hour_at_most(failures, seconds):
    assert pause_after(failures) == timedelta(seconds=seconds)
