"""What makes two calls the same call: a content-addressed key over the endpoint's identity and the exact request."""

import hashlib

from modelsearch.core.market import Endpoint
from modelsearch.core.wire import WireRequest


def call_key(endpoint: Endpoint, base_url: str, wire: WireRequest, repeat: int) -> str:
    """64 hex digits of endpoint, host, URL, body and repeat; headers are left out, for keys may stand in them.

    What of the body does not change the answer is left out too, where the dialect says so (`WireRequest.key_body`).
    """
    head = f"{endpoint.id}\0{endpoint.host}\0{base_url}\0{wire.path}\0{repeat}\0"
    return hashlib.sha256(head.encode() + (wire.body if wire.key_body is None else wire.key_body)).hexdigest()
