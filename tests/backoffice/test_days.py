"""A day is written in one way on all pages, and never so that it could be a month."""

from datetime import UTC, date, datetime

import pytest
from django.template import Context, Template
from django.utils.formats import date_format

DAY = date(2026, 12, 9)
MORNING = datetime(2026, 12, 9, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize("name", ["DATE_FORMAT", "SHORT_DATE_FORMAT"])
def test_a_day(name):
    page = Template("{{ day|date:name }}, {{ day }}").render(Context({"day": DAY, "name": name}))

    assert page == "9 Dec 2026, 9 Dec 2026"
    assert date_format(DAY, name) == date_format(DAY) == "9 Dec 2026"


@pytest.mark.parametrize("name", ["DATETIME_FORMAT", "SHORT_DATETIME_FORMAT"])
def test_a_moment(name):
    page = Template("{{ at|date:name }}, {{ at }}").render(Context({"at": MORNING, "name": name}))

    assert page == "9 Dec 2026, 9:30 a.m., 9 Dec 2026, 9:30 a.m."
