"""The staff forms of imports and exports."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from inventory.models.spreadsheets import ImportKind, ImportMode
from inventory.spreadsheets.columns import Column
from inventory.theme import ThemedForm, dress

MAPPABLE = (
    *(Column.PRODUCT_ID, Column.VARIANT_ID, Column.SKU, Column.TITLE, Column.TRACK),
    *(Column.DISABLE_SOLD_OUT, Column.ALLOW_BACKORDERS, Column.THRESHOLD, Column.NOTIFY_BELOW),
)
MEANINGS = {
    Column.TITLE: _("Title"),
    Column.TRACK: _("Track the inventory (Y / N)"),
    Column.DISABLE_SOLD_OUT: _("Stop selling when sold out (N allows backorders)"),
    Column.ALLOW_BACKORDERS: _("Allow backorders (Y allows them)"),
    Column.THRESHOLD: _("Out-of-stock threshold"),
    Column.NOTIFY_BELOW: _("Notify for quantity below"),
}
MAX_MAPPED = 60


class UploadForm(ThemedForm):
    """A file, and what it may do."""

    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        help_text=_(
            "CSV or XLSX: our own export, or product files of Lightspeed, Shopify, WooCommerce and "
            "Adobe Commerce. Nothing is changed before you have seen what would change."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
    )
    kind = forms.ChoiceField(label=_("What it is"), choices=ImportKind)
    mode = forms.ChoiceField(
        label=_("What it may do"),
        choices=ImportMode,
        required=False,
        help_text=_("A stock count only ever sets on hand."),
    )
    all_or_nothing = forms.BooleanField(
        label=_("All or nothing"),
        required=False,
        help_text=_("One bad row refuses the whole file. Otherwise the good rows go through."),
    )

    def clean_file(self) -> Any:
        """Refuse a file that is larger than any table needs to be."""
        file = self.cleaned_data["file"]
        if file.size > settings.UPLOAD_MAX_BYTES:
            limit = settings.UPLOAD_MAX_BYTES // 1_000_000
            raise forms.ValidationError(
                _("The file is larger than %(limit)d MB.") % {"limit": limit}
            )
        return file

    def clean_mode(self) -> str:
        """Take the default when nothing is chosen."""
        return self.cleaned_data["mode"] or ImportMode.UPDATE


class MappingForm(ThemedForm):
    """What each column that was not recognized means."""

    def __init__(self, *args: Any, headers: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.headers = headers[:MAX_MAPPED]
        choices = [("", _("Ignore it")), *((c.value, MEANINGS.get(c, c.value)) for c in MAPPABLE)]
        for position, header in enumerate(self.headers):
            field = forms.ChoiceField(label=header, choices=choices, required=False)
            dress(field)
            self.fields[f"column_{position}"] = field

    def mapping(self) -> dict[str, str]:
        """Return the chosen columns by header."""
        return {
            header: chosen
            for position, header in enumerate(self.headers)
            if (chosen := self.cleaned_data[f"column_{position}"])
        }


class ExportForm(ThemedForm):
    """Which columns, in which format."""

    columns = forms.ChoiceField(
        label=_("Columns"),
        choices=(
            ("edit", _("The five to edit who may be backordered")),
            ("full", _("All columns")),
        ),
        widget=forms.Select,
    )
    format = forms.ChoiceField(
        label=_("Format"), choices=(("csv", "CSV"), ("xlsx", "Excel (XLSX)"))
    )
