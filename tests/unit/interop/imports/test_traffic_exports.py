"""Traffic from LiteLLM and Langfuse: questions once, a sample, people's word where there is one, what is personal."""

import json
from pathlib import Path
from typing import Any

import pytest

from modelsearch.core.errors import LogFileError
from modelsearch.core.outcome import Status
from modelsearch.interop.imported_folder import Choices, imported_of, write_imported
from modelsearch.interop.importers import importers
from modelsearch.interop.labels import LABEL_FILE, labelled
from modelsearch.interop.logged import Evaluation, Wanted

SYSTEM = "Be kind."


def call(number: int, text: str, **more: Any) -> dict[str, Any]:
    """A row of LiteLLM's spend logs, as `get_logging_payload` makes it (1.106)."""
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": text}]
    answer = {"choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": f"Answer {number}"}}]}
    return {
        "request_id": f"r{number}", "call_type": "acompletion", "api_key": "a-secret-hash", "user": "alice",
        "spend": 0.002, "prompt_tokens": 20, "completion_tokens": 3, "model": "gpt-4o", "custom_llm_provider": "openai",
        "startTime": "2026-11-01 10:00:00.000000+00:00", "endTime": "2026-11-01 10:00:01.500000+00:00",
        "messages": json.dumps(messages), "response": json.dumps(answer), "metadata": '{"status": "success"}',
        "cache_hit": "None", **more,
    }  # fmt: skip


def generation(number: int, **more: Any) -> dict[str, Any]:
    """An observation as Langfuse's UI exports it."""
    return {
        "id": f"o{number}", "traceId": f"t{number}", "type": "GENERATION", "name": "answer", "model": "gpt-4o",
        "startTime": "2026-11-01T10:00:00.000Z", "endTime": "2026-11-01T10:00:02.000Z", "totalCost": 0.002,
        "input": [{"role": "user", "content": f"Q{number}"}], "output": {"role": "assistant", "content": f"A{number}"},
        "usage": {"input": 10, "output": 5}, "level": "DEFAULT", **more,
    }  # fmt: skip


def read(tool: str, folder: Path, rows: list[dict[str, Any]], **wanted: Any) -> Evaluation:
    path = folder / "export.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    return importers()[tool].read([path], Wanted(**wanted))


def test_a_question_counts_once_and_nobodys_key_or_name_is_kept(tmp_path: Path) -> None:
    found = read("litellm", tmp_path, [call(1, "Hello"), call(2, "Hello"), call(3, "Bye")])
    assert len(found.items) == len(found.outcomes) == 2
    assert ("requests", 1) in [(left.what, left.n) for left in found.left_out]
    assert found.models == ("openai/gpt-4o",)
    assert found.outcomes[0].latency_s == pytest.approx(1.5)
    assert "alice" not in repr(found)
    assert "secret" not in repr(found)


def test_what_is_no_chat_or_has_no_prompt_is_told(tmp_path: Path) -> None:
    rows = [call(1, "Hello"), call(2, "x", call_type="aembedding"), call(3, "x", messages="{}", response="{}")]
    rows.append(
        call(4, "y", messages=json.dumps([{"role": "user", "content": "long... (litellm_truncated 900 chars)"}]))
    )
    found = read("litellm", tmp_path, rows)
    assert len(found.items) == 1
    assert sorted(left.what for left in found.left_out) == ["calls", "calls", "calls of aembedding"]


def test_a_failed_call_is_a_failure_and_a_cached_one_has_no_cost(tmp_path: Path) -> None:
    rows = [call(1, "a", status="failure", response="{}"), call(2, "b", cache_hit="True"), call(3, "c", spend=0.0)]
    found = {o.answer: o for o in read("litellm", tmp_path, rows).outcomes}
    assert found[None].status is Status.ERROR
    assert found[None].score is None
    assert found["Answer 2"].cost_usd is None
    assert found["Answer 2"].latency_s is None
    assert found["Answer 3"].cost_usd is None


def test_several_tasks_in_one_log_are_told_apart_by_their_system_prompt(tmp_path: Path) -> None:
    other = json.dumps([{"role": "system", "content": "Translate."}, {"role": "user", "content": "Hallo"}])
    rows = [call(1, "a"), call(2, "b"), call(3, "c", messages=other)]
    found = read("litellm", tmp_path, rows)
    told = next(left for left in found.left_out if "another task" in left.why)
    code = told.why.rsplit(" ", 1)[-1]
    assert len(found.items) == 2
    assert [item.fields for item in read("litellm", tmp_path, rows, task=code).items] == [{"input": "Hallo"}]


def test_the_sample_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    rows = [call(n, f"Question {n}") for n in range(50)]
    ids = [[item.id for item in read("litellm", tmp_path, rows, n_sampled=10, seed=s).items] for s in (0, 0, 1)]
    assert ids[0] == ids[1] != ids[2]
    assert len(ids[0]) == 10


