"""Numbers as people write them: plain digits, or an error. Python alone also reads 1_0, 1e3, ٣."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

_WHOLE = re.compile(r"\s*[-+]?[0-9]{1,15}\s*", re.ASCII)
_DECIMAL = re.compile(r"\s*[-+]?[0-9]{1,15}(\.[0-9]{1,15})?\s*", re.ASCII)


class WholeNumberField(forms.IntegerField):
    """Whole units."""

    def to_python(self, value: Any) -> int | None:
        """Return the number.

        :raises ValidationError: it is not written in plain digits.
        """
        if isinstance(value, str) and value.strip() and not _WHOLE.fullmatch(value):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class MoneyField(forms.DecimalField):
    """An amount in the store's currency."""

    default_error_messages = {"invalid": _("Enter an amount such as 19.90.")}

    def to_python(self, value: Any) -> Any:
        """Return the amount.

        :raises ValidationError: it is not written in plain digits.
        """
        if isinstance(value, str) and value.strip() and not _DECIMAL.fullmatch(value):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)
