"""A real HTTP server on loopback that speaks the dialects: recorded tables or synthetic worlds, faults on request.

Demo, tests and benches go through it by the same path as production, so it is true to the public formats: it asks for
keys, refuses parameters that a model does not take, reports costs where routers do, and breaks in the ways that
providers break. It keeps its own bill and log, against which ours are audited. Providers live under
`/p/{provider_id}`; `/__emulator/{ready,bill,log,reset}` are about the server itself.

A reply is decided by a `Behaviour` (who says what), spoilt by `Faults` (what goes wrong), and put into words by a
`WireFormat` (how it is said): three parts that do not know each other. A request is charged before it is answered,
for a provider does not give the money back because the client died.

Every name in a synthetic world is made up: real names with made-up qualities would be a lie.
"""
