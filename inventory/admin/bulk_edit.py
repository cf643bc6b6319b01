"""Editing the chosen variants at once: what, whether all alike, and the values."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from inventory.admin.scoped import ScopedAdmin, refuse_get
from inventory.errors import InvalidChange, InventoryError
from inventory.forms.numbers import WholeNumberField
from inventory.models import StoreSettings, Variant
from inventory.services.bulk_edit import InventoryEdit, accepts, edit_inventory
from inventory.theme import SwitchInput, ThemedForm

MAX_CHOSEN = 200


class ChooseForm(ThemedForm):
    """Which part is edited, and whether every variant gets the same."""

    inventory = forms.BooleanField(label=gettext_lazy("Inventory"))
    same = forms.ChoiceField(
        label=gettext_lazy("Are all the values the same"),
        choices=(("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No"))),
    )


class ValuesForm(ThemedForm):
    """The two switches of one variant, or of all."""

    track_inventory = forms.BooleanField(
        label=gettext_lazy("Track the inventory"), required=False, widget=SwitchInput
    )
    allow_backorders = forms.BooleanField(
        label=gettext_lazy("Allow backorders"), required=False, widget=SwitchInput
    )


class VersionForm(forms.Form):
    """The version of one variant when its values were shown."""

    version = WholeNumberField(widget=forms.HiddenInput, min_value=0)


class BulkEdit(ScopedAdmin):
    """The three steps; each carries on what was chosen before."""

    def bulk_edit_view(self, request: HttpRequest) -> HttpResponse:
        """Lead through the steps, and save at the end: all chosen variants or none."""
        if refusal := refuse_get(request):
            return refusal
        self.demand(request, "inventory.change_variant")
        variants = self._chosen(request)
        if not variants:
            messages.error(request, _("Choose one or more variants first."))
            return HttpResponseRedirect(reverse("admin:inventory_variant_changelist"))
        step = request.POST.get("step")
        choice = ChooseForm(request.POST if step else None)
        if not step or not choice.is_valid():
            return self._step(request, "bulk_choose.html", variants, choice=choice)
        is_same = choice.cleaned_data["same"] == "yes"
        if step != "save":
            return self._values(request, variants, choice, _values_forms(variants, same=is_same))
        values = _values_forms(variants, same=is_same, data=request.POST)
        versions = [_version_form(variant, request.POST) for variant in variants]
        bad = [form for form in (*values, *versions) if not form.is_valid()]
        if bad:
            text = _("This form is incomplete. Choose the variants again.")
            return self._values(request, variants, choice, values, [text])
        return self._saved(request, variants, choice, (values, versions))

    def _chosen(self, request: HttpRequest) -> list[Variant]:
        keys = {
            key
            for key in request.POST.getlist("variant")
            if key.isascii() and key.isdigit() and len(key) < 19
        }
        rows = self.get_queryset(request).filter(pk__in=sorted(keys)[:MAX_CHOSEN])
        return list(rows.order_by("sku"))

    def _saved(
        self,
        request: HttpRequest,
        variants: Sequence[Variant],
        choice: ChooseForm,
        forms_: tuple[list[ValuesForm], list[VersionForm]],
    ) -> HttpResponse:
        values, versions = forms_
        spread = values if len(values) == len(variants) else values * len(variants)
        edits = [
            InventoryEdit(variant=variant, **value.cleaned_data, **version.cleaned_data)
            for variant, value, version in zip(variants, spread, versions, strict=True)
        ]
        try:
            change_set = edit_inventory(edits=edits, user_id=request.user.pk)
        except InventoryError as error:
            texts = error.errors.values() if isinstance(error, InvalidChange) else [str(error)]
            return self._values(request, variants, choice, values, list(texts))
        number = change_set.rows.count()
        words = ngettext("%(n)d variant was changed.", "%(n)d variants were changed.", number)
        messages.success(request, words % {"n": number})
        return HttpResponseRedirect(reverse("admin:inventory_variant_changelist"))

    def _values(
        self,
        request: HttpRequest,
        variants: Sequence[Variant],
        choice: ChooseForm,
        values: Sequence[ValuesForm],
        errors: Sequence[str] = (),
    ) -> HttpResponse:
        is_same = choice.cleaned_data["same"] == "yes"
        sent = request.POST if request.POST.get("step") == "save" else None
        return self._step(
            request,
            "bulk_values.html",
            variants,
            same=choice.cleaned_data["same"],
            values=values[0] if is_same else None,
            rows=[] if is_same else list(zip(variants, values, strict=True)),
            versions=[_version_form(variant, sent) for variant in variants],
            errors=errors,
        )

    def _step(
        self, request: HttpRequest, template: str, variants: Sequence[Variant], **context: Any
    ) -> HttpResponse:
        return self.page(
            request,
            template,
            title=_("Edit variants"),
            trail=[(reverse("admin:inventory_variant_changelist"), _("Inventory"))],
            variants=variants,
            **context,
        )


def _values_forms(variants: Sequence[Variant], *, same: bool, data: Any = None) -> list[ValuesForm]:
    settings = StoreSettings.load()
    chosen = variants[:1] if same else variants
    return [
        ValuesForm(
            data,
            prefix="all" if same else f"variant-{variant.pk}",
            initial={
                "track_inventory": variant.track_inventory,
                "allow_backorders": accepts(variant, settings),
            },
        )
        for variant in chosen
    ]


def _version_form(variant: Variant, data: Any) -> VersionForm:
    return VersionForm(data, prefix=f"of-{variant.pk}", initial={"version": variant.version})
