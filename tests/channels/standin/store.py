"""What a WooCommerce 11.0.1 keeps, and how it answers: the part that the recordings show."""

import base64
import hashlib
import hmac
import json
import threading
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

MAX_BATCH = 100
BACKORDERS = ("no", "notify", "yes")
WRITABLE = ("name", "description", "status", "regular_price", "sale_price", "featured")


class Refusal(Exception):
    """An answer other than success, as WordPress words it."""

    def __init__(self, status, code, message, **data):
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message, "data": {"status": status, **data}}


class SoldOut(Exception):
    """A shopper who wants more than the shop may sell."""


@dataclass(frozen=True)
class Delivery:
    """A webhook on its way: post the body with these headers."""

    headers: dict
    body: bytes


class Store:
    """Products, variations, orders and webhooks, in memory. Numbers start as in the recording."""

    def __init__(self, *, address="", currency="USD"):
        self.lock = threading.RLock()
        self.address = address
        self.currency = currency
        self.products = {}
        self.orders = {}
        self.webhooks = {}
        self.deliveries = []
        self.keeps_stock = True
        self.next_id = 10
        self.next_line = 1
        self.clock = lambda: datetime.now(UTC)

    def now(self):
        """Return the time as the shop keeps it: in whole seconds."""
        return self.clock().replace(microsecond=0)

    # --- products -----------------------------------------------------------------------------

    def list_products(self, query):
        rows = [row for row in self.products.values() if row["status"] != "trash"]
        if query.get("sku"):
            skus = [*query["sku"].split(","), query["sku"]]
            wanted = {sku.casefold() for sku in skus}
            rows = [row for row in rows if row["sku"] and row["sku"].casefold() in wanted]
        else:
            rows = [row for row in rows if row["type"] != "variation"]
        if query.get("include"):
            rows = [row for row in rows if row["id"] in ids_in(query["include"])]
        rows.sort(key=lambda row: -row["id"])
        return [self.product_answer(row) for row in rows]

    def list_variations(self, parent, query):
        rows = [
            row
            for row in self.products.values()
            if row["type"] == "variation" and row["parent_id"] == parent
        ]
        if query.get("include"):
            rows = [row for row in rows if row["id"] in ids_in(query["include"])]
        rows.sort(key=lambda row: -row["id"])
        return [self.variation_answer(row) for row in rows if row["status"] != "trash"]

    def get_product(self, number):
        row = self.products.get(number)
        if row is None:
            raise Refusal(404, "woocommerce_rest_product_invalid_id", "Invalid ID.")
        return self.product_answer(row)

    def create_product(self, fields, *, is_checked=True):
        if is_checked:
            check_enums(fields)
        self.check_sku(fields.get("sku", ""), None)
        row = self.new_row(fields.get("type", "simple"))
        self.apply(row, fields)
        self.products[row["id"]] = row
        return self.product_answer(row)

    def update_product(self, number, fields, *, is_checked=True):
        row = self.products.get(number)
        if row is None:
            raise Refusal(400, "woocommerce_rest_product_invalid_id", "Invalid ID.")
        if row["type"] == "variation":
            raise Refusal(
                404,
                "woocommerce_rest_invalid_product_id",
                "To manipulate product variations you should use the "
                "/products/&lt;product_id&gt;/variations/&lt;id&gt; endpoint.",
            )
        if is_checked:
            check_enums(fields)
        self.check_sku(fields.get("sku", ""), number)
        self.apply(row, fields)
        return self.product_answer(row)

    def create_variation(self, parent, fields, *, is_checked=True):
        if parent not in self.products:
            raise Refusal(404, "woocommerce_rest_product_invalid_id", "Invalid ID.")
        if is_checked:
            check_enums(fields)
        self.check_sku(fields.get("sku", ""), None)
        row = self.new_row("variation", parent)
        self.apply(row, fields)
        self.products[row["id"]] = row
        self.products[parent]["variations"].append(row["id"])
        self.sync_parent(parent)
        return self.variation_answer(row)

    def update_variation(self, parent, number, fields, *, is_checked=True):
        row = self.products.get(number)
        if row is None or row["type"] != "variation" or row["parent_id"] != parent:
            raise Refusal(404, "woocommerce_rest_product_variation_invalid_id", "Invalid ID.")
        if is_checked:
            check_enums(fields)
        self.check_sku(fields.get("sku", ""), number)
        self.apply(row, fields)
        self.sync_parent(parent)
        return self.variation_answer(row)

    def batch(self, body, *, create, update):
        """Do each entry for itself; values of an enumeration are not checked here."""
        if sum(len(body.get(name) or ()) for name in ("create", "update", "delete")) > MAX_BATCH:
            raise Refusal(
                413,
                "woocommerce_rest_request_entity_too_large",
                f"Unable to accept more than {MAX_BATCH} items for this request.",
            )
        answer = {}
        if body.get("create"):
            answer["create"] = [self.one_of_batch(0, create, row) for row in body["create"]]
        if body.get("update"):
            answer["update"] = [
                self.one_of_batch(row.get("id", 0), update, row) for row in body["update"]
            ]
        return answer or []

    @staticmethod
    def one_of_batch(number, write, row):
        try:
            return write(row)
        except Refusal as error:
            return {"id": number, "error": error.body}

    def delete_product(self, number, *, force=True):
        """Delete a product and its variations, or put it into the trash."""
        row = self.products[number]
        gone = [number, *row["variations"]]
        for one in gone:
            if force:
                del self.products[one]
            else:
                self.products[one]["status"] = "trash"
        if row["parent_id"] in self.products:
            self.products[row["parent_id"]]["variations"].remove(number)

    def by_sku(self, sku):
        """Return the rows with a SKU, for tests."""
        return [row for row in self.products.values() if row["sku"] == sku]

    def check_sku(self, sku, number):
        for row in self.products.values():
            is_same = row["sku"] and row["sku"].casefold() == sku.casefold()
            if is_same and row["id"] != number and row["status"] != "trash":
                raise Refusal(
                    400,
                    "product_invalid_sku",
                    "Invalid or duplicated SKU.",
                    resource_id=row["id"],
                    unique_sku=f"{sku}-1",
                )

    def new_row(self, kind, parent=0):
        number, self.next_id = self.next_id, self.next_id + 1
        at = self.now()
        return {
            "id": number,
            "name": "",
            "type": kind,
            "status": "publish",
            "description": "",
            "sku": "",
            "price": "",
            "regular_price": "",
            "sale_price": "",
            "total_sales": 0,
            "manage_stock": False,
            "stock_quantity": None,
            "stock_status": "instock" if kind == "simple" else "outofstock",
            "backorders": "no",
            "parent_id": parent,
            "attributes": [],
            "variations": [],
            "created": at,
            "modified": at,
        }

    def apply(self, row, fields):
        """Store what is known, and what follows from it; everything else is dropped silently."""
        for name in WRITABLE:
            if name in fields:
                row[name] = fields[name]
        if "sku" in fields:
            row["sku"] = fields["sku"].strip()
        row["price"] = row["sale_price"] or row["regular_price"]
        if "attributes" in fields:
            row["attributes"] = attributes_of(fields["attributes"], row["type"])
        if row["type"] == "variation":
            row["name"] = ", ".join(one["option"] for one in row["attributes"])
        self.apply_stock(row, fields)
        row["modified"] = self.now()

    def apply_stock(self, row, fields):
        if "manage_stock" in fields:
            row["manage_stock"] = fields["manage_stock"] is True and self.keeps_stock
        if not row["manage_stock"]:
            row.update(stock_quantity=None, backorders="no")
            row["stock_status"] = fields.get("stock_status", row["stock_status"])
            return
        if "backorders" in fields:
            row["backorders"] = fields["backorders"]
        if "stock_quantity" in fields:
            row["stock_quantity"] = fields["stock_quantity"]
        set_stock_status(row)

    def sync_parent(self, parent):
        children = [self.products[number] for number in self.products[parent]["variations"]]
        found = {child["stock_status"] for child in children}
        for status in ("instock", "onbackorder", "outofstock"):
            if status in found:
                self.products[parent]["stock_status"] = status
                return

    def product_answer(self, row):
        answer = self.common_answer(row)
        if row["type"] == "variation":
            answer["name"] = f"{self.products[row['parent_id']]['name']} - {row['name']}"
        answer["total_sales"] = row["total_sales"]
        answer["has_options"] = row["type"] == "variable"
        answer["variations"] = list(row["variations"])
        return answer

    def variation_answer(self, row):
        return {**self.common_answer(row), "name": row["name"], "tax_class": "parent"}

    def common_answer(self, row):
        names = (
            *("id", "name", "type", "status", "description", "sku", "price", "regular_price"),
            *("sale_price", "manage_stock", "stock_quantity", "stock_status", "backorders"),
            *("parent_id", "attributes"),
        )
        answer = {name: deepcopy(row[name]) for name in names}
        answer["backorders_allowed"] = row["backorders"] in {"yes", "notify"}
        answer["backordered"] = row["stock_status"] == "onbackorder"
        answer["purchasable"] = row["price"] != ""
        answer["permalink"] = f"{self.address}/product/{row['id']}/"
        return answer | stamps(row)

    # --- orders -------------------------------------------------------------------------------

    def list_orders(self, query):
        rows = list(self.orders.values())
        if query.get("modified_after"):
            after = datetime.fromisoformat(query["modified_after"]).replace(tzinfo=UTC)
            rows = [row for row in rows if row["modified"] > after]
        field = "modified" if query.get("orderby") == "modified" else "created"
        rows.sort(key=lambda row: (row[field], row["id"]), reverse=query.get("order") != "asc")
        return [self.order_answer(row) for row in rows]

    def get_order(self, number):
        if number not in self.orders:
            raise Refusal(404, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
        return self.order_answer(self.orders[number])

    def create_order(self, fields):
        number, self.next_id = self.next_id, self.next_id + 1
        at = self.now()
        row = {
            "id": number,
            "status": fields.get("status", "pending"),
            "created": at,
            "modified": at,
            "paid": at if fields.get("set_paid") else None,
            "billing": dict.fromkeys(("first_name", "last_name", "company", "email"), "")
            | fields.get("billing", {}),
            "lines": [self.new_line(line) for line in fields.get("line_items", ())],
            "is_reduced": False,
        }
        if row["paid"] and row["status"] == "pending":
            row["status"] = "processing"
        self.orders[number] = row
        self.follow_status(row)
        self.announce("order.created", row)
        return self.order_answer(row)

    def update_order(self, number, fields):
        row = self.orders.get(number)
        if row is None:
            raise Refusal(400, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
        row["status"] = fields.get("status", row["status"])
        if fields.get("set_paid"):
            row["paid"] = self.now()
        row["modified"] = self.now()
        self.follow_status(row)
        self.announce("order.updated", row)
        return self.order_answer(row)

    def delete_order(self, number):
        """Delete an order for good, and say so."""
        with self.lock:
            row = self.orders.pop(number)
            self.announce("order.deleted", row, body={"id": number})

    def buy(self, sku, quantity=1, *, status="processing", **billing):
        """Buy as a shopper does: only what the shop may sell. Return the order.

        :raises SoldOut: it may not sell so many.
        """
        with self.lock:
            (row,) = self.by_sku(sku)
            if not self.may_sell(row, quantity):
                raise SoldOut(sku)
            parent = row["parent_id"]
            ids = (parent, row["id"]) if row["type"] == "variation" else (row["id"], 0)
            line = {"product_id": ids[0], "variation_id": ids[1], "quantity": quantity}
            return self.create_order(
                {
                    "status": status,
                    "set_paid": status in {"processing", "completed"},
                    "line_items": [line],
                    "billing": billing,
                }
            )

    def is_seen(self, row):
        """Return whether shoppers see it: a variation is on the page of the product above it."""
        above = self.products.get(row["parent_id"], row)
        return row["status"] == above["status"] == "publish"

    def may_sell(self, row, quantity):
        if row["price"] == "" or not self.is_seen(row):
            return False
        if not row["manage_stock"]:
            return row["stock_status"] != "outofstock"
        return row["backorders"] in {"yes", "notify"} or row["stock_quantity"] >= quantity

    def new_line(self, line):
        row = self.products[line.get("variation_id") or line["product_id"]]
        number, self.next_line = self.next_line, self.next_line + 1
        return {"id": number, "row": row["id"], "sku": row["sku"], **deepcopy(line)} | {
            "name": self.product_answer(row)["name"],
            "price": Decimal(row["price"] or 0),
        }

    def follow_status(self, row):
        """Take units for an order that stands, and give them back for one that does not."""
        stands = row["status"] in {"processing", "completed", "on-hold"}
        if stands == row["is_reduced"]:
            return
        row["is_reduced"] = stands
        for line in row["lines"]:
            product = self.products.get(line["row"])
            if product is None:
                continue
            units = line["quantity"] if stands else -line["quantity"]
            product["total_sales"] += units
            if product["manage_stock"]:
                product["stock_quantity"] -= units
                set_stock_status(product)
            product["modified"] = self.now()

    def order_answer(self, row):
        total = sum((line["price"] * line["quantity"] for line in row["lines"]), Decimal(0))
        answer = {
            "id": row["id"],
            "parent_id": 0,
            "status": row["status"],
            "currency": self.currency,
            "version": "11.0.1",
            "total": f"{total:.2f}",
            "billing": dict(row["billing"]),
            "date_paid": stamp(row["paid"]),
            "date_paid_gmt": stamp(row["paid"]),
            "number": str(row["id"]),
            "line_items": [line_answer(line, row) for line in row["lines"]],
            "payment_url": f"{self.address}/checkout/order-pay/{row['id']}/",
        }
        return answer | stamps(row)

    # --- webhooks -----------------------------------------------------------------------------

    def create_webhook(self, fields):
        number = len(self.webhooks) + 1
        resource, _, event = fields["topic"].partition(".")
        hook = {
            "id": number,
            "name": fields.get("name", ""),
            "status": "active",
            "topic": fields["topic"],
            "resource": resource,
            "event": event,
            "delivery_url": fields["delivery_url"],
        }
        self.webhooks[number] = {**hook, "secret": fields.get("secret", "")}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        self.deliveries.append(Delivery(headers, f"webhook_id={number}".encode()))
        return hook

    def announce(self, topic, row, *, body=None):
        for hook in self.webhooks.values():
            if hook["topic"] == topic:
                data = self.order_answer(row) if body is None else body
                self.deliveries.append(self.sign(hook, data))

    def sign(self, hook, data):
        body = json.dumps(data, separators=(",", ":")).replace("/", "\\/").encode()
        digest = hmac.new(hook["secret"].encode(), body, hashlib.sha256).digest()
        number = len(self.deliveries) + 1
        headers = {
            "Content-Type": "application/json",
            "X-WC-Webhook-Source": f"{self.address}/",
            "X-WC-Webhook-Topic": hook["topic"],
            "X-WC-Webhook-Resource": hook["resource"],
            "X-WC-Webhook-Event": hook["event"],
            "X-WC-Webhook-Signature": base64.b64encode(digest).decode(),
            "X-WC-Webhook-ID": str(hook["id"]),
            "X-WC-Webhook-Delivery-ID": hashlib.sha256(str(number).encode()).hexdigest()[:32],
        }
        return Delivery(headers, body)


def check_enums(fields):
    """Refuse what a single request checks, and a batch does not."""
    if "backorders" not in fields:
        return
    value = fields["backorders"]
    if not isinstance(value, str):
        code, message = "rest_invalid_type", "backorders is not of type string."
        data = {"param": "backorders"}
    elif value not in BACKORDERS:
        code, message = "rest_not_in_enum", "backorders is not one of no, notify, and yes."
        data = None
    else:
        return
    raise Refusal(
        400,
        "rest_invalid_param",
        "Invalid parameter(s): backorders",
        params={"backorders": message},
        details={"backorders": {"code": code, "message": message, "data": data}},
    )


def attributes_of(given, kind):
    if kind == "variation":
        return [
            {
                "id": 0,
                "name": one["name"],
                "slug": one["name"].lower(),
                "option": one["option"],
            }
            for one in given
        ]
    return [
        {
            "id": 0,
            "name": one["name"],
            "slug": one["name"],
            "position": one.get("position", 0),
            "visible": one.get("visible", False),
            "variation": one.get("variation", False),
            "options": list(one.get("options", ())),
        }
        for one in given
    ]


def set_stock_status(row):
    if (row["stock_quantity"] or 0) > 0:
        row["stock_status"] = "instock"
    else:
        row["stock_status"] = "onbackorder" if row["backorders"] != "no" else "outofstock"


def line_answer(line, row):
    reduced = {"key": "_reduced_stock", "value": str(line["quantity"])}
    price = int(line["price"]) if line["price"] == int(line["price"]) else float(line["price"])
    return {
        "id": line["id"],
        "name": line["name"],
        "product_id": line["product_id"],
        "variation_id": line.get("variation_id", 0),
        "quantity": line["quantity"],
        "subtotal": f"{line['price'] * line['quantity']:.2f}",
        "total": f"{line['price'] * line['quantity']:.2f}",
        "total_tax": "0.00",
        "meta_data": [reduced] if row["is_reduced"] else [],
        "sku": line["sku"],
        "price": price,
        "parent_name": None,
    }


def ids_in(text):
    return {int(part) for part in text.split(",") if part.strip().isdigit()}


def stamp(at):
    return at.strftime("%Y-%m-%dT%H:%M:%S") if at else None


def stamps(row):
    created, modified = stamp(row["created"]), stamp(row["modified"])
    return {
        "date_created": created,
        "date_created_gmt": created,
        "date_modified": modified,
        "date_modified_gmt": modified,
    }
