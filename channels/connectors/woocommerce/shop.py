"""The requests that one WooCommerce understands: products, their variations, orders."""

import json
import math
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from channels.connectors.base import ChannelDown, ChannelRefuses
from channels.connectors.web import Answer, Params, Web
from channels.connectors.woocommerce.fields import sku_in

Product = dict[str, Any]
"""A product or a variation, as WooCommerce says it."""

Place = tuple[int, int]
"""The id of a product and 0, or the id of a variation and of the product above it."""

API = "/wp-json/wc/v3"
PAGE = 100
"""The most entries of a page and of a batch; more is answered 413."""

MAX_ID = 10**18
SKUS_AT_ONCE = 40
"""Their names go into the address, which servers cut at some 8,000 characters."""


class NotDone(ChannelRefuses):
    """A request that WooCommerce refused as a whole, in its own words. `code` is its own."""

    def __init__(self, text: str, *, code: str) -> None:
        super().__init__(text)
        self.code = code

    @property
    def is_gone(self) -> bool:
        """Return whether what was named is not there any more."""
        return is_gone(self.code)


def is_gone(code: str) -> bool:
    """Return whether a code of an error says that a product or a variation is not there."""
    return code.startswith("woocommerce_rest_") and code.endswith(
        ("_invalid_id", "_invalid_product_id", "_invalid_variation_id", "_invalid_parent")
    )


def place_of(product: Product) -> Place | None:
    """Return where a product or a variation is, `None` for what has no id."""
    number, parent = _id_in(product.get("id")), _id_in(product.get("parent_id"))
    is_variation = product.get("type") == "variation"
    return (number, parent if is_variation else 0) if number else None


