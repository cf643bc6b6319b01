"""The admin's theme: the only module that imports Unfold, so that another theme is one change."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.forms import PasswordChangeForm
from unfold.admin import ModelAdmin as UnfoldModelAdmin
from unfold.contrib.filters.admin import DropdownFilter as UnfoldDropdownFilter
from unfold.decorators import display as unfold_display
from unfold.forms import (
    AdminOwnPasswordChangeForm as UnfoldOwnPasswordForm,
)
from unfold.forms import (
    AdminPasswordChangeForm,
    AuthenticationForm,
    UserChangeForm,
    UserCreationForm,
)
from unfold.views import ChangeList as UnfoldChangeList
from unfold.widgets import (
    CHECKBOX_CLASSES,
    FILE_CLASSES,
    INPUT_CLASSES,
    SELECT_CLASSES,
    SWITCH_CLASSES,
    TEXTAREA_CLASSES,
)

__all__ = [
    "AdminPasswordChangeForm",
    "DropdownFilter",
    "LoginForm",
    "NativeDateInput",
    "OwnPasswordForm",
    "SwitchInput",
    "ThemedChangeList",
    "ThemedForm",
    "ThemedModelAdmin",
    "ThemedModelForm",
    "UserChangeForm",
    "UserCreationForm",
    "display",
    "dress",
]


# The theme has no types; to the checker its classes are those of Django that they extend.
if TYPE_CHECKING:
    LoginForm = AdminAuthenticationForm
    OwnPasswordForm = PasswordChangeForm
    ThemedModelAdmin = ModelAdmin[Any]
    ThemedChangeList = ChangeList
    DropdownFilter = SimpleListFilter
else:
    LoginForm = AuthenticationForm
    OwnPasswordForm = UnfoldOwnPasswordForm
    ThemedModelAdmin = UnfoldModelAdmin
    ThemedChangeList = UnfoldChangeList
    DropdownFilter = UnfoldDropdownFilter

Column = TypeVar("Column", bound=Callable[..., Any])


def display(**options: Any) -> Callable[[Column], Column]:
    """Return the theme's decorator of a list's column."""
    decorator: Callable[[Column], Column] = unfold_display(**options)
    return decorator


class SwitchInput(forms.CheckboxInput):
    """A check box that looks like a switch."""


class NativeDateInput(forms.DateInput):
    """The browser's own date field: keyboard, phone and no script."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


_CLASSES: tuple[tuple[type[forms.Widget], list[str]], ...] = (
    (SwitchInput, SWITCH_CLASSES),
    (forms.CheckboxInput, CHECKBOX_CLASSES),
    (forms.Select, SELECT_CLASSES),
    (forms.Textarea, TEXTAREA_CLASSES),
    (forms.HiddenInput, []),
    (forms.ClearableFileInput, FILE_CLASSES),
    (forms.Widget, INPUT_CLASSES),
)


def dress(field: forms.Field) -> None:
    """Make a field look like those of the rest of the admin."""
    widget = field.widget
    classes = next(names for kind, names in _CLASSES if isinstance(widget, kind))
    widget.attrs["class"] = " ".join([*classes, widget.attrs.get("class", "")]).strip()
    if isinstance(widget, forms.Select):
        widget.template_name = "unfold/widgets/select.html"


class ThemedForm(forms.Form):
    """A form whose fields look like those of the rest of the admin."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            dress(field)


class ThemedModelForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form of a model whose fields look like those of the rest of the admin."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            dress(field)
