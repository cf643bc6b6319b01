"""Fields that take what their type says and nothing that merely looks like it."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import RegexValidator
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from inventory.models.columns import one_line, plain_text
from inventory.policy import MAX_QUANTITY

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SLUG = re.compile(r"[-\w]+")
_PRICE = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,2})?")
PRICE_PATTERN = r"^[0-9]{1,10}(\.[0-9]{1,2})?$"


MAX_UNKNOWN = 100
"""Members that are named as unknown; whoever sends more has the wrong address."""


class StrictSerializer(serializers.Serializer[Any]):
    """An object of which every member is known; what is read only cannot be set."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the checked members.

        :raises ValidationError: a member is unknown, cannot be set, or has a bad value.
        """
        if not isinstance(data, Mapping):
            raise ValidationError({"non_field_errors": ["An object is expected."]})
        writable = {name for name, field in self.fields.items() if not field.read_only}
        unknown = islice((str(name) for name in data if name not in writable), MAX_UNKNOWN)
        errors = {name: ["This field cannot be set."] for name in unknown}
        try:
            value = super().to_internal_value(data)
        except ValidationError as error:
            raise ValidationError({**error.detail, **errors}) from error  # type: ignore[dict-item]
        if errors:
            raise ValidationError(errors)
        return value


class Whole(serializers.IntegerField):
    """A JSON integer: no 1.9, no "1_0", no true."""

    def to_internal_value(self, data: Any) -> int:
        """Return the integer.

        :raises ValidationError: it is something else.
        """
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class Quantity(Whole):
    """Whole units, 0 … 1,000,000,000."""

    def __init__(self, *, min_value: int = 0, **kwargs: Any) -> None:
        super().__init__(min_value=min_value, max_value=MAX_QUANTITY, **kwargs)


class Threshold(Whole):
    """Whole units, −1,000,000,000 … 1,000,000,000."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=-MAX_QUANTITY, max_value=MAX_QUANTITY, **kwargs)


class Flag(serializers.BooleanField):
    """A JSON boolean: no "yes", no 1."""

    def to_internal_value(self, data: Any) -> bool:
        """Return the boolean.

        :raises ValidationError: it is something else.
        """
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Line(serializers.CharField):
    """One line of text, without control characters; spaces around it are cut, as a form does."""

    def to_internal_value(self, data: Any) -> str:
        """Return the text.

        :raises ValidationError: it is no text, or has control characters.
        """
        if not isinstance(data, str):
            self.fail("invalid")
        try:
            one_line(data)
        except DjangoValidationError as error:
            raise ValidationError(error.messages) from error
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """Text of several lines, without other control characters."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Return the text.

        :raises ValidationError: it is no text, or has control characters.
        """
        if not isinstance(data, str):
            self.fail("invalid")
        try:
            plain_text(data)
        except DjangoValidationError as error:
            raise ValidationError(error.messages) from error
        return super().to_internal_value(data)


class Matching(Line):
    """One line of text of a given form."""

    def __init__(self, regex: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators.append(RegexValidator(regex))


class Slug(Line):
    """A part of an address: letters and digits of any language, hyphens and underscores.

    Patterns of a document know the letters of English alone, so that it has none of this.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=280, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Return the text.

        :raises ValidationError: it has other characters.
        """
        text = super().to_internal_value(data)
        if not _SLUG.fullmatch(text):
            raise ValidationError("Letters, digits, hyphens and underscores alone.")
        return text


class Sku(Line):
    """The SKU of a variant that exists, as it is written there."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=64, trim_whitespace=False, **kwargs)


class Choice(serializers.ChoiceField):
    """One of a few words."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the word.

        :raises ValidationError: it is another, or no text.
        """
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return super().to_internal_value(data)


class Day(serializers.DateField):
    """A day, as 2026-12-31."""

    def to_internal_value(self, value: Any) -> date:
        """Return the day.

        :raises ValidationError: it is written in another way.
        """
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            self.fail("invalid", format="YYYY-MM-DD")
        day: date = super().to_internal_value(value)
        return day


@extend_schema_field({"type": "string", "pattern": PRICE_PATTERN, "examples": ["12.50"]})
class Price(serializers.Field[Decimal, str, str, Any]):
    """An amount in the store's currency, as a text: 12.50."""

    def to_internal_value(self, data: Any) -> Decimal:
        """Return the amount.

        :raises ValidationError: it is not a text of digits with at most two after the point.
        """
        if not isinstance(data, str) or not _PRICE.fullmatch(data):
            raise ValidationError('A text such as "12.50" is expected.')
        return Decimal(data)

    def to_representation(self, value: Decimal) -> str:
        """Return the amount with two decimals."""
        return f"{value:.2f}"
