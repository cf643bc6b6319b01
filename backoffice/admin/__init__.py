"""Pages that span the apps; importing them registers them."""

from backoffice.admin import tokens, users

__all__ = ["tokens", "users"]
