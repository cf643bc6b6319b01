"""The help page: the words of the domain, and how the work of a day is done."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from backoffice.menu import address_of


@dataclass(frozen=True, slots=True)
class HowTo:
    """One piece of work: its steps, and the page on which it begins."""

    key: str
    title: Any
    page: str
    button: Any
    steps: tuple[Any, ...]


WORDS: tuple[tuple[Any, Any], ...] = (
    (
        _("Product, variant"),
        _(
            "A product is what a shopper recognizes as one thing. A variant (SKU) of it, such as "
            "“Colour: White”, is what is sold and counted."
        ),
    ),
    (
        _("Bundle"),
        _("A variant made of other variants. Sold and shipped as one; its parts are counted."),
    ),
    (_("On hand"), _("Units physically in a warehouse.")),
    (_("Allocated"), _("Units of on hand that are promised to orders and not shipped yet.")),
    (_("Available"), _("On hand less allocated: what can be sold and shipped now.")),
    (_("On backorder"), _("Units that are sold and still owed: the customer waits for them.")),
    (_("Salable"), _("What is available, and what may still be backordered on top of it.")),
    (
        _("Backorders"),
        _(
            "Whether a variant may be bought when nothing is available: no; allow; or allow and "
            "notify, which says so expressly in the cart, at checkout and by mail."
        ),
    ),
    (
        _("Out-of-stock threshold"),
        _(
            "With backorders, a negative number is the most that may be owed: -50 lets 50 units "
            "be sold beyond the stock. Without backorders, a positive number is kept back."
        ),
    ),
    (
        _("Backorder threshold"),
        _("The cap of one warehouse: how many units may be owed from there."),
    ),
    (
        _("Track the inventory"),
        _("Off: always salable and never counted, for services and downloads."),
    ),
    (
        _("Delivery timeframe"),
        _("How long delivery takes, in words, when units are there and when they are not."),
    ),
    (
        _("Pre-order"),
        _("A variant with a release date ahead that may already be bought; it ships that day."),
    ),
    (
        _("Fulfillment order"),
        _("The part of an order that ships as one parcel from one warehouse, or that waits."),
    ),
    (_("Waiting room"), _("Every order line that waits for units, in the order they are served.")),
    (
        _("Promise"),
        _(
            "The day on which the last unit of a line is expected, from the deliveries that are "
            "on their way. A delivery that is late promises nothing."
        ),
    ),
    (
        _("Short"),
        _("Units sold elsewhere that may not be owed: somebody must cancel or allow them."),
    ),
    (
        _("Channel, listing"),
        _("A place where you sell, and one variant as it is offered there."),
    ),
    (
        _("Movement"),
        _("One line of the stock ledger: what came or left, when, why and by whom."),
    ),
    (
        _("Change set"),
        _("What one import or bulk edit changed, before and after. It can be undone."),
    ),
)

HOW_TOS: tuple[HowTo, ...] = (
    HowTo(
        "backorders",
        _("Sell what is not in stock"),
        "admin:inventory_variant_changelist",
        _("Inventory"),
        (
            _("For everything: Settings › Workflow › Backorders. Products follow it."),
            _("For one variant: open it, switch on Allow backorders, and save."),
            _("For many: tick them in Inventory, choose Edit, then Inventory."),
            _(
                "To owe at most 50 units, set the out-of-stock threshold to -50; to cap one "
                "warehouse, set its backorder threshold."
            ),
            _("Not as expected? The tab “Availability” of a variant shows which setting decided."),
        ),
    ),
    HowTo(
        "stock",
        _("Put stock in, and keep it right"),
        "admin:inventory_movement_receive",
        _("Receive"),
        (
            _("Receive: scan or type what came. Whoever waits for it is served at once."),
            _("Count: type what lies on the shelf; the differences are booked."),
            _("Correct: something broke or was found. Transfer: it went to another warehouse."),
        ),
    ),
    HowTo(
        "dates",
        _("Tell customers when it comes"),
        "admin:inventory_incomingdelivery_changelist",
        _("Deliveries"),
        (
            _("Announce a delivery: supplier, day and units. It gives every line its date."),
            _("A delivery slips? Change its day: the dates move, and customers are told."),
            _("Without a delivery, shoppers read the delivery timeframe, such as “2–3 weeks”."),
        ),
    ),
    HowTo(
        "order",
        _("Take and ship an order"),
        "admin:orders_order_changelist",
        _("Orders"),
        (
            _("Orders come from the storefront, from channels, by the API, or are typed by you."),
            _("Can ship now lists the orders that nothing holds: pick, pack, ship."),
            _("Ship what is there sends what is allocated; the rest stays in the waiting room."),
        ),
    ),
    HowTo(
        "arrival",
        _("Receive a delivery, and serve who waits"),
        "admin:orders_fulfillmentline_changelist",
        _("Waiting room"),
        (
            _("Simulate a delivery shows who would get what before anything is booked."),
            _("Open the delivery and receive it: the units go to the first in line."),
            _("Somebody first? Raise the priority of the order. A hold keeps a parcel back."),
        ),
    ),
    HowTo(
        "buying",
        _("Know what to buy"),
        "admin:orders_fulfillmentline_buying",
        _("What to buy"),
        (
            _("What to buy lists what is owed, not on its way, and in no other warehouse."),
            _("What to transfer lists units that would complete bundles in another warehouse."),
            _("Tick lines and make a delivery of them, or take the list as a file."),
        ),
    ),
    HowTo(
        "files",
        _("Change many things with a spreadsheet, and undo it"),
        "admin:inventory_import_changelist",
        _("Imports & exports"),
        (
            _("Export the variants, change the file, and import it. You see every change first."),
            _("Changes lists what an import or a bulk edit did: look at it, or undo it."),
        ),
    ),
    HowTo(
        "channels",
        _("Sell elsewhere too"),
        "admin:channels_channel_changelist",
        _("Channels"),
        (
            _("Add a channel, fill in its setup, and test the connection."),
            _("In its catalog, list what it sells; Update publishes what you changed."),
            _("Unlist takes an item off again. Its orders stay, and so does what is edited."),
            _("Its orders arrive by themselves. Channel orders shows those that need you."),
        ),
    ),
    HowTo(
        "people",
        _("Let others work here"),
        "admin:auth_user_changelist",
        _("Users"),
        (
            _("Add a user and choose a role: operator, seller, warehouse or viewer."),
            _("A user of a seller sees and changes that seller's products alone."),
        ),
    ),
)


def help_for(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the pieces of work, each with its page when the user may open it."""
    return [
        {"key": one.key, "title": one.title, "button": one.button, "steps": one.steps}
        | {"link": address_of(one.page, request)}
        for one in HOW_TOS
    ]
