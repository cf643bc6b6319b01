"""The settings with the migration linter, which is an app of its own: for `make migrations`."""

from backoffice.settings import *  # noqa: F403
from backoffice.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "django_migration_linter"]

MIGRATION_LINTER_OPTIONS = {
    "include_apps": ["inventory", "channels", "orders", "backoffice"],
    # 0001_initial: the tables that it makes are empty, nothing runs that it could break.
    # The others: their columns have defaults in the database, which the linter misses on SQLite.
    "ignore_name": [
        "0001_initial",
        "0004_listings",
        "0004_order_language",
        "0006_change_sets_and_bulk_edit",
        "0007_rank_and_charges",
        "0009_unlisting",
        "0010_mail_due",
        "0011_storefront_sells_here",
        "0013_backordered_items_ship",
        "0014_oversold_and_unpaid",
        "0015_max_per_order_and_sku_key",
        "0016_changed_times",
        "0018_jobs_have_one_owner",
        "0012_changed_times",
        "0009_changed_times",
        "0010_events_have_kinds",
        "0013_order_page_keys",  # unique in columns that an older program leaves empty
        "0013_drift",
        "0019_seals",
    ],
    "no_cache": True,
    "quiet": ["ok", "ignore"],
}
