"""Back-ups of a shop in which orders come, each restored elsewhere."""

import pytest
from django.utils import timezone

from backoffice.backup import back_up
from tests.races.test_backup import PRINT_ORDERS, buyer, environment, manage

DRILLS = 5


@pytest.mark.parametrize("drill", range(DRILLS))
def test_what_was_acknowledged_is_restored(shop, empty, tmp_path, drill, record_property):
    address, folder, variant = shop
    with buyer(address, folder, variant) as orders:
        known = [next(orders).strip() for _n in range(10 * (drill + 1))]
        file, _manifest = back_up(tmp_path / "kept", at=timezone.now())

    env = environment(empty, tmp_path / "elsewhere")
    restored = manage("restore", file, env=env)

    record_property("tried", "a back-up while orders come, restored elsewhere, and reconciled")
    record_property("lost", f"none of {len(known)} acknowledged orders")
    assert "Everything adds up." in restored.stdout, restored.stderr
    assert set(known) <= set(manage("shell", "-c", PRINT_ORDERS, env=env).stdout.split())
