import inspect

import pytest

from modelsearch.core import errors

TREE = {name: cls for name, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, Exception)}


def test_the_drawn_tree_is_the_real_one() -> None:
    drawn = {line.split("+-- ")[-1].split()[0] for line in (errors.__doc__ or "").splitlines() if "+-- " in line}
    assert drawn | {"ModelsearchError"} == set(TREE)


@pytest.mark.parametrize("cls", TREE.values(), ids=TREE)
def test_exit_codes_tell_bad_input_from_a_stop(cls: type[errors.ModelsearchError]) -> None:
    allowed = {2} if issubclass(cls, errors.InputError) else {3} if issubclass(cls, errors.StoppedError) else {1, 2, 3}
    assert cls.exit_code in allowed
    assert cls.__doc__


def test_an_unknown_price_names_kind_and_endpoint() -> None:
    error = errors.PriceUnknownError(kind="output", endpoint_id="a/b")
    assert str(error) == "price of 'output' at endpoint 'a/b' is unknown: add a rate to the catalogue"
