"""Another model behind an endpoint, as text and as parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.outcome import Reply, ServedBy, Status, Usage

parts = st.text(st.characters(exclude_characters="|"), max_size=8)


@given(model=st.text(max_size=8), host=parts, fingerprint=parts)
def test_who_answered_is_read_from_the_record_as_it_was(model: str, host: str, fingerprint: str) -> None:
    reply = Reply(text="", status=Status.OK, usage=Usage(), model=model, host=host, fingerprint=fingerprint)
    if not model.startswith("|"):
        assert ServedBy.of(reply.served_by) == (model, host, fingerprint)


@pytest.mark.parametrize("text", ["", "m", "m|h"])
def test_a_record_that_is_short_of_parts_is_no_error(text: str) -> None:
    assert len(ServedBy.of(text)) == 3
