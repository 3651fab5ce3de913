"""What makes two calls the same call: a content-addressed key over the endpoint's identity and the exact request."""

import hashlib

from modelsearch.core.market import Endpoint
from modelsearch.core.wire import WireRequest


def call_key(endpoint: Endpoint, base_url: str, wire: WireRequest, repeat: int, served_by: str = "") -> str:
    """64 hex digits of endpoint, host, URL, body and repeat; headers are left out, for keys may stand in them.

    What of the body does not change the answer is left out too, where the dialect says so (`WireRequest.key_body`).
    `served_by` is the candidate's: what another model answered under the same name is another reply. So it is with
    the endpoint's revision. Where nothing is known to have changed, neither is in the key.
    """
    head = f"{endpoint.id}\0{endpoint.host}\0{base_url}\0{wire.path}\0{repeat}\0"
    head += f"{served_by}\0" if served_by else ""
    head += f"revision {endpoint.revision}\0" if endpoint.revision else ""
    return hashlib.sha256(head.encode() + (wire.body if wire.key_body is None else wire.key_body)).hexdigest()
