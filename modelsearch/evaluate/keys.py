"""What makes two calls the same call: a content-addressed key over the endpoint's identity and the exact request."""

import hashlib

from modelsearch.core.market import Endpoint
from modelsearch.core.wire import WireRequest


def call_key(endpoint: Endpoint, base_url: str, wire: WireRequest, repeat: int) -> str:
    """64 hex digits of endpoint, host, URL, body and repeat; headers are left out, for keys may stand in them."""
    head = f"{endpoint.id}\0{endpoint.host}\0{base_url}\0{wire.path}\0{repeat}\0"
    return hashlib.sha256(head.encode() + wire.body).hexdigest()
