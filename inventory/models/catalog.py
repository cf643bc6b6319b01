"""What we sell: products, variants, bundles, and whose they are."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _

from inventory.models.columns import (
    LineField,
    PolicyColumns,
    plain_text,
    policy_constraints,
    updated_at,
    within,
)
from inventory.skus import ALIKE, MAX_KEY, matched, sku_key

MAX_PRICE = Decimal("9999999999.99")


class Seller(models.Model):
    """A marketplace vendor that owns products."""

    code = models.SlugField(_("code"), unique=True)
    name = LineField(_("name"), max_length=200)
    is_active = models.BooleanField(_("active"), default=True)
    users = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="sellers",
        verbose_name=_("users"),
        help_text=_("These users see and change this seller's products alone."),
    )
    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    updated_at = updated_at()

    class Meta:
        verbose_name = _("seller")
        verbose_name_plural = _("sellers")

    def __str__(self) -> str:
        return str(self.name)


class DeliveryTimeframe(models.Model):
    """How long delivery takes, in words, by whether the units are there."""

    name = LineField(_("name"), max_length=80, unique=True)
    in_stock_text = LineField(
        _("in stock"), max_length=80, blank=True, help_text=_("For example “1–2 days”.")
    )
    out_of_stock_text = LineField(
        _("out of stock"),
        max_length=80,
        blank=True,
        help_text=_("For example “2–3 weeks”."),
    )

    class Meta:
        verbose_name = _("delivery timeframe")
        verbose_name_plural = _("delivery timeframes")

    def __str__(self) -> str:
        return str(self.name)


SELLER_ROLE = "seller"
"""The group of those who work for a seller."""


def own_sellers(user: AbstractBaseUser | AnonymousUser) -> list[int] | None:
    """Return the keys of the active sellers that a user is kept to; `None`: the user sees all.

    The store's own staff see all: they have no seller. Somebody with the role of a seller who has
    none, or none that is active, sees nothing; neither do strangers and deactivated users.
    """
    if hasattr(user, "known_sellers"):
        known: list[int] | None = user.known_sellers
        return known
    if not user.is_active:
        return []
    if getattr(user, "is_superuser", False):
        return None
    sellers = Seller.objects.filter(users=user.pk).values_list("pk", "is_active")
    roles = Group.objects.filter(name=SELLER_ROLE, user=user.pk)
    found = list(sellers.union(roles.values_list(Value(0), Value(value=False))))
    return [pk for pk, is_active in found if is_active] if found else None


def remember_sellers(user: AbstractBaseUser | AnonymousUser) -> None:
    """Ask once for the sellers of the user of a request, of which a page asks many times."""
    user.known_sellers = own_sellers(user)  # type: ignore[union-attr]


def seller_scope(user: AbstractBaseUser | AnonymousUser, path: str) -> Q:
    """Return the filter that keeps to the user the rows that are theirs; see `own_sellers`.

    `path` leads from the filtered model to the seller, for example ``"product__seller"``.
    """
    sellers = own_sellers(user)
    return Q() if sellers is None else Q(**{f"{path}__in": sellers})


class ProductQuerySet(models.QuerySet["Product"]):
    """Reads of products."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return the products that a user of the back office may see."""
        return self.filter(seller_scope(user, "seller"))


