"""The programs that the tests of the API speak as."""

from tests.inventory.api.conftest import (  # noqa: F401
    _no_throttle_between_tests,
    anna,
    api,
    bert,
    bike,
    vase,
)
