"""Charts, as the theme's script draws them: bars in the color of the theme, light and dark.

Each stands beside a table of the same numbers; it is a picture of them, never their only place.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars: a number for each label, or none where nobody knows it; `title` is read aloud."""

    title: Text
    labels: Sequence[Text]
    numbers: Sequence[int | float | Decimal | None]

    @property
    def data(self) -> str:
        """Return what the script draws, as JSON."""
        bars = {
            "label": str(self.title),
            "data": [None if number is None else float(number) for number in self.numbers],
            "backgroundColor": "var(--color-primary-500)",
            "borderRadius": 3,
            "maxBarThickness": 40,
            "barPercentage": 0.8,
            "displayYAxis": True,
            "maxTicksXLimit": 8,
        }
        labels = [str(label) for label in self.labels]
        return json.dumps({"labels": labels, "datasets": [bars]})