def test_text_about_people_is_told(tmp_path: Path) -> None:
    found = read(
        "litellm", tmp_path, [call(1, "write to bob@example.org"), call(2, "call +49 30 1234567"), call(3, "no")]
    )
    note = next(note for note in found.notes if "PERSONAL DATA" in note)
    assert "2 of 3 items" in note
    assert "bob" not in note


def test_without_targets_it_is_said_and_labels_come_back(tmp_path: Path) -> None:
    rows = [call(n, f"Question {n}") for n in range(3)] + [call(9, "=cmd()")]
    found = read("litellm", tmp_path, rows)
    assert any("NO TARGETS" in note for note in found.notes)
    out = tmp_path / "out"
    write_imported(imported_of(found, Choices()), out, [])
    assert not (out / "items.jsonl").exists()
    text = (out / LABEL_FILE).read_text(encoding="utf-8")
    assert "'=cmd()" in text  # no spreadsheet takes it for a formula
    lines = text.splitlines()
    filled = [lines[0], *(f"{line}yes" for line in lines[1:3]), *lines[3:]]
    (tmp_path / "labels.csv").write_text("\n".join(filled), encoding="utf-8")
    again = labelled(read("litellm", tmp_path, rows), tmp_path / "labels.csv")
    assert [item.target for item in again.items] == ["yes", "yes", None, None]


@pytest.mark.parametrize(
    ("row", "told"), [("x,a,b,c", "not among the 1 imported"), ("{id},a,b,", "no row has a target")]
)
def test_labels_that_fit_nothing_are_refused(tmp_path: Path, row: str, told: str) -> None:
    found = read("litellm", tmp_path, [call(1, "Hello")])
    path = tmp_path / "labels.csv"
    path.write_text("id,input,answer,target\n" + row.format(id=found.items[0].id), encoding="utf-8")
    with pytest.raises(LogFileError, match=told):
        labelled(found, path)


def test_a_score_of_people_is_the_answers_score_or_the_items_target(tmp_path: Path) -> None:
    rows = [generation(1, scores={"thumb": [1]}), generation(2, scores={"thumb": [0]}), generation(3, label="cat")]
    found = read("langfuse", tmp_path, rows, score="thumb")
    assert sorted(o.score for o in found.outcomes if o.score is not None) == [0.0, 1.0]
    assert not any(item.target for item in found.items)
    liked = read("langfuse", tmp_path, rows, score="thumb", is_liked_target=True)
    assert [item.target for item in liked.items if item.target] == ["A1"]
    assert any("liked" in note for note in liked.notes)
    assert [i.target for i in read("langfuse", tmp_path, rows, score="label").items if i.target] == ["cat"]


def test_scores_in_a_file_of_their_own_are_joined(tmp_path: Path) -> None:
    score = {"trace_id": "t1", "name": "ok", "value": 1, "data_type": "NUMERIC", "string_value": None}
    label = {
        "trace_id": "t2",
        "observation_id": "o2",
        "name": "right",
        "value": 0,
        "data_type": "CATEGORICAL",
        "string_value": "dog",
    }
    rows = [generation(1), generation(2), score, label]
    assert [o.score for o in read("langfuse", tmp_path, rows, score="ok").outcomes if o.score is not None] == [1.0]
    assert [i.target for i in read("langfuse", tmp_path, rows, score="right").items if i.target] == ["dog"]
    with pytest.raises(LogFileError, match="scores seen: ok, right"):
        read("langfuse", tmp_path, rows, score="thumb")


def test_spans_are_left_out_and_blob_rows_are_read(tmp_path: Path) -> None:
    blob = {
        "id": "b", "trace_id": "t", "type": "GENERATION", "name": "answer", "provided_model_name": "gpt-4o",
        "start_time": "2026-11-01 10:00:00.000000", "end_time": "2026-11-01 10:00:03.000000", "total_cost": 0.5,
        "input": '{"messages": [{"role": "user", "content": "Blob?"}]}', "output": '"Yes"', "level": "DEFAULT",
        "usage_details": {"input": 7, "output": 2},
    }  # fmt: skip
    found = read("langfuse", tmp_path, [blob, {"id": "s", "type": "SPAN", "name": "answer", "input": "a"}])
    outcome = found.outcomes[0]
    assert (outcome.answer, outcome.latency_s, outcome.input_tokens) == ("Yes", 3.0, 7)
    assert [left.what for left in found.left_out] == ["observations of type SPAN"]


def test_an_empty_export_says_why(tmp_path: Path) -> None:
    with pytest.raises(LogFileError, match="store_prompts_in_spend_logs"):
        read("litellm", tmp_path, [call(1, "x", messages="{}")])
