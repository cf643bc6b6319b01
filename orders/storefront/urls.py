"""The addresses of the shop window."""

from django.urls import path, re_path

from orders.storefront import language, views, views_cart, views_checkout, views_order

app_name = "storefront"

urlpatterns = [
    path("", views.product_list, name="list"),
    path("product/<str:slug>/", views.product_page, name="product"),
    path("cart/", views_cart.cart_page, name="cart"),
    path("cart/add/", views_cart.add, name="add"),
    path("checkout/", views_checkout.checkout, name="checkout"),
    path("language/", language.choose, name="language"),
    path("order/<str:token>/", views_order.order_page, name="order"),
    path("order/<str:token>/cancel/", views_order.cancel, name="cancel"),
    path("order/<str:token>/wait/", views_order.wait, name="wait"),
    # One plain file name of uploads: no folders, no dots at the front.
    re_path(
        r"^media/products/(?P<name>[A-Za-z0-9_-][A-Za-z0-9_.-]{0,150})$",
        views.picture,
        name="picture",
    ),
]
