"""What the shop window shows, read in a constant number of queries and put into words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import groupby
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet, Window
from django.db.models.fields.files import FieldFile
from django.db.models.functions import FirstValue
from django.templatetags.static import static
from django.urls import reverse

from channels.availability import availability_in
from channels.models import STOREFRONT, Channel, Listing
from inventory.models import BundleComponent, Product, StockLevel, StoreSettings, Variant
from inventory.offers import Availability
from inventory.policy import State
from inventory.search import few_products, products_come_by
from inventory.skus import matched
from inventory.sql import exists_for_each
from inventory.stock_queries import COUNTS
from orders.amounts import money, units
from orders.storefront import words
from orders.storefront.asked import Asked, Place
from orders.storefront.chosen import Chosen

PAGE_SIZE = 48
"""Products on one page of the list."""


@dataclass(frozen=True, slots=True)
class Shop:
    """Whose window it is, as every page needs it."""

    settings: StoreSettings
    channel: Channel

    @classmethod
    def load(cls) -> Self:
        """Read the settings and the channel: two queries."""
        channel = Channel.objects.get(slug=STOREFRONT)
        settings = StoreSettings.objects.select_related("delivery_timeframe").filter(pk=1).first()
        return cls(settings or StoreSettings.load(), channel)

    @property
    def name(self) -> str:
        """Return the name over the door."""
        return str(self.settings.store_name)

    def label_of(self, state: State) -> words.Label | None:
        """Return the label of a state as this channel shows it."""
        return words.label_of(state, show_backorder_label=self.channel.show_backorder_label)


@dataclass(frozen=True, slots=True)
class Card:
    """A product in the list."""

    url: str
    title: str
    brand: str
    picture: str
    price: str
    label: words.Label | None
    left: str


@dataclass(frozen=True, slots=True)
class Cards:
    """One page of the list; `candidates` counts the products read, those left out included."""

    cards: Sequence[Card]
    candidates: int
    before: Place | None
    """Where the page before it ends; `None`: it is the first."""
    after: Place | None
    """Where the next page begins; `None`: it is the last."""


@dataclass(frozen=True, slots=True)
class Option:
    """A variant to choose."""

    title: str
    url: str
    is_chosen: bool
    is_out_of_stock: bool


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a bundle; `url` is empty when it is not sold on a page of its own."""

    quantity: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Offer:
    """The chosen variant of a product, as a shopper sees it."""

    sku: str
    ean: str
    title: str
    variant_title: str
    picture: str
    price: str
    label: words.Label | None
    left: str
    delivery: str
    notice: str
    is_salable: bool
    at_most: int
    options: Sequence[Option]
    components: Sequence[Component]


# --- the list ---------------------------------------------------------------------------------


def visible_products() -> QuerySet[Product]:
    """Return what the shop shows: visible, and with something that is listed."""
    listed = listed_variants().filter(product=OuterRef("pk"))
    return Product.objects.filter(Exists(listed), is_visible=True)


def listed_variants() -> QuerySet[Variant]:
    """Return the variants that are listed in the storefront."""
    return Variant.objects.filter(Exists(listings().filter(variant=OuterRef("pk"))))


def listings() -> QuerySet[Listing]:
    """Return what the storefront shows."""
    return Listing.objects.published().filter(channel__slug=STOREFRONT)


def cards_of(asked: Asked, shop: Shop, *, today: date) -> Cards:
    """Return one page of the list, by the titles that were published.

    A page is read from the place where the one before it ended, however far on that is.
    Of more than 5,000 products that a search finds the newest come first: nobody reads so many,
    and the titles of all of them need not be sorted. When only what is available is asked for,
    what the policy says is not is left out of the page.
    """
    text = " ".join(asked.words)
    if (few := few_products(text, "product")) is None:
        products, columns = partial(_newest, shop=shop, text=text), ("pk", "title")
        order = ["-variant__product_id"]
    else:
        products, columns = partial(_faces, shop=shop, found=few), _OF_FACE
        order = ["card_title", "variant__product_id"]
    reached = _reached(asked, products, columns)
    if reached is None:
        return Cards(cards=[], candidates=0, before=None, after=None)
    chosen = products(reached)[: PAGE_SIZE + 1].values(columns[0])
    keys = Variant.objects.filter(product__in=chosen).order_by().values("pk")
    rows = _published(shop).filter(variant__in=keys).annotate(card_title=_CARD_TITLE)
    ordered = rows.order_by(*order, *_IN_PRODUCT)
    shown = {row.variant_id: row for row in ordered.select_related("variant__product")}
    variants = [row.variant for row in shown.values()]
    offers = availability_in(
        shop.channel,
        variants,
        today=today,
        settings=shop.settings,
        with_dates=False,
        published=shown,
    )
    found = [list(group) for _pk, group in groupby(variants, lambda row: row.product_id)]
    of_page = found[-PAGE_SIZE:] if asked.before else found[:PAGE_SIZE]
    cards = [_card(group, offers, shown, shop) for group in of_page]
    places = [Place(rows[0].product_id, shown[rows[0].pk].published_title) for rows in of_page]
    goes_on = len(found) > PAGE_SIZE
    return Cards(
        cards=[card for card, state in cards if _fits(state, asked)],
        before=places[0] if places and (goes_on if asked.before else asked.is_behind) else None,
        after=places[-1] if places and (goes_on or asked.before) else None,
        candidates=len(cards),
    )


