"""How long what did not answer is left alone."""

from datetime import timedelta

import pytest

from inventory.pauses import asked_pause, pause_after


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(1, 30), (2, 60), (3, 120), (7, 1_920), (8, 3_600), (9, 3_600), (10_000, 3_600)],
)
def test_a_pause_doubles_and_is_an_hour_at_most(failures, seconds):
    assert pause_after(failures) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("failures", "seconds", "expected"),
    [
        (1, None, 30),
        (1, 0, 30),
        (1, 29, 30),
        (1, 31, 31),
        (2, 31, 60),
        (1, 3_601, 3_600),
        (1, -5, 30),
        (1, 10**30, 3_600),
        (1, float("nan"), 30),
        (1, float("inf"), 3_600),
        (1, float("-inf"), 30),
    ],
)
def test_a_pause_is_as_long_as_the_shop_asks_within_bounds(failures, seconds, expected):
    assert asked_pause(failures, seconds) == timedelta(seconds=expected)
