"""What a sales channel has to be able to do, in values only: no database, no web framework.

A connector is one class that keeps this protocol; `docs/connectors.md` says how one is written.

ConnectorError
├── ChannelDown: nothing wrong with us, try again later
├── ChannelRefuses: the credentials or the address are wrong; trying again does not help
├── BadSignature: a webhook that the channel did not sign
└── BadMessage: a webhook or an order that cannot be read, in a sentence
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Literal, Protocol

from inventory.policy import BackorderMode

OrderStatus = Literal["created", "paid", "shipped", "canceled"]
"""How far an order of a channel is, in our words."""

Differing = Literal["quantity", "backorder", "price", "status", "sku", "place"]
"""What of an item may be otherwise in the shop; `place`: it is there under another id."""

MessageKind = Literal["order", "ping", "ignored"]
"""What a webhook is about."""


class ConnectorError(Exception):
    """Base of every anticipated error of a channel; its text is fit for staff and has no secret."""


class ChannelDown(ConnectorError):
    """The channel did not answer, or not readably; trying again later is right.

    `retry_after` is in seconds, where the channel named it. `is_outcome_unknown`: what was asked
    may have been done, so it is looked up before it is asked again.
    """

    def __init__(
        self, text: str, *, retry_after: int | None = None, is_outcome_unknown: bool = False
    ) -> None:
        super().__init__(text)
        self.retry_after = retry_after
        self.is_outcome_unknown = is_outcome_unknown


class ChannelRefuses(ConnectorError):
    """The channel does not take our credentials, or the address is none we may call."""


class BadSignature(ConnectorError):
    """A webhook without the signature that its body needs."""


class BadMessage(ConnectorError):
    """A webhook or an order that cannot be read."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """How a channel is reached; only the address is ever shown."""

    address: str
    key: str = field(repr=False)
    secret: str = field(repr=False)
    webhook_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Item:
    """One variant as it is to be in the shop; quantities are whole units.

    `ref` is ours and comes back in the results. `room` is how many units may still be owed, `None`
    for no limit. `mode` is "no" where backorders are not published as allowed. `remote_id` and
    `remote_parent_id` are the shop's, empty until it told us; `remote_sku` is how it wrote the SKU
    of what is there, when it was asked last.
    """

    ref: int
    sku: str
    product_ref: str
    product_title: str
    variant_title: str
    description: str
    price: Decimal
    currency: str
    is_only_variant: bool
    tracked: bool
    mode: BackorderMode
    available: int
    room: int | None
    remote_id: str = ""
    remote_parent_id: str = ""
    remote_sku: str = ""

    def is_that(self, sku: str) -> bool:
        """Return whether what has this SKU in the shop is this item, renamed meanwhile or not.

        An id says less: a shop that was rebuilt has given it to another product.
        """
        known = {self.sku.casefold(), self.remote_sku.casefold()} - {""}
        return sku.casefold() in known


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one item, read back from the shop.

    `error` is a sentence for the merchant, empty when the item is as it was wanted. `is_final` off:
    worth trying again, after `retry_after` seconds where the shop named them. `note` is a sentence
    where all is well and something is to be known. `remote_id` is where it is as far as we know,
    empty for what is gone; `remote_sku` the SKU that the shop says it has there. `quantity` is the
    shop's, `None` where it keeps none. `sent` and `answered` are short, for the channel's log, and
    hold no secret.
    """

    ref: int
    remote_id: str = ""
    remote_parent_id: str = ""
    remote_sku: str = ""
    quantity: int | None = None
    error: str = ""
    note: str = ""
    is_final: bool = True
    retry_after: int | None = None
    sent: dict[str, Any] = field(default_factory=dict)
    answered: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RemoteItem:
    """One item as the shop has it now; `None` for what it does not say. `exists` off: it is gone.

    `difference` says in a sentence how it is not as the item wants it, empty when it is;
    `differing` names what differs.

    `quantity` is the shop's own number: where it knows no limit of backorders, units that may be
    owed are part of it, as `Outcome.quantity` has it after a write.
    """

    ref: int
    sku: str
    remote_id: str
    remote_parent_id: str
    quantity: int | None
    mode: BackorderMode | None
    price: Decimal | None
    exists: bool
    difference: str = ""
    differing: frozenset[Differing] = frozenset()


@dataclass(frozen=True, slots=True)
class RemoteLine:
    """One line of an order of the shop; the SKU is empty where the shop has none."""

    sku: str
    title: str
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True, slots=True)
class RemoteOrder:
    """An order of the shop in our words; both times are aware.

    `raw` is what the shop said, for the record. `problem` is a sentence where the order cannot be
    read; the other fields then hold what could be read and are not to be booked. `total` is what
    the customer is charged, with tax and shipping; `shipping` is the part of it that is shipping.
    """

    external_id: str
    number: str
    status: OrderStatus
    customer_name: str
    customer_email: str
    currency: str
    placed_at: datetime
    changed_at: datetime
    lines: tuple[RemoteLine, ...]
    total: Decimal
    raw: dict[str, Any] = field(repr=False)
    problem: str = ""
    shipping: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Message:
    """A webhook whose signature is right. The delivery's ID is the shop's and may not be signed."""

    kind: MessageKind
    delivery_id: str = ""
    order: RemoteOrder | None = None


class Connector(Protocol):
    """One kind of shop. It keeps no state of its own, and every call ends in bounded time.

    All methods but `receive` raise `ChannelDown` and `ChannelRefuses`.
    """

    code: ClassVar[str]
    """What the database keeps; it never changes."""

    name: ClassVar[str]
    """What the setup page shows."""

    max_batch: ClassVar[int]
    """The most items that one call takes."""

    losses: ClassVar[tuple[str, ...]]
    """What cannot be said in this shop, a sentence each, for the setup page."""

    def __init__(self, credentials: Credentials) -> None: ...

    def test_connection(self) -> str:
        """Return a sentence that names the shop that answered; change nothing there."""
        ...

    def publish(self, items: Sequence[Item]) -> list[Outcome]:
        """Create or update each item, read it back, and return one outcome for each.

        Done twice, or after a call whose answer was lost, the shop has each item once. One bad item
        is an outcome, never an exception.
        """
        ...

    def withdraw(self, items: Sequence[Item]) -> list[Outcome]:
        """Take each item off sale, so that shoppers neither see nor buy it, and read it back.

        One that is not there (any more) is done. Its orders stay, and so may what the shop keeps of
        it, so that `publish` brings it back. Doing it twice is doing it once.
        """
        ...

    def push_quantities(self, items: Sequence[Item]) -> list[Outcome]:
        """Write quantities and backorders of items that the shop has; create none.

        :raises ChannelDown: nothing could be asked at all. What was asked in part is outcomes.
        """
        ...

    def read(self, items: Sequence[Item]) -> list[RemoteItem]:
        """Return each item as the shop has it, in order; change nothing there."""
        ...

    def fetch_orders(self, *, changed_since: datetime) -> Iterator[RemoteOrder]:
        """Yield the orders changed at or after an instant, the oldest change first.

        An order that cannot be read has its `problem` set and stops no other. One that changes
        meanwhile may come twice.
        """
        ...

    def receive(self, headers: Mapping[str, str], body: bytes) -> Message:
        """Return what a webhook says, once the signature of its raw body is found right.

        :raises BadSignature: it is missing or wrong, or no secret is set.
        :raises BadMessage: it is signed and cannot be read.
        """
        ...
