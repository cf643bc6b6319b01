"""The control: a shop with a broken page, and with a form that breaks when it is sent empty."""

import pytest
from django.http import HttpResponse, HttpResponseRedirect
from django.test import Client
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from tests.crawl.crawler import Crawl

pytestmark = [pytest.mark.once, pytest.mark.django_db]

PAGE = """
<a href="/next/">Next</a> <a href="https://elsewhere.example/">Away</a>
<form method="post" action="/sent/"><input name="units" value="1"><button>Send</button></form>
<form action="/found/"><input name="q" value="x"><button>Search</button></form>
"""


def page(request):
    return HttpResponse(PAGE)


def follows(request):
    return HttpResponseRedirect("/broken/")


def broken(request):
    raise RuntimeError("a page")


@csrf_exempt
def sent(request):
    return HttpResponse(str(int(request.POST["units"])))


def found(request):
    return HttpResponse(request.GET["q"][0])


urlpatterns = [
    path("", page),
    path("next/", follows),
    path("broken/", broken),
    path("sent/", sent),
    path("found/", found),
]


def test_a_crawl_finds_what_breaks_and_where(settings, caplog):
    settings.ROOT_URLCONF = __name__
    crawl = Crawl(Client())

    crawl.run("/")

    assert sorted((one.what, one.seen_on) for one in crawl.faults.values()) == [
        ("GET /broken/", "/next/"),
        ("GET /found/?q=", "/"),
        ("POST /sent/ {'units': ['']}", "/"),
    ]
    assert "RuntimeError: a page" in str(crawl.faults["broken/ RuntimeError: a page"])
    assert sorted(crawl.opened) == ["/", "/broken/", "/found/?q=", "/found/?q=x", "/next/"]
