from tests.unit.catalog.offerings import offering, rates, state


def test_prices_in_dispute_are_those_of_what_is_on_sale() -> None:
    disputed = rates("2", "6", is_disputed=True)
    found = state(
        offering("b/new", rates=disputed), offering("a/plain"), offering("a/gone", rates=disputed, is_live=False)
    ).disputed()
    assert [(endpoint_id, rate.kind) for endpoint_id, rate in found] == [("b/new", "input"), ("b/new", "output")]
    assert state().disputed() == ()
