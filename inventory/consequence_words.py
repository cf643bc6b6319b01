"""Consequences in words, for pages, files and programs: plain sentences with their numbers."""

from collections.abc import Callable

from inventory.consequences import Consequence, Consequences, Effect

MOST_NAMED = 3
"""Warehouses that a sentence names; of more, the last are counted."""

SAVE_ANYWAY = "Save all the same"


def in_words(found: Consequences) -> list[str]:
    """Return a sentence for each consequence."""
    return [_SENTENCES[one.effect](one) + _mails(one) for one in found.each]


def yes_label(found: Consequences) -> str:
    """Return what the button says that does it all the same: of several consequences, none."""
    if len(found.each) > 1:
        return SAVE_ANYWAY
    first = found.each[0]
    return _LABELS[first.effect](first)


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
    if one.effect == Effect.DATES_ANEW:
        who = "1 customer gets" if one.emails == 1 else f"{one.emails:,} customers get"
        return f" Up to {who} an e-mail."
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


def _stay_here(one: Consequence) -> str:
    return _stay(f"on backorder from {_places(one)}")(one)


def _until_update(one: Consequence) -> str:
    stays = _they(one.units, "It stays owed", "They stay owed")
    return (
        f"{_of(one)} {_are(one.units)} already owed. {stays}. Shoppers can still buy on backorder "
        "in this channel until its listings are updated."
    )


def _places(one: Consequence) -> str:
    """Return the warehouses by name, a few of them."""
    if not one.places:
        return "this warehouse"
    names = [*one.places]
    if len(names) > MOST_NAMED:
        rest = len(names) - MOST_NAMED + 1
        names[MOST_NAMED - 1 :] = [f"{rest} more warehouses"]
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _not_served(one: Consequence) -> str:
    stays, them = (
        _they(one.units, "It stays owed", "They stay owed"),
        _they(one.units, "it", "them"),
    )
    return (
        f"{_of(one)} {_they(one.units, 'waits', 'wait')} for stock in {_places(one)}. {stays}, "
        f"but nothing ships to {them} from there."
    )


def _still_ship(one: Consequence) -> str:
    are, ship = ("is", "ships") if one.units == 1 else ("are", "ship")
    return f"{_of(one)} {are} reserved in {_places(one)} and still {ship} from there."


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


def _no_date(one: Consequence) -> str:
    return f"{_of(one)} will have no expected date."


def _dates_anew(one: Consequence) -> str:
    return f"The expected dates of {_of(one)} are calculated again."


def _keep_recipe(one: Consequence) -> str:
    return f"{_open_orders(one.orders)} {_they(one.orders, 'keeps', 'keep')} the old components."


def _canceled(one: Consequence) -> str:
    orders = "1 unpaid order" if one.orders == 1 else f"{one.orders:,} unpaid orders"
    return f"{orders} will be canceled, with {_units(one.units)}."


_SENTENCES: dict[Effect, Callable[[Consequence], str]] = {
    Effect.SHIP_WITHOUT_STOCK: _without_stock,
    Effect.BACK_IN_THE_BOOKS: _back,
    Effect.STAY_OWED: _stay("on backorder"),
    Effect.STAY_OWED_HERE: _stay_here,
    Effect.NOT_SERVED_HERE: _not_served,
    Effect.STILL_SHIP_FROM_HERE: _still_ship,
    Effect.STAY_OWED_IN_CHANNEL: _stay("on backorder in this channel"),
    Effect.STAY_OWED_UNTIL_UPDATE: _until_update,
    Effect.HELD_FOR_RELEASE_DATE: _held,
    Effect.LET_GO: _let_go,
    Effect.NEW_DATE: _new_date,
    Effect.NO_DATE: _no_date,
    Effect.DATES_ANEW: _dates_anew,
    Effect.KEEP_RECIPE: _keep_recipe,
    Effect.CANCELED_UNPAID: _canceled,
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
        f"Save, {_units(one.units)} still {_they(one.units, 'ships', 'ship')}"
    ),
    Effect.STAY_OWED_IN_CHANNEL: lambda one: (
        f"Save, {_units(one.units)} {_they(one.units, 'stays', 'stay')} owed"
    ),
    Effect.STAY_OWED_UNTIL_UPDATE: lambda one: (
        f"Save, {_units(one.units)} {_they(one.units, 'stays', 'stay')} owed"
    ),
    Effect.HELD_FOR_RELEASE_DATE: lambda one: f"Save and hold {_orders(one.orders)}",
    Effect.LET_GO: lambda one: f"Save and let {_orders(one.orders)} go",
    Effect.NEW_DATE: lambda one: f"Save and change the date of {_orders(one.orders)}",
    Effect.NO_DATE: lambda one: f"Save and take the date of {_orders(one.orders)} away",
    Effect.DATES_ANEW: lambda one: f"Save and date {_orders(one.orders)} again",
    Effect.CANCELED_UNPAID: lambda one: f"Save and cancel {_orders(one.orders)}",
    Effect.KEEP_RECIPE: lambda one: (
        f"Save, {_open_orders(one.orders)} {_they(one.orders, 'keeps', 'keep')} the old components"
    ),
}
