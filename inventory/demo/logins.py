"""Who can log in to the demo shop; printed when it starts."""

DEMO_LOGINS: tuple[tuple[str, str, str], ...] = (
    ("anna", "anna-demo", "operator: everything"),
    ("vera", "vera-demo", "viewer: looks, changes nothing"),
    ("wout", "wout-demo", "warehouse: receives, counts, transfers"),
    ("sofie", "sofie-demo", "seller: Studio Sofie's products alone"),
    ("bram", "bram-demo", "seller: Houtwerk Bram's products alone"),
)
"""User name, password, and the role in words."""
