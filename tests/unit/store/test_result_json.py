import json
from dataclasses import replace

import numpy as np
import pytest

from modelsearch.core.errors import StoreError
from modelsearch.store.result_json import result_from_json, result_to_json
from tests.unit.store.results import RESULT


def test_a_result_comes_back_equal() -> None:
    plain = replace(RESULT, drops=())
    assert result_from_json(result_to_json(plain)) == plain


def test_money_is_exact_text_and_not_finite_numbers_survive() -> None:
    content = result_to_json(RESULT)
    assert json.loads(content)["spend"]["settled_usd"] == "0.123456789012"
    read = result_from_json(content)
    assert np.isnan(read.drops[0][1].evidence["price"])
    assert read.estimates[1].log_e_value == float("-inf")


def test_numbers_of_numpy_are_written() -> None:
    result = replace(RESULT, wall_s=np.float64(2.5), drops=())
    assert result_from_json(result_to_json(result)) == result


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]"])
def test_what_is_no_result_is_a_store_error(content: bytes) -> None:
    with pytest.raises(StoreError, match="expected the JSON of a finished search"):
        result_from_json(content)
