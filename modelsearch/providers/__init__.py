"""The only room with a network socket: one file does HTTP, dialects translate without IO.

Why so: the seam is httpx's own (`Request`, `Response`, `AsyncBaseTransport`), so that a user's transport or a mock
goes in unchanged. Below it is aiohttp, because httpx's own pool scans every connection for every request and
collapses past 100 in flight; above it is no `AsyncClient`, which alone costs more than all of aiohttp.

What a failed call may have cost decides everything here. A request that surely never left, or that the provider
answered with an error status, is repeated; a request that left and got no whole answer never is: it may be on the
bill, and `RawReply.is_unanswered` says so; a gateway's timeout (504, 524) is no answer either. There is one retry
layer, this one; what is worth a call of its own, and a pause of minutes, the evaluator decides.

    client.py     attempts of a call, and what to do after each
    account.py    what a provider's account needs: headers, limits, pause after repeated failure
    transport.py  aiohttp under httpx's transport interface, errors told truthfully
    limits.py     calls in flight by model and in all, requests and tokens a minute
    aimd.py       a gate that narrows with rate limits and widens with answers
    pace.py       calls spread over what a provider says is left; rate_headers.py reads it
    retry.py      what an error status means, and how long to wait
    router.py     what OpenRouter is told of who may serve a call
    listing.py    catalogue pages of a provider, read with its key
    wire_values.py  lenient numbers and strict bodies for the dialects
    dialects/     one wire format a file
"""
