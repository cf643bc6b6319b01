"""Proving to a WooCommerce who we are.

Over HTTPS the key and the secret are sent as they are; over plain HTTP, WooCommerce takes a
signature alone, which nobody who reads along can use again. Source: WooCommerce REST API docs,
"Authentication over HTTP"; RFC 5849, §3.4.
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from urllib.parse import quote, urlencode

from channels.connectors.web import Params, Signer


def signer_for(key: str, secret: str, *, is_encrypted: bool) -> Signer:
    """Return how each request proves who we are."""

    def plain(_method: str, _url: str, params: Params) -> tuple[Params, Mapping[str, str]]:
        token = base64.b64encode(f"{key}:{secret}".encode()).decode()
        return params, {"Authorization": f"Basic {token}"}

    def signed(method: str, url: str, params: Params) -> tuple[Params, Mapping[str, str]]:
        proof = {
            "oauth_consumer_key": key,
            "oauth_nonce": secrets.token_hex(16),
            "oauth_signature_method": "HMAC-SHA256",
            "oauth_timestamp": str(int(time.time())),
        }
        everything = {**params, **proof}
        everything["oauth_signature"] = oauth_signature(method, url, everything, secret)
        return everything, {}

    return plain if is_encrypted else signed


def oauth_signature(method: str, url: str, params: Params, secret: str) -> str:
    """Return the signature of a request whose query, proof included, is `params`."""
    text = oauth_text(method, url, params)
    digest = hmac.new(f"{quote(secret, safe='')}&".encode(), text.encode(), hashlib.sha256)
    return base64.b64encode(digest.digest()).decode()


def oauth_text(method: str, url: str, params: Params) -> str:
    """Return the text that is signed. Source: RFC 5849, §3.4.1."""
    query = urlencode(sorted(params.items()), quote_via=quote, safe="")
    return "&".join(quote(part, safe="") for part in (method, url, query))


def webhook_signature(secret: str, body: bytes) -> str:
    """Return the value of X-WC-Webhook-Signature for a raw body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
