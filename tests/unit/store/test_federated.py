"""Outcomes to and from other projects: what leaves, what is believed, what is refused."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.errors import OptionError, OutcomesFileError
from modelsearch.core.federated import Source
from modelsearch.core.past import error_variance
from modelsearch.store.federated import SPREAD_SD, FederatedStore, imported_of, read_export
from modelsearch.store.federated import Told as Kept
from modelsearch.store.federated_lines import MAX_LINE_BYTES, ModelLine, TaskLine
from modelsearch.store.outcome_export import Told, project_of, read_salt, write_export
from modelsearch.store.past_tasks import read_pasts
from modelsearch.store.shared_tasks import shared_table
from tests.unit.api.small import make_table

SALT = b"s" * 32
HASH = "ab" * 12


def exported(tmp_path: Path, told: Told | None = None, *, salt: bytes = SALT, n_models: int = 4) -> Path:
    path = tmp_path / "export.jsonl"
    write_export(path, [shared_table(make_table(n_models, 30))], told or Told(), salt)
    return path


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_what_leaves_is_scores_and_hashes_and_nothing_else(tmp_path: Path) -> None:
    path = exported(tmp_path)
    text, table = path.read_text(), make_table(4, 30)
    kinds = [row["type"] for row in rows(path)]
    assert (kinds.count("head"), kinds.count("task"), kinds.count("model"), kinds.count("item")) == (1, 1, 4, 120)
    for secret in (table.name, *table.item_ids, "yes", '"no"'):
        assert f'"{secret}"' not in text
    items = [row for row in rows(path) if row["type"] == "item"]
    assert set(items[0]) == {"type", "task", "model", "item", "score", "cost_usd", "tokens_in", "tokens_out"}
    assert len({row["item"] for row in items}) == 30


def test_hashes_are_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = {row["item"] for row in rows(exported(tmp_path / "a")) if "item" in row}
    second = {row["item"] for row in rows(exported(tmp_path / "b", salt=b"t" * 32)) if "item" in row}
    assert not first & second
    salt = read_salt(tmp_path / "salt")
    assert read_salt(tmp_path / "salt") == salt
    assert len(salt) == 32
    assert (tmp_path / "salt").stat().st_mode & 0o077 == 0


def test_means_alone_are_noisy_as_said(tmp_path: Path) -> None:
    told = Told(is_by_item=False, epsilon=0.5)
    found: list[float] = []
    for n in range(60):
        (tmp_path / str(n)).mkdir()
        lines = rows(exported(tmp_path / str(n), told))
        assert not [row for row in lines if row["type"] == "item"]
        found += [row["quality"] for row in lines if row["type"] == "model" and row["name"] == "m2"]
    assert lines[2]["noise_scale"] == pytest.approx(1 / (30 * 0.5))
    truth = float(make_table(4, 30).score[2].mean())
    assert np.std(found) == pytest.approx(np.sqrt(2) / 15, rel=0.5)
    assert np.mean(found) == pytest.approx(truth, abs=0.05)
    assert "epsilon 0.5" in lines[0]["privacy"]


@pytest.mark.parametrize("given_", [{"epsilon": 1.0}, {"is_by_item": False, "epsilon": 0.0}, {"score_step": 0.7}])
def test_what_cannot_be_told_is_refused(given_: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="expected"):
        Told(**given_)


def test_nothing_to_tell_is_told(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="no outcome"):
        write_export(tmp_path / "x", [], Told(), SALT)


def test_a_source_is_kept_trusted_otherwise_and_forgotten(tmp_path: Path) -> None:
    store, path = FederatedStore(tmp_path / "home"), exported(tmp_path)
    assert store.past() == []
    source = store.add(path, name="org", trust=0.5, own_project="f" * 24)
    assert (source.n_tasks, source.n_models, source.trust, store.names()) == (1, 4, 0.5, ["org"])
    (imported,) = store.past()
    assert imported.tasks[0].models[0].quality == 1.0
    assert store.trust("org", 0.25).trust == 0.25
    wider = store.past()[0].tasks[0].models[0].error_variance
    assert wider == pytest.approx(error_variance(1.0, 30) + 3 * SPREAD_SD**2)
    assert read_pasts(tmp_path / "home" / "org.json") == list(store.past()[0].tasks)
    with pytest.raises(OutcomesFileError, match="already"):
        store.add(path, name="org", trust=0.5, own_project="f" * 24)
    store.forget("org")
    assert store.past() == []
    with pytest.raises(OptionError, match="there are: none"):
        store.forget("org")


def test_our_own_exports_and_strangers_under_a_known_name_are_refused(tmp_path: Path) -> None:
    store, path = FederatedStore(tmp_path / "home"), exported(tmp_path)
    with pytest.raises(OutcomesFileError, match="of this project"):
        store.add(path, name="org", trust=0.5, own_project=project_of(SALT))
    store.add(path, name="org", trust=0.5, own_project="f" * 24)
    (tmp_path / "b").mkdir()
    with pytest.raises(OutcomesFileError, match="another project"):
        store.add(exported(tmp_path / "b", salt=b"t" * 32), name="org", trust=0.5, own_project="f" * 24)


@given(trust=st.floats(0.01, 1.0), n_tasks=st.integers(1, 40))
def test_a_source_counts_as_ten_tasks_at_most_however_much_it_tells(trust: float, n_tasks: int) -> None:
    told = read_told(n_tasks)
    told = replace_trust(told, trust)
    variance = imported_of(told).tasks[0].models[0].error_variance
    own = error_variance(0.5, 10**6)
    assert variance - own == pytest.approx(SPREAD_SD**2 * (1 - trust) / trust * max(1, n_tasks / 10))


def read_told(n_tasks: int) -> Any:
    ids = [f"{n:024x}" for n in range(n_tasks)]
    source = Source(name="a", trust=1.0, project=HASH, files=(), n_tasks=n_tasks, n_models=1, imported_at="")
    models = tuple(ModelLine(each, "m", None, None, 10**6, 0.5, 0.0, None) for each in ids)
    return Kept(source=source, tasks={each: TaskLine(each, "", 0, None) for each in ids}, models=models)


def replace_trust(told: Any, trust: float) -> Any:
    return replace(told, source=replace(told.source, trust=trust))


HEAD = {
    "type": "head",
    "format": "modelsearch outcomes",
    "version": 1,
    "project": HASH,
    "exported_at": "",
    "privacy": "",
}
TASK = {"type": "task", "id": HASH, "kind": "", "n_labels": 0, "input_tokens": None}
MODEL = {
    "type": "model",
    "task": HASH,
    "name": "gpt-9",
    "params_b": None,
    "usd_per_mtok": 1.0,
    "n_items": 10,
    "quality": 0.5,
    "noise_scale": 0.0,
    "cost_usd": None,
}
ITEM = {
    "type": "item",
    "task": HASH,
    "model": "gpt-9",
    "item": "cd" * 12,
    "score": 0.5,
    "cost_usd": None,
    "tokens_in": None,
    "tokens_out": None,
}


def file_of(tmp_path: Path, *lines: Any) -> Path:
    path = tmp_path / "x.jsonl"
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def test_the_smallest_export_is_read(tmp_path: Path) -> None:
    told = read_export(file_of(tmp_path, HEAD, TASK, MODEL))
    assert [line.name for line in told.models] == ["gpt-9"]


HOSTILE: dict[str, tuple[Any, ...]] = {
    "empty": (),
    "html": ("<html>",),
    "other head": ({**HEAD, "format": "x"},),
    "newer": ({**HEAD, "version": 2},),
    "no models": (HEAD, TASK),
    "unknown field": (HEAD, TASK, {**MODEL, "prompt": "x"}),
    "score above 1": (HEAD, TASK, {**MODEL, "quality": 1.5}),
    "negative score": (HEAD, TASK, MODEL, {**ITEM, "score": -0.1}),
    "nan": (HEAD, TASK, json.dumps(MODEL).replace("0.5", "NaN")),
    "infinite": (HEAD, TASK, json.dumps(MODEL).replace("0.5", "1e999")),
    "score as text": (HEAD, TASK, {**MODEL, "quality": "0.5"}),
    "absurd cost": (HEAD, TASK, {**MODEL, "cost_usd": 1e9}),
    "absurd items": (HEAD, TASK, {**MODEL, "n_items": 10**12}),
    "formula name": (HEAD, TASK, {**MODEL, "name": '=HYPERLINK("http://x")'}),
    "command name": (HEAD, TASK, {**MODEL, "name": "+cmd|' /C calc'!A0"}),
    "escape in name": (HEAD, TASK, {**MODEL, "name": "gpt\x1b[31m"}),
    "path as task": (HEAD, {**TASK, "id": "../../etc/passwd"}, MODEL),
    "path as item": (HEAD, TASK, MODEL, {**ITEM, "item": "../x"}),
    "markup in kind": (HEAD, {**TASK, "kind": "<script>"}, MODEL),
    "newlines in privacy": ({**HEAD, "privacy": "a\nb"}, TASK, MODEL),
    "twice": (HEAD, TASK, MODEL, MODEL),
    "item twice": (HEAD, TASK, MODEL, ITEM, ITEM),
    "head in the middle": (HEAD, TASK, MODEL, HEAD),
    "task missing": (HEAD, MODEL),
    "model missing": (HEAD, TASK, MODEL, {**ITEM, "model": "other"}),
    "does not add up": (HEAD, TASK, {**MODEL, "n_items": 1, "quality": 0.9}, ITEM),
    "deep": (HEAD, "[" * 3000),
    "long line": (HEAD, {**HEAD, "privacy": "a" * MAX_LINE_BYTES}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_with_a_reason_and_leave_nothing(tmp_path: Path, name: str) -> None:
    store = FederatedStore(tmp_path / "home")
    with pytest.raises(OutcomesFileError, match=r"x\.jsonl"):
        store.add(file_of(tmp_path, *HOSTILE[name]), name="org", trust=0.5, own_project="f" * 24)
    assert store.names() == []


@pytest.mark.parametrize("limit", ["MAX_LINES", "MAX_BYTES"])
def test_millions_of_rows_are_refused_before_they_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(f"modelsearch.store.federated_lines.{limit}", 2)
    with pytest.raises(OutcomesFileError, match=r"more than 2 lines|at most 2"):
        read_export(file_of(tmp_path, HEAD, TASK, MODEL))


def test_many_tasks_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelsearch.store.federated.MAX_TASKS", 0)
    with pytest.raises(OutcomesFileError, match="more than 0 tasks"):
        read_export(file_of(tmp_path, HEAD, TASK, MODEL))


@pytest.mark.parametrize("name", ["../x", "a/b", "", "A B", "x" * 65, "..", "=cmd"])
def test_names_of_sources_are_no_paths(tmp_path: Path, name: str) -> None:
    with pytest.raises(OptionError, match="--source"):
        FederatedStore(tmp_path).add(exported(tmp_path), name=name, trust=0.5, own_project="f" * 24)


@pytest.mark.parametrize("trust", [0.0, -1.0, 1.1, float("nan")])
def test_trust_is_a_share(tmp_path: Path, trust: float) -> None:
    with pytest.raises(OptionError, match="--trust"):
        FederatedStore(tmp_path).add(exported(tmp_path), name="a", trust=trust, own_project="f" * 24)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutcomesFileError, match="cannot be read"):
        read_export(tmp_path / "none")
