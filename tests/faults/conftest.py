"""What the long trials share with the races."""

import pytest

from tests.races.conftest import (  # noqa: F401
    _programs,
    shared_database,
    together_apart,
    worker,
)
from tests.races.test_backup import empty, folder, variant  # noqa: F401


@pytest.fixture
def shop(shared_database, folder, variant):  # noqa: F811
    """Return the address of a shop, its folder, and a variant with 1,000 units."""
    return shared_database, folder, variant
