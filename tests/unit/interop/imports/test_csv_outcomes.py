"""Tables of one's own: usual names of columns, named ones, repeats, statuses, and everything that is refused."""

from decimal import Decimal
from pathlib import Path

import pytest

from modelsearch.core.errors import LogFileError, OptionError
from modelsearch.core.outcome import Status
from modelsearch.interop.imports.csv_outcomes import read
from modelsearch.interop.logged import Evaluation, Wanted


def table(folder: Path, text: str, **wanted: object) -> Evaluation:
    path = folder / "past.csv"
    path.write_text(text, encoding="utf-8")
    return read([path], Wanted(**wanted))  # type: ignore[arg-type]


def test_usual_names_are_understood(tmp_path: Path) -> None:
    found = table(
        tmp_path, "question_id,model_name,question,gold,output,correct,cost,latency_ms\nq1,m,2+2?,4,4,true,0.001,250\n"
    )
    assert found.items[0].fields == {"input": "2+2?"}
    assert found.items[0].target == "4"
    outcome = found.outcomes[0]
    assert (outcome.model, outcome.answer, outcome.score) == ("m", "4", 1.0)
    assert (outcome.cost_usd, outcome.latency_s) == (Decimal("0.001"), 0.25)


def test_rows_of_one_model_and_item_are_repeats(tmp_path: Path) -> None:
    found = table(tmp_path, "model,id,score\nm,a,1\nm,a,0\nm,b,1\n")
    assert [(o.item_id, o.repeat) for o in found.outcomes] == [("a", 0), ("a", 1), ("b", 0)]


def test_a_failure_is_no_zero(tmp_path: Path) -> None:
    found = table(tmp_path, "model,id,score,status\nm,a,0,error\nm,b,0,ok\n")
    assert [(o.status, o.score) for o in found.outcomes] == [(Status.ERROR, None), (Status.OK, 0.0)]


def test_other_columns_are_named_and_the_rest_is_told(tmp_path: Path) -> None:
    found = table(
        tmp_path, "who,what,grade,mood\nm,a,0.5,fine\n", columns={"model": "who", "item": "what", "score": "grade"}
    )
    assert found.outcomes[0].score == 0.5
    assert [left.what for left in found.left_out] == ["column mood"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("model,id,score\nm,a,7\n", "line 2: score: expected a number in [0, 1]"),
        ("model,id,score\nm,a,good\n", "line 2: score: expected a number"),
        ("model,id,score,cost\nm,a,1,-2\n", "expected a number >= 0"),
        ("model,id\nm,a\n", "expected a column `score` or `answer`"),
        ("model,score\nm,1\n", "no column of items"),
        ("id,score\na,1\n", "no model: name it with --model"),
        ("model,id,score,status\nm,a,1,melted\n", "status: expected one of"),
        ("model,id,score\nm,a,1,2\n", "line 2: expected 3 columns"),
        ("model,id,score,target\nm,a,1,x\nn,a,1,y\n", "line 3: item 'a' has another target"),
        ("", "no rows"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(LogFileError) as error:
        table(tmp_path, text)
    assert told in str(error.value)


def test_columns_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="has no column 'x'"):
        table(tmp_path, "model,id,score\nm,a,1\n", columns={"item": "x"})
    with pytest.raises(OptionError, match="--column"):
        table(tmp_path, "model,id,score\nm,a,1\n", columns={"colour": "id"})