def _reached(
    asked: Asked, products: Callable[[Asked], QuerySet[Any]], columns: tuple[str, str]
) -> Asked | None:
    """Return a page by the place where it begins, when its number is all that is known of it.

    The pages before it are walked, each by an index: counted off at one stroke, the database sorts
    all products instead. `None`: they end before.
    """
    for _page in range(asked.pages_to_walk):
        ends = products(asked).values_list(*columns)[PAGE_SIZE - 1 : PAGE_SIZE]
        if not (last := next(iter(ends), None)):
            return None
        asked = replace(asked, after=Place(*last))
    return asked


_OF_FACE = ("variant__product_id", "published_title")
_IN_PRODUCT = ("variant__position", "variant_id")
_CARD_TITLE = Window(
    FirstValue("published_title"), partition_by="variant__product_id", order_by=_IN_PRODUCT
)


def _published(shop: Shop) -> QuerySet[Listing]:
    """Return what the channel shows; an index has its titles in their order."""
    return Listing.objects.filter(channel=shop.channel, published_at__isnull=False)


def _shown_variants(shop: Shop, path: str) -> QuerySet[Variant]:
    """Return the variants of a product that are listed; `path` leads to the product's key."""
    listed = Exists(_published(shop).filter(variant=OuterRef("pk")))
    return Variant.objects.filter(listed, product=OuterRef(path))


def _faces(asked: Asked, *, shop: Shop, found: Q) -> QuerySet[Any]:
    """Return the products asked for, by the title of the first variant of each: its card's.

    What is not listed costs nothing then, however much of it there is.
    """
    earlier = _shown_variants(shop, "variant__product").filter(
        Q(position__lt=OuterRef("variant__position"))
        | Q(position=OuterRef("variant__position"), pk__lt=OuterRef("variant"))
    )
    faces = _published(shop).filter(~Q(exists_for_each(earlier)), variant__product__is_visible=True)
    if asked.words:
        faces = faces.filter(variant__in=Variant.objects.filter(found).order_by().values("pk"))
    if asked.is_available_only:
        faces = faces.filter(exists_for_each(_may_be_available("variant__product")))
    order = ["published_title", "variant__product_id"]
    if place := asked.after:
        beyond = Q(published_title__gt=place.title) | Q(variant__product__gt=place.product)
        faces = faces.filter(beyond, published_title__gte=place.title)
    elif place := asked.before:
        beyond = Q(published_title__lt=place.title) | Q(variant__product__lt=place.product)
        faces = faces.filter(beyond, published_title__lte=place.title)
        order = [f"-{name}" for name in order]
    return faces.order_by(*order)


def _newest(asked: Asked, *, shop: Shop, text: str) -> QuerySet[Any]:
    """Return the products asked for, the newest first; each is looked at as the list comes by."""
    shown = _shown_variants(shop, "pk")
    rows = Product.objects.filter(exists_for_each(shown), products_come_by(text), is_visible=True)
    if asked.is_available_only:
        rows = rows.filter(exists_for_each(_may_be_available("pk")))
    if place := asked.after:
        rows = rows.filter(pk__lt=place.product)
    elif place := asked.before:
        return rows.filter(pk__gt=place.product).order_by("pk")
    return rows.order_by("-pk")


def _fits(state: State, asked: Asked) -> bool:
    return state is State.IN_STOCK or not asked.is_available_only


def _may_be_available(path: str) -> QuerySet[Variant]:
    """Return the variants of a product that a shelf speaks for; the policy has the last word.

    `path` leads to the product's key.
    """
    shelves = StockLevel.objects.filter(COUNTS, variant=OuterRef("pk"), available__gt=0)
    bundles = BundleComponent.objects.filter(bundle=OuterRef("pk"))
    return Variant.objects.filter(
        Q(track_inventory=False) | Q(Exists(shelves)) | Q(Exists(bundles)),
        product=OuterRef(path),
    )


