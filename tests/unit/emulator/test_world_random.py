import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.emulator.world_random import hashes_of, normal, normals, uniform, uniforms

NAMES = [f"n{number}" for number in range(20_000)]


@given(label=st.text(max_size=20), keep=st.sets(st.integers(0, 99), min_size=1))
def test_a_number_depends_on_its_own_names_alone(label: str, keep: set[int]) -> None:
    names = NAMES[:100]
    chosen = sorted(keep)
    of_all = uniforms(label, hashes_of(names))
    assert np.array_equal(of_all[chosen], uniforms(label, hashes_of([names[index] for index in chosen])))
    assert uniform(label, names[chosen[0]]) == of_all[chosen[0]]


def test_uniforms_are_uniform_and_labels_independent() -> None:
    a, b = uniforms("a", hashes_of(NAMES)), uniforms("b", hashes_of(NAMES))
    counts = np.histogram(a, bins=20, range=(0, 1))[0]
    expected = len(NAMES) / 20
    assert ((counts - expected) ** 2 / expected).sum() < 43.8  # 0.999 quantile of chi-squared with 19 degrees
    assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(len(NAMES))


def test_normals_have_mean_0_and_variance_1() -> None:
    z = normals("z", hashes_of(NAMES))
    assert abs(z.mean()) < 4 / np.sqrt(len(NAMES))
    assert abs(z.var() - 1) < 4 * np.sqrt(2 / len(NAMES))
    assert normal("z", NAMES[7]) == z[7]