class Product(PolicyColumns):
    """What a shopper recognizes as one thing, in one or more variants."""

    internal_id = LineField(
        _("internal ID"),
        max_length=64,
        null=True,
        blank=True,
        unique=True,
        help_text=_("The ID from the shop it came from; kept when imported."),
    )
    title = LineField(_("title"), max_length=255)
    slug = models.SlugField(_("address"), max_length=280, unique=True, allow_unicode=True)
    brand = LineField(_("brand"), max_length=120, blank=True)
    description = models.TextField(_("description"), blank=True, validators=[plain_text])
    seller = models.ForeignKey(
        Seller,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="products",
        verbose_name=_("seller"),
        help_text=_("Empty: it belongs to the store itself."),
    )
    image = models.FileField(_("picture"), upload_to="products/", blank=True)
    is_visible = models.BooleanField(_("visible in the storefront"), default=True)
    delivery_timeframe = models.ForeignKey(
        DeliveryTimeframe,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("delivery timeframe"),
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = (
            *policy_constraints("product"),
            models.CheckConstraint(condition=~Q(title=""), name="product_has_title"),
        )
        indexes = (
            models.Index(fields=["title", "id"], name="product_by_title"),
            models.Index(fields=["updated_at"], name="product_by_update"),
        )

    def __str__(self) -> str:
        return str(self.title)


class SkuKeyField(models.CharField):  # type: ignore[type-arg]
    """The normal form of the row's SKU; it follows the SKU however the row is saved."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str | None:  # noqa: ARG002, FBT001
        """Return the normal form, which one that was alike before this column keeps apart."""
        kept: str | None = getattr(model_instance, self.attname)
        sku: str = model_instance.sku  # type: ignore[attr-defined]
        key = sku_key(sku)
        if kept is None or kept.partition(ALIKE)[0] != key:
            setattr(model_instance, self.attname, key)
            return key
        return kept


def sku_in(skus: Iterable[str], *, path: str = "") -> Q:
    """Return the filter for variants that these SKUs name: exactly, or in their normal form.

    `path` leads from the filtered model to the variant, for example ``"variant__"``. Which SKU
    names which of the rows says `inventory.skus.matched`.
    """
    skus = list(dict.fromkeys(skus))
    keys = list(dict.fromkeys(map(sku_key, skus)))
    return Q(**{f"{path}sku__in": skus}) | Q(**{f"{path}sku_key__in": keys})


def sku_begins(text: str, *, path: str = "") -> Q:
    """Return the filter for variants whose SKU begins so, as it is written or in normal form.

    `path` leads from the filtered model to the variant.
    """
    found = Q(**{f"{path}sku__istartswith": text})
    key = sku_key(text)
    return found | Q(**{f"{path}sku_key__startswith": key}) if key else found


class VariantQuerySet(models.QuerySet["Variant"]):
    """Reads of variants."""

    def by_sku(self, skus: Iterable[str]) -> "dict[str, Variant]":
        """Return the variants that these SKUs name, each by the SKU as it was asked for."""
        skus = list(skus)
        rows = self.filter(sku_in(skus)).order_by("pk")
        return matched(skus, ((row.sku, row) for row in rows))

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return the variants that a user of the back office may see."""
        return self.filter(seller_scope(user, "product__seller"))

    def for_policy(self) -> Self:
        """Return variants with what the policy reads of their product, in the same query."""
        return self.select_related("product")


class Variant(PolicyColumns):
    """What is sold and counted: one SKU."""

    product = models.ForeignKey(
        Product,
        on_delete=models.PROTECT,
        related_name="variants",
        verbose_name=_("product"),
    )
    internal_id = LineField(
        _("internal variant ID"),
        max_length=64,
        null=True,
        blank=True,
        unique=True,
        help_text=_("The ID from the shop it came from; kept when imported."),
    )
    sku = LineField(_("SKU"), max_length=64, unique=True)
    sku_key = SkuKeyField(
        max_length=MAX_KEY + 20,
        null=True,
        unique=True,
        editable=False,
        help_text=_("The SKU in its normal form, in which no two are alike."),
    )
    title = LineField(
        _("variant"),
        max_length=255,
        blank=True,
        help_text=_("For example “Colour: White”."),
    )
    position = models.PositiveIntegerField(_("position"), default=0)
    price = models.DecimalField(
        _("price"),
        max_digits=12,
        decimal_places=2,
        default=Decimal("0.00"),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(MAX_PRICE)],
    )
    ean = LineField(
        _("EAN"),
        max_length=14,
        blank=True,
        validators=[RegexValidator(r"^[0-9]*\Z", _("Digits only."))],
    )
    image = models.FileField(
        _("picture"),
        upload_to="products/",
        blank=True,
        help_text=_("Empty: the product's."),
    )
    track_inventory = models.BooleanField(
        _("track the inventory"),
        default=True,
        help_text=_("Off: always salable, nothing is counted. For services and downloads."),
    )
    release_date = models.DateField(
        _("release date"),
        null=True,
        blank=True,
        help_text=_("Nothing ships before this day."),
    )
    allow_preorders = models.BooleanField(
        _("allow pre-orders"),
        default=False,
        help_text=_("Until the release date it may be bought as if backorders were allowed."),
    )
    delivery_timeframe = models.ForeignKey(
        DeliveryTimeframe,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("delivery timeframe"),
        help_text=_("Empty: the product's, else the store's."),
    )
    low_stock_since = models.DateTimeField(null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = VariantQuerySet.as_manager()

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("inventory")
        constraints = (
            *policy_constraints("variant"),
            models.CheckConstraint(condition=~Q(sku=""), name="variant_has_sku"),
            models.CheckConstraint(
                condition=Q(price__gte=0, price__lte=MAX_PRICE),
                name="variant_price_is_money",
            ),
        )
        indexes = (
            models.Index(fields=["ean"], name="variant_by_ean", condition=~Q(ean="")),
            models.Index(
                fields=["release_date"],
                name="variant_by_release_date",
                condition=~Q(release_date=None),
            ),
            models.Index(fields=["product", "position", "id"], name="variant_by_position"),
            models.Index(fields=["updated_at"], name="variant_by_update"),
            models.Index(
                fields=["low_stock_since"],
                name="variant_low",
                condition=~Q(low_stock_since=None),
            ),
        )

    def __str__(self) -> str:
        return str(self.sku)

    @property
    def full_title(self) -> str:
        """Return product and variant as a shopper reads them; needs the product loaded."""
        return f"{self.product.title} – {self.title}" if self.title else self.product.title


class BundleComponent(models.Model):
    """So many units of one variant in each bundle."""

    bundle = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="components")
    component = models.ForeignKey(
        Variant,
        on_delete=models.PROTECT,
        related_name="bundled_in",
        verbose_name=_("component"),
    )
    quantity = models.PositiveIntegerField(_("quantity"), default=1)

    class Meta:
        verbose_name = _("bundle component")
        verbose_name_plural = _("bundle components")
        constraints = (
            models.UniqueConstraint("bundle", "component", name="bundlecomponent_once"),
            within("bundlecomponent_quantity_in_range", "quantity", low=1, high=1_000_000),
            models.CheckConstraint(
                condition=~Q(bundle=models.F("component")),
                name="bundlecomponent_not_itself",
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity} × {self.component}"
