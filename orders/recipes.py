"""What order lines are made of: it is written down when they are ordered, and stays."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from django.db import connection

from inventory.sql import among
from orders.models import FulfillmentLine, OrderLine

Recipe = Sequence[tuple[int, int]]
"""Variants and the units of each that one ordered unit takes."""

Recipes = Mapping[int, Recipe]
"""The components of variants, by variant; none of one that is no bundle."""

_RECIPES = "SELECT bundle_id, component_id, quantity FROM inventory_bundlecomponent WHERE "


def recipes_of(variant_ids: Collection[int]) -> Recipes:
    """Return what each of these variants is made of today.

    There is an entry for one that is no bundle, too: that is a fact like the others, and whoever
    decided by it looks again.
    """
    recipes: dict[int, list[tuple[int, int]]] = {pk: [] for pk in variant_ids}
    where, parameters = among("bundle_id", variant_ids)
    with connection.cursor() as cursor:
        cursor.execute(_RECIPES + where + " ORDER BY id", parameters)
        for bundle, component, quantity in cursor.fetchall():
            recipes[bundle].append((component, quantity))
    return recipes


def written(recipe: Recipe | None) -> list[list[int]]:
    """Return a recipe as an order line keeps it; `None`: it is no bundle."""
    return [[variant, units] for variant, units in recipe or ()]


def recipes_on(lines: Collection[OrderLine]) -> dict[int, Recipe]:
    """Return what one unit of each line takes, by line: its components, or itself.

    Lines older than this book have none written down: what they took says it, else today's recipe.
    """
    unknown = [line for line in lines if line.recipe is None]
    found = _taken(unknown) if unknown else {}
    rest = {line.variant_id for line in unknown if line.pk not in found}
    today = recipes_of(rest) if rest else {}
    recipes: dict[int, Recipe] = {}
    for line in lines:
        own: Recipe | None = [(variant, units) for variant, units in line.recipe or ()]
        if line.recipe is None:
            own = found.get(line.pk) or today.get(line.variant_id)
        recipes[line.pk] = own or [(line.variant_id, 1)]
    return recipes


def _taken(lines: Collection[OrderLine]) -> dict[int, Recipe]:
    """Return what lines took of each variant, as their first parcels say."""
    taken: dict[int, dict[int, int]] = defaultdict(dict)
    rows = FulfillmentLine.objects.filter(order_line__in=[line.pk for line in lines])
    for line, variant, per_unit in rows.order_by("pk").values_list(
        "order_line", "variant", "per_unit"
    ):
        taken[line].setdefault(variant, per_unit)
    return {line: list(parts.items()) for line, parts in taken.items()}
