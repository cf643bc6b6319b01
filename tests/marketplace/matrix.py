"""Who may open what: the expected answer of every address, by name and method.

A letter stands for a role: `o` operator, `v` viewer, `w` warehouse, `s` seller, `n` staff without
rights, `x` a stranger. Superusers are let in wherever staff
is. To add a page of a model, give
the model a row in `MODELS`; to add a page of your own, give its name (or a pattern of names, the
first that fits) a row in `PAGES`. What only answers a POST has no GET here: reading is refused.
"""

LETTERS = {"o": "operator", "v": "viewer", "w": "warehouse", "s": "seller", "n": "nobody"}

STAFF = "ovwsn"
ROLES = "ovws"
READ = {"GET": ROLES, "POST": ROLES}
READ_BY_STORE = {"GET": "o", "POST": "o"}

MODELS = {
    "inventory_product": {"view": ROLES, "add": "o", "change": "os", "delete": "o"},
    "inventory_variant": {"view": ROLES, "add": "o", "change": "os", "delete": "o"},
    "inventory_movement": {"view": ROLES},
    "inventory_incomingdelivery": {"view": ROLES, "add": "ow"},
    "inventory_import": {"view": "ovs", "add": "os"},
    "inventory_bulkedit": {"view": "ovs"},
    "inventory_changeset": {"view": "ovs", "change": "ovs"},
    "inventory_job": {"view": "ovs", "change": "ovs"},
    "inventory_seller": {"view": "ov", "add": "o", "change": "o", "delete": "+"},
    "inventory_warehouse": {"view": ROLES, "add": "o", "change": "o", "delete": "+"},
    "inventory_deliverytimeframe": {"view": "ov", "add": "o", "change": "o", "delete": "o"},
    "channels_channel": {"view": "ovs", "add": "o", "change": "o"},
    "orders_order": {"view": ROLES, "add": "o"},
    "orders_capturedorder": {"view": "ovw"},
    "orders_fulfillmentorder": {"view": ROLES},
    "orders_fulfillmentline": {"view": ROLES},
    "backoffice_apitoken": {"view": "+", "add": "+", "change": "+"},
    "auth_user": {"view": "+", "add": "+", "change": "+", "delete": "+"},
    "auth_group": {"view": "+", "add": "+", "change": "+", "delete": "+"},
}
"""The five pages of each model; `+` is for superusers alone. To `change` is to POST to its page:
where that changes nothing, it answers whoever may look."""


def post(letters):
    """Return the row of what is done by POST alone."""
    return {"POST": letters}


def both(letters):
    """Return the row of a page with a form."""
    return {"GET": letters, "POST": letters}


