from decimal import Decimal

import pytest

from modelsearch.emulator.app import WIRES
from modelsearch.emulator.wire import Failure, Trouble, encoded

STATUSES = {
    "openai_chat": {Trouble.OVERLOADED: 503, Trouble.QUOTA: 429},
    "anthropic_messages": {Trouble.OVERLOADED: 529, Trouble.QUOTA: 402},
    "google_generate": {Trouble.OVERLOADED: 503, Trouble.QUOTA: 429},
}
EVERYWHERE = {
    Trouble.BAD_REQUEST: 400,
    Trouble.UNSUPPORTED: 400,
    Trouble.AUTH: 401,
    Trouble.NOT_FOUND: 404,
    Trouble.RATE: 429,
    Trouble.SERVER: 500,
}


@pytest.mark.parametrize("name", sorted(WIRES))
@pytest.mark.parametrize("trouble", list(Trouble))
def test_every_format_has_a_status_for_every_trouble(name: str, trouble: Trouble) -> None:
    answer = WIRES[name].error(Failure(trouble=trouble, message="so it is"))
    assert answer.status == (EVERYWHERE | STATUSES[name])[trouble]
    assert b"so it is" in answer.body


def test_money_is_a_plain_number_on_the_wire() -> None:
    assert encoded({"cost": Decimal("0.000012000000")}) == b'{"cost":0.000012000000}'


def test_waiting_is_told_in_whole_or_broken_seconds() -> None:
    assert Failure(trouble=Trouble.RATE, message="", retry_after_s=2).retry_headers() == ((b"retry-after", b"2"),)
    assert Failure(trouble=Trouble.RATE, message="", retry_after_s=0.25).retry_headers() == ((b"retry-after", b"0.25"),)
    assert Failure(trouble=Trouble.RATE, message="").retry_headers() == ()
