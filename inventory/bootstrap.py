"""What a fresh database holds: one warehouse and the settings."""

from inventory.models import StoreSettings, Warehouse


def ensure() -> None:
    """Make the rows that the program takes for granted; safe to call again."""
    main, _created = Warehouse.objects.get_or_create(
        code="main", defaults={"name": "Main warehouse", "priority": 1}
    )
    StoreSettings.objects.get_or_create(pk=1, defaults={"default_warehouse": main})