PAGES = {
    "login": {"GET": "x", "POST": "x" + STAFF},
    "logout": post(STAFF),
    "password_change": both(STAFF),
    "password_change_done": {"GET": STAFF},
    "index": both(STAFF),
    "search": both(STAFF),
    "admin/search/": both(STAFF),
    "jsi18n": {"GET": STAFF},
    "app_list": both(ROLES),
    "autocomplete": {},
    "view_on_site": {},
    "admin/<url>": {},
    "admin/*/<path:object_id>/": both(STAFF),
    "django_tasks_database_dbtaskresult_changelist": both("+"),
    "django_tasks_database_dbtaskresult_*": {},
    "backoffice_search": both(STAFF),
    "backoffice_help": both(STAFF),
    "backoffice_first_steps": post(STAFF),
    "backoffice_report*": {"GET": ROLES},
    # --- inventory
    "inventory_variant_low": READ,
    "inventory_variant_export": READ,
    "inventory_variant_add": {"GET": STAFF, "POST": "o"},
    "inventory_variant_bulk_edit": post("os"),
    "inventory_bulkedit_parts": both("os"),
    "inventory_bulkedit_values": both("os"),
    "inventory_bulkedit_save": post("os"),
    "inventory_bulkedit_cancel": post("os"),
    "inventory_changeset_undo": both("os"),
    "inventory_outgoingmail_changelist": READ_BY_STORE,
    "orders_bookcheck_changelist": READ_BY_STORE,
    "inventory_outgoingmail_retry": post("o"),
    "inventory_putaside_changelist": READ_BY_STORE,
    "inventory_putaside_retry": post("o"),
    "inventory_job_progress": both("ovs"),
    "inventory_job_errors": both("ovs"),
    "inventory_job_retry": post("os"),
    "inventory_job_cancel": post("os"),
    "inventory_movement_booked": {},
    "inventory_movement_receive": both("ow"),
    "inventory_movement_correct": both("ow"),
    "inventory_movement_transfer": both("ow"),
    "inventory_movement_count": both("ow"),
    "inventory_movement_scan": both("ow"),
    "inventory_incomingdelivery_receive": post("ow"),
    "inventory_incomingdelivery_reschedule": post("ow"),
    "inventory_incomingdelivery_cancel": post("ow"),
    "inventory_import_apply": post("os"),
    "inventory_import_cancel": post("os"),
    "inventory_import_again": post("os"),
    "inventory_import_errors": both("ovs"),
    "inventory_storesettings_marketplace": both("o"),
    "inventory_storesettings_changelist": {"GET": "ov", "POST": "o"},
    "inventory_storesettings_history": both("ov"),
    "inventory_storesettings_delete": {},
    "inventory_storesettings_*": both(STAFF),  # they only lead to the page
    # --- channels
    "channels_channel_catalog": both("ovs"),
    "channels_channel_publish": post("os"),
    "channels_channel_unlist": post("os"),
    "channels_channel_item": post("os"),
    "channels_channel_bulk": {"GET": "ovs", "POST": "os"},
    "channels_channel_filters": post("ovs"),
    "channels_channel_update_all": post("os"),
    "channels_channel_bulk_listing": both("ovs"),
    "channels_channel_bulk_*": post("os"),
    "channels_channel_log": both("ovs"),
    "channels_channel_compare": {},  # the storefront is no shop elsewhere
    "channels_channel_retry": post("o"),
    "channels_channel_send_ours": post("o"),
    "channels_channel_test": post("o"),
    "channels_channel_history": both("ov"),
    # --- orders
    "orders_order_do": post("o"),
    "orders_order_parcel": post("ow"),
    "orders_capturedorder_do": post("o"),
    "orders_fulfillmentorder_pick": post("ow"),
    "orders_fulfillmentorder_picked": {},
    "orders_fulfillmentorder_pick_list": READ,
    "orders_fulfillmentline_act": post("o"),
    "orders_fulfillmentline_release": post("o"),
    "orders_fulfillmentline_simulate": READ,
    "orders_fulfillmentline_receive": both("ow"),
    "orders_fulfillmentline_buying": {"GET": ROLES, "POST": "ow"},
    "backoffice_apitoken_revoke": post("+"),
    "auth_user_password_change": both("+"),
    # --- the API
    "api-*": {"GET": STAFF},
    "api/v1/availability*": {"GET": ROLES},
    "api/v1/channels": {"GET": "ov", "POST": "o"},
    "api/v1/channels/<slug:slug>": {"GET": "ov", "PATCH": "o"},
    "api/v1/channels/<slug:slug>/publish": post("os"),
    "api/v1/channels/<slug:slug>/unlist": post("os"),
    "api/v1/channels/<slug:slug>/listings": {"GET": "ovs"},
    "api/v1/channels/<slug:slug>/listings/<path:sku>": {"GET": "ovs", "PATCH": "os"},
    "api/v1/channels/<slug:slug>/webhooks/orders": {},
    "api/v1/jobs/*": {"GET": "ovs"},
    "api/v1/orders": {"GET": ROLES, "POST": "o"},
    "api/v1/orders/<str:number>": {"GET": ROLES, "PATCH": "o"},
    "api/v1/orders/<str:number>/*": post("o"),
    "api/v1/fulfillment-orders": {"GET": ROLES},
    "api/v1/fulfillment-orders/<str:number>": {"GET": ROLES},
    "api/v1/fulfillment-orders/<str:number>/holds/*": {"DELETE": "ow"},
    "api/v1/fulfillment-orders/<str:number>/*": post("ow"),
    "api/v1/stock/simulations": post(ROLES),
    "api/v1/quotes": post(ROLES),
    "api/v1/settings": {"GET": "ov", "PATCH": "o"},
    "api/v1/bulk-edits": post("os"),
    "api/v1/change-sets": {"GET": "ovs"},
    "api/v1/change-sets/<int:change_set_id>": {"GET": "ovs"},
    "api/v1/change-sets/<int:change_set_id>/undo": post("os"),
    "api/v1/products": {"GET": ROLES, "POST": "o"},
    "api/v1/products/*": {"GET": ROLES, "PATCH": "os"},
    "api/v1/sellers": {"GET": "ov", "POST": "o"},
    "api/v1/sellers/*": {"GET": "ov", "PATCH": "o"},
    "api/v1/stock": {"GET": ROLES},
    "api/v1/variants": {"GET": ROLES, "POST": "o"},
    "api/v1/variants/<path:sku>/availability": {"GET": ROLES},
    "api/v1/variants/*": {"GET": ROLES, "PATCH": "os"},
    "api/v1/warehouses": {"GET": ROLES, "POST": "o"},
    "api/v1/warehouses/*": {"GET": ROLES, "PATCH": "o"},
    "api/v1/stock/<path:sku>/<slug:warehouse>": {"GET": ROLES, "PATCH": "os"},
    "api/v1/stock/*": post("ow"),
    "api/v1/deliveries": {"GET": ROLES, "POST": "ow"},
    "api/v1/deliveries/<int:delivery_id>": {"GET": ROLES, "PATCH": "ow"},
    "api/v1/deliveries/<int:delivery_id>/*": post("ow"),
    "api/v1/": {},
    "api/<path:url>": {},  # of nothing
}
"""Pages of our own, by name; in the API, and where a page has no name, by address."""