def _card(
    variants: Sequence[Variant],
    offers: Mapping[int, Availability],
    shown: Mapping[int, Listing],
    shop: Shop,
) -> tuple[Card, State]:
    product = variants[0].product
    state = words.best([offers[variant.pk].state for variant in variants])
    left = offers[variants[0].pk].only_x_left if len(variants) == 1 else None
    card = Card(
        url=reverse("storefront:product", args=[product.slug]),
        title=shown[variants[0].pk].published_title,
        brand=product.brand,
        picture=picture_url(product.image, *(variant.image for variant in variants)),
        price=words.price_words(
            [shown[variant.pk].shown_price for variant in variants], shop.settings.currency
        ),
        label=shop.label_of(state),
        left=words.left_words(left),
    )
    return card, state


def picture_url(*pictures: FieldFile) -> str:
    """Return the address of the first picture that there is, else of the placeholder."""
    chosen = next((picture for picture in pictures if picture), None)
    return chosen.url if chosen else static("storefront/placeholder.svg")


# --- the product page -------------------------------------------------------------------------


class ProductPage:
    """A product with its variants, and the one that is chosen."""

    def __init__(self, product: Product, shop: Shop, *, sku: str, today: date) -> None:
        self.product = product
        self.shop = shop
        self.today = today
        rows = listings().filter(variant__product=product)
        rows = rows.select_related("variant__delivery_timeframe")
        self.shown = {
            row.variant_id: row for row in rows.order_by("variant__position", "variant_id")
        }
        self.variants = [row.variant for row in self.shown.values()]
        for variant in self.variants:
            variant.product = product
        self.offers = availability_in(
            shop.channel,
            self.variants,
            today=today,
            settings=shop.settings,
            published=self.shown,
        )
        self.named = matched([sku], ((variant.sku, variant) for variant in self.variants))
        self.is_unknown_sku = bool(sku) and not self.named
        self.chosen = self._choose(sku)
        self.availability = self.offers[self.chosen.pk]
        self.components = list(self._load_components())
        self._ahead = self._released_on()

    def _choose(self, sku: str) -> Variant:
        """Return the variant asked for, else the one that is soonest there."""
        return self.named.get(sku) or min(self.variants, key=self._rank)

    def _rank(self, variant: Variant) -> int:
        return words.ORDER_OF_STATES.index(self.offers[variant.pk].state)

    def _load_components(self) -> Iterator[BundleComponent]:
        rows = BundleComponent.objects.filter(bundle=self.chosen)
        yield from rows.select_related("component__product").order_by("pk")

    @property
    def offer(self) -> Offer:
        """Return what the page shows of the chosen variant."""
        variant, availability = self.chosen, self.availability
        listing = self.shown[variant.pk]
        return Offer(
            sku=variant.sku,
            ean=variant.ean,
            title=listing.published_title,
            variant_title=listing.published_variant_title,
            picture=picture_url(variant.image, self.product.image),
            price=money(listing.shown_price, self.shop.settings.currency),
            label=self.shop.label_of(availability.state),
            left=words.left_words(availability.only_x_left),
            delivery=words.delivery_words(availability.state, self.delivery, today=self.today),
            notice=words.backorder_notice(availability),
            is_salable=availability.salable != 0,
            at_most=self.at_most,
            options=[self._option(row) for row in self.variants] if len(self.variants) > 1 else [],
            components=[_component(row) for row in self.components],
        )

    @property
    def one(self) -> Chosen:
        """Return the chosen variant as it answers for itself."""
        return Chosen(
            variant=self.chosen,
            channel=self.shop.channel,
            availability=self.availability,
            price=self.shown[self.chosen.pk].shown_price,
            settings=self.shop.settings,
            today=self.today,
            ahead=self._ahead,
        )

    @property
    def delivery(self) -> words.Delivery:
        """Return what is promised about one unit of the chosen variant."""
        return self.one.delivery

    @property
    def at_most(self) -> int:
        """Return how many units of the chosen variant one order may have."""
        return self.one.at_most

    def answer_to(self, wanted: int) -> words.Answer:
        """Return what a shopper is told who wants so many units."""
        return self.one.answer_to(wanted)

    def day_of(self, units: int) -> date | None:
        """Return when so many units ship that are bought alone; `None`: at once, or unknown."""
        return self.one.day_of(units)

    def _released_on(self) -> date | None:
        """Return the last release date ahead, the components' included."""
        days = [self.chosen.release_date, *(row.component.release_date for row in self.components)]
        return max((day for day in days if day is not None and day > self.today), default=None)

    def _option(self, variant: Variant) -> Option:
        return Option(
            title=self.shown[variant.pk].published_variant_title or variant.sku,
            url="?" + urlencode({"variant": variant.sku}),
            is_chosen=variant.pk == self.chosen.pk,
            is_out_of_stock=self.offers[variant.pk].state is State.OUT_OF_STOCK,
        )


def _component(row: BundleComponent) -> Component:
    variant = row.component
    url = reverse("storefront:product", args=[variant.product.slug])
    url += "?" + urlencode({"variant": variant.sku})
    return Component(
        quantity=units(row.quantity),
        title=variant.full_title,
        url=url if variant.product.is_visible else "",
    )