def _id_in(value: object) -> int:
    """Return an id as WooCommerce has them, 0 for whatever else is said."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < MAX_ID:
        return value
    return 0


class Shop:
    """One WooCommerce, for one call: after so many seconds it asks nothing more.

    Every method asks once, or once for each hundred.
    All raise `ChannelDown` and `ChannelRefuses`: `NotDone` where it is about what was asked.
    """

    def __init__(self, web: Web, *, seconds: float = math.inf) -> None:
        self.web = web
        self._ends_at = time.monotonic() + seconds

    def count_products(self) -> int | None:
        """Return how many products it has, `None` where it does not say."""
        answer = self._get("/products", {"per_page": "1"})
        self._rows(answer)
        total = answer.headers.get("x-wp-total", "")
        return int(total[:9]) if total.isascii() and total.isdigit() else None

    def check_writing(self) -> None:
        """Find out whether the key may write: a batch of nothing writes nothing."""
        self._post("/products/batch", {})

    def products(self, ids: Sequence[int]) -> dict[int, Product]:
        """Return those that are there, by id; variations are not among them."""
        return self._by_ids("/products", ids)

    def variations(self, parent: int, ids: Sequence[int]) -> dict[int, Product]:
        """Return those variations of a product that are there, by id."""
        try:
            return self._by_ids(f"/products/{parent}/variations", ids)
        except NotDone as error:
            if error.is_gone:
                return {}
            raise

    def by_sku(self, skus: Iterable[str]) -> dict[str, Product]:
        """Return products and variations by the SKU that the shop writes, which may differ in case.

        A comma parts SKUs in the question; one that has a comma is asked for alone.
        """
        wanted = list(dict.fromkeys(skus))
        together = [sku for sku in wanted if "," not in sku]
        groups = [
            together[start : start + SKUS_AT_ONCE]
            for start in range(0, len(together), SKUS_AT_ONCE)
        ]
        groups += [[sku] for sku in wanted if "," in sku]
        found: dict[str, Product] = {}
        for group in groups:
            answer = self._get("/products", {"sku": ",".join(group), "per_page": str(PAGE)})
            for product in self._rows(answer):
                if sku := sku_in(product):
                    found.setdefault(sku, product)
        return found

    def write_products(
        self, create: list[Product], update: list[Product]
    ) -> tuple[list[Product], list[Product]]:
        """Create and update products; return what each became, or its ``error``, in order."""
        return self._batch("/products/batch", create, update)

    def write_variations(
        self, parent: int, create: list[Product], update: list[Product]
    ) -> tuple[list[Product], list[Product]]:
        """Create and update variations of a product; return what each became, in order."""
        return self._batch(f"/products/{parent}/variations/batch", create, update)

    def orders(self, *, changed_after: datetime, page: int) -> tuple[list[Any], int]:
        """Return a page of the orders changed after an instant, oldest first, and how many pages.

        Instants are whole seconds; one that changed in that very second is not among them.
        """
        params = {
            "modified_after": changed_after.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "dates_are_gmt": "true",
            "orderby": "modified",
            "order": "asc",
            "per_page": str(PAGE),
            "page": str(page),
        }
        answer = self._get("/orders", params)
        if not isinstance(answer.data, list):
            raise self.odd()
        pages = answer.headers.get("x-wp-totalpages", "")
        return answer.data, int(pages[:9]) if pages.isascii() and pages.isdigit() else 1

    def _by_ids(self, path: str, ids: Sequence[int]) -> dict[int, Product]:
        found: dict[int, Product] = {}
        wanted = sorted(set(ids))
        for start in range(0, len(wanted), PAGE):
            include = ",".join(str(number) for number in wanted[start : start + PAGE])
            answer = self._get(path, {"include": include, "per_page": str(PAGE)})
            for product in self._rows(answer):
                place = place_of(product)
                if place and place[0] in wanted:
                    found[place[0]] = product
        return found

    def _batch(
        self, path: str, create: list[Product], update: list[Product]
    ) -> tuple[list[Product], list[Product]]:
        asked = {"create": create, "update": update}
        answer = self._post(path, {name: rows for name, rows in asked.items() if rows})
        if not isinstance(answer.data, dict):
            raise self.odd(is_outcome_unknown=True)
        created, updated = (answer.data.get(name) or [] for name in ("create", "update"))
        for told, sent in ((created, create), (updated, update)):
            is_whole = isinstance(told, list) and len(told) == len(sent)
            if not is_whole or not all(isinstance(row, dict) for row in told):
                raise self.odd(is_outcome_unknown=True)
        return created, updated

    def _get(self, path: str, params: Params) -> Answer:
        return self._ask("GET", path, params=params)

    def _post(self, path: str, data: dict[str, Any]) -> Answer:
        return self._ask("POST", path, content=json.dumps(data).encode())

    def _ask(
        self, method: str, path: str, *, params: Params | None = None, content: bytes | None = None
    ) -> Answer:
        if time.monotonic() > self._ends_at:
            raise ChannelDown("The shop is slow: this was left for the next time.")
        answer = self.web.request(method, API + path, params=params, content=content)
        return self._checked(answer)

    def _checked(self, answer: Answer) -> Answer:
        if answer.is_success:
            return answer
        data = answer.data if isinstance(answer.data, dict) else {}
        code, said = str(data.get("code", "")), self.web.quote(data.get("message", ""))
        host = self.web.address.host
        if code == "rest_no_route" or not code.startswith(("woocommerce_", "rest_", "product_")):
            raise ChannelRefuses(f"There is no WooCommerce at this address of {host}.")
        raise NotDone(f"{host} refused: {said}", code=code)

    def _rows(self, answer: Answer) -> list[Product]:
        if not isinstance(answer.data, list):
            raise self.odd()
        return [row for row in answer.data if isinstance(row, dict)]

    def odd(self, *, is_outcome_unknown: bool = False) -> ChannelDown:
        """Return the error of an answer that is none of WooCommerce's."""
        return ChannelDown(
            f"{self.web.address.host} answered what no WooCommerce does.",
            is_outcome_unknown=is_outcome_unknown,
        )
