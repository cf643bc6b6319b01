"""Where everything is."""

from django.urls import URLPattern, URLResolver, include, path

from backoffice import health
from backoffice.admin.home import search
from backoffice.admin.pages import admin_urls
from backoffice.api_docs import NothingView

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/search/", search),
    path("admin/", admin_urls()),
    path("api/v1/", include("backoffice.api_urls")),
    path("api/<path:url>", NothingView.as_view()),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("", include("orders.storefront.urls")),
]

handler500 = "backoffice.errors.server_error"
