"""Consequences in words, for pages, files and programs: plain sentences with their numbers."""

from collections.abc import Callable

from inventory.consequences import Consequence, Consequences, Effect


def in_words(found: Consequences) -> list[str]:
    """Return a sentence for each consequence."""
    return [_SENTENCES[one.effect](one) + _mails(one) for one in found.each]


def yes_label(found: Consequences) -> str:
    """Return what the button says that does it all the same: it names the first consequence."""
    first = found.each[0]
    return f"{_LABELS[first.effect](first)}"


def sentence(found: Consequences) -> str:
    """Return all of it as one text."""
    return " ".join(in_words(found))


def _of(one: Consequence) -> str:
    return f"{_units(one.units)} of {_orders(one.orders)}"


def _units(count: int) -> str:
    return "1 unit" if count == 1 else f"{count:,} units"


def _orders(count: int) -> str:
    return "1 order" if count == 1 else f"{count:,} orders"


def _open_orders(count: int) -> str:
    return "1 open order" if count == 1 else f"{count:,} open orders"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _they(count: int, one: str, many: str) -> str:
    return one if count == 1 else many


def _mails(one: Consequence) -> str:
    if not one.emails:
        return ""
    who = "1 customer gets" if one.emails == 1 else f"{one.emails:,} customers get"
    return f" {who} an e-mail."


def _without_stock(one: Consequence) -> str:
    return f"{_of(one)} will ship without stock."


def _back(one: Consequence) -> str:
    word = _they(one.units, "is", "are")
    text = f"{_of(one)} {word} counted again: reserved if in stock, otherwise waiting for stock."
    if one.picked:
        parcels = "1 picked parcel goes" if one.picked == 1 else f"{one.picked:,} picked parcels go"
        text += f" {parcels} back to the shelf if the units are not in stock."
    return text


def _stay(what: str) -> Callable[[Consequence], str]:
    def words(one: Consequence) -> str:
        stays = _they(one.units, "It stays owed", "They stay owed")
        return f"{_of(one)} {_are(one.units)} already owed. {stays}; no more can be sold {what}."

    return words


def _not_served(one: Consequence) -> str:
    stays = _they(one.units, "It stays owed", "They stay owed")
    return (
        f"{_of(one)} {_they(one.units, 'waits', 'wait')} for stock here. {stays}, "
        "but nothing ships to them from here."
    )


def _still_ship(one: Consequence) -> str:
    word = _they(one.units, "is reserved here and still ships", "are reserved here and still ship")
    return f"{_of(one)} {word} from here."


def _held(one: Consequence) -> str:
    text = f"{_of(one)} will not ship before the new release date."
    if one.picked:
        parcels = "1 picked parcel goes" if one.picked == 1 else f"{one.picked:,} picked parcels go"
        text += f" {parcels} back to the shelf."
    return text


def _let_go(one: Consequence) -> str:
    return f"{_of(one)} no longer {_they(one.units, 'waits', 'wait')} for the release date."


def _new_date(one: Consequence) -> str:
    return f"{_of(one)} {_they(one.units, 'gets', 'get')} a new expected date."


def _keep_recipe(one: Consequence) -> str:
    return f"{_open_orders(one.orders)} {_they(one.orders, 'keeps', 'keep')} the old components."


_SENTENCES: dict[Effect, Callable[[Consequence], str]] = {
    Effect.SHIP_WITHOUT_STOCK: _without_stock,
    Effect.BACK_IN_THE_BOOKS: _back,
    Effect.STAY_OWED: _stay("on backorder"),
    Effect.STAY_OWED_HERE: _stay("on backorder from this warehouse"),
    Effect.NOT_SERVED_HERE: _not_served,
    Effect.STILL_SHIP_FROM_HERE: _still_ship,
    Effect.STAY_OWED_IN_CHANNEL: _stay("on backorder in this channel"),
    Effect.HELD_FOR_RELEASE_DATE: _held,
    Effect.LET_GO: _let_go,
    Effect.NEW_DATE: _new_date,
    Effect.KEEP_RECIPE: _keep_recipe,
}

_LABELS: dict[Effect, Callable[[Consequence], str]] = {
    Effect.SHIP_WITHOUT_STOCK: lambda one: f"Save and ship {_units(one.units)} without stock",
    Effect.BACK_IN_THE_BOOKS: lambda one: f"Save and count {_units(one.units)} again",
    Effect.STAY_OWED: lambda one: (
        f"Save, {_units(one.units)} {_they(one.units, 'stays', 'stay')} owed"
    ),
    Effect.STAY_OWED_HERE: lambda one: (
        f"Save, {_units(one.units)} {_they(one.units, 'stays', 'stay')} owed"
    ),
    Effect.NOT_SERVED_HERE: lambda one: (
        f"Save, {_units(one.units)} {_they(one.units, 'stays', 'stay')} owed"
    ),
    Effect.STILL_SHIP_FROM_HERE: lambda one: (
        f"Save, {_units(one.units)} still {_they(one.units, 'ships', 'ship')} from here"
    ),
    Effect.STAY_OWED_IN_CHANNEL: lambda one: (
        f"Save, {_units(one.units)} {_they(one.units, 'stays', 'stay')} owed"
    ),
    Effect.HELD_FOR_RELEASE_DATE: lambda one: f"Save and hold {_orders(one.orders)}",
    Effect.LET_GO: lambda one: f"Save and let {_orders(one.orders)} go",
    Effect.NEW_DATE: lambda one: f"Save and change the date of {_orders(one.orders)}",
    Effect.KEEP_RECIPE: lambda one: (
        f"Save, {_open_orders(one.orders)} {_they(one.orders, 'keeps', 'keep')} the old components"
    ),
}
