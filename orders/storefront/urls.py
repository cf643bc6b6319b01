"""The addresses of the shop window."""

from django.urls import path, re_path

from orders.storefront import views

app_name = "storefront"

urlpatterns = [
    path("", views.product_list, name="list"),
    path("product/<str:slug>/", views.product_page, name="product"),
    # One plain file name of uploads: no folders, no dots at the front.
    re_path(
        r"^media/products/(?P<name>[A-Za-z0-9_-][A-Za-z0-9_.-]{0,150})$",
        views.picture,
        name="picture",
    ),
]
