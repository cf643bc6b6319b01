"""The addresses of the API, `/api/v1/`."""

from django.urls import include, path, re_path

from backoffice.api_docs import NothingView, OpenApiView, docs
from orders.storefront.api import QuotesView

urlpatterns = [
    path("openapi.json", OpenApiView.as_view(), name="api-schema"),
    path("docs", docs, name="api-docs"),
    path("quotes", QuotesView.as_view()),
    path("", include("channels.api.urls")),
    path("", include("orders.api.urls")),
    path("", include("inventory.api.urls")),
    re_path(r"", NothingView.as_view()),
]
