"""The staff forms of products and variants."""

from typing import Any

from django import forms
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inventory.errors import InvalidChange
from inventory.forms.numbers import MoneyField, WholeNumberField
from inventory.forms.wider import LABELS, NUMBER_FIELDS, NUMBERS, WiderForm
from inventory.models import Product, Seller, Variant
from inventory.models.catalog import seller_scope
from inventory.models.columns import Backorders, InheritableBackorders
from inventory.pictures import clean_picture
from inventory.policy import BackorderMode, backorder_setting_error
from inventory.theme import NativeDateInput, SwitchInput


class PictureForm(WiderForm):
    """A form with one picture."""

    image = forms.FileField(
        label=_("Picture"),
        required=False,
        help_text=_("PNG, JPEG or WebP, at most 8 MB."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )
    remove_image = forms.BooleanField(label=_("Remove the picture"), required=False)

    def clean_image(self) -> Any:
        """Return the picture made harmless, or the one there is."""
        upload = self.files.get(self.add_prefix("image"))
        if upload is None:
            return self.instance.image
        try:
            return clean_picture(upload, size=upload.size or 0)
        except InvalidChange as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        """Drop the picture when that is wished."""
        data = super().clean()
        if data.get("remove_image") and not self.files.get(self.add_prefix("image")):
            data["image"] = ""
        return data


class ProductForm(PictureForm):
    """A product and its settings."""

    box_label = _("Use store setting")
    wider_fields = ("backorders", *NUMBERS)
    question: Any = None
    """What the page asks before it saves, if it does."""

    class Meta:
        model = Product
        fields = (
            "title",
            "brand",
            "description",
            "seller",
            "is_visible",
            "image",
            "slug",
            "internal_id",
            "delivery_timeframe",
            "backorders",
            *NUMBERS,
        )
        field_classes = NUMBER_FIELDS
        widgets = {
            "is_visible": SwitchInput,
            "description": forms.Textarea(attrs={"rows": 4}),
        }
        help_texts = {
            "is_visible": _("Off: shoppers do not find it; orders it is in go on."),
            "delivery_timeframe": _("What shoppers read about days, when no delivery says more."),
            "backorders": _("Whether its variants may be bought when nothing is available."),
        }

    def __init__(self, *args: Any, user: AbstractBaseUser | AnonymousUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = self.fields["backorders"]
        own.choices = Backorders.choices  # type: ignore[attr-defined]
        own.widget.choices = Backorders.choices
        if self["backorders"].initial == "inherit":
            self.initial["backorders"] = self.wider["backorders"].value
        self.fields["delivery_timeframe"].empty_label = _("The store's")  # type: ignore[attr-defined]
        self.fields["slug"].required = False
        self.fields["slug"].help_text = _("Empty: made from the title.")
        self._limit_sellers(user)

    def _limit_sellers(self, user: AbstractBaseUser | AnonymousUser) -> None:
        scope = seller_scope(user, "pk")
        field = self.fields["seller"]
        field.queryset = Seller.objects.filter(scope).order_by("name")  # type: ignore[attr-defined]
        field.required = scope != Q()
        field.empty_label = _("The store itself")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Keep the address there is when the field is emptied."""
        data = super().clean()
        if not data.get("slug") and "slug" not in self.errors:
            data["slug"] = self.instance.slug
        return data

    def changes(self) -> dict[str, Any]:
        """Return the fields as the use case takes them."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class VariantForm(PictureForm):
    """A variant and its settings. The switch and the select say the same thing in two ways."""

    box_label = _("Use product setting")
    allow_backorders = forms.BooleanField(
        label=_("Allow backorders"),
        required=False,
        widget=SwitchInput,
        help_text=_("It may be bought when nothing is available."),
    )

    class Meta:
        model = Variant
        fields = (
            "sku",
            "title",
            "price",
            "ean",
            "internal_id",
            "position",
            "image",
            "delivery_timeframe",
            "release_date",
            "allow_preorders",
            "track_inventory",
            "backorders",
            *NUMBERS,
        )
        field_classes = {
            **NUMBER_FIELDS,
            "position": WholeNumberField,
            "price": MoneyField,
        }
        help_texts = {
            "sku": _("What you, your shelves and your files call it. No two are alike."),
            "price": _("What a shopper pays for one."),
            "ean": _("The digits of the barcode; scanners find it by them."),
            "position": _("Where it stands among its product's variants: 0 is first."),
            "backorders": _("“And notify customer” says so at checkout and by mail too."),
        }
        widgets = {
            "track_inventory": SwitchInput,
            "allow_preorders": SwitchInput,
            "release_date": NativeDateInput,
        }

    def __init__(self, *args: Any, wider_mode: BackorderMode, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wider_mode = wider_mode
        is_bundle = bool(self.instance.pk) and self.instance.components.exists()
        self.fields["sku"].label = _("SKU")
        self.fields["delivery_timeframe"].empty_label = _("The product's")  # type: ignore[attr-defined]
        self.fields["position"].required = False
        own = self.fields["backorders"]
        own.label = LABELS["backorders"]
        own.choices = [  # type: ignore[attr-defined]
            ("inherit", _("Use product setting")),
            *InheritableBackorders.choices[1:],
        ]
        self.fields["allow_backorders"].initial = self._accepts(
            self.initial.get("backorders", self.instance.backorders)
        )
        if is_bundle:
            self._leave_to_components()

    def _leave_to_components(self) -> None:
        """Offer of a bundle what has an effect: its components decide, only "no" is its own."""
        del self.fields["allow_preorders"], self.fields["allow_backorders"]
        own = self.fields["backorders"]
        shown = {"no", self.instance.backorders}
        own.choices = [  # type: ignore[attr-defined]
            ("inherit", _("As its components")),
            *(pair for pair in InheritableBackorders.choices[1:] if pair[0] in shown),
        ]
        own.help_text = _(
            "A bundle can be backordered when its components can; “No backorders” stops that."
        )

    def _accepts(self, word: str) -> bool:
        mode = self.wider_mode.value if word == "inherit" else word
        return mode != BackorderMode.NO

    def clean_position(self) -> int:
        """Read an empty position as the first."""
        return self.cleaned_data["position"] or 0

    def clean(self) -> dict[str, Any]:
        """Make the switch and the select agree, and refuse fields that contradict."""
        data = super().clean()
        if "backorders" in data:
            data["backorders"] = self._agreed(data)
            self._refuse_untracked(data)
        return data

    def _agreed(self, data: dict[str, Any]) -> str:
        """Return what the two say together; the one that was touched wins."""
        word: str = data["backorders"]
        switch: bool = data.get("allow_backorders", False)
        if "allow_backorders" not in self.changed_data or switch == self._accepts(word):
            return word
        if "backorders" in self.changed_data:
            text = _(
                "The switch “Allow backorders” and the list “Backorders” contradict: "
                "make them say the same."
            )
            self.add_error("allow_backorders", text)
            self.errors["backorders"] = self.error_class([str(text)])
            return word
        return "allow" if switch else "no"

    def _refuse_untracked(self, data: dict[str, Any]) -> None:
        """Refuse backorders that somebody asks for; what is not touched waits for the tracking."""
        own = self.initial.get("backorders", self.instance.backorders)
        tracked = data.get("track_inventory", False)
        if data["backorders"] == own and not tracked:
            if self.instance.pk is None:
                data["backorders"] = "inherit"
            return
        error = backorder_setting_error(data["backorders"], track_inventory=tracked)
        if error:
            self.add_error("track_inventory", error)
            switch = "allow_backorders"
            self.add_error(switch if switch in self.fields else "backorders", error)

    def changes(self) -> dict[str, Any]:
        """Return the fields as the use case takes them."""
        names = (name for name in self.Meta.fields if name in self.fields)
        return {name: self.cleaned_data[name] for name in names}
