from collections.abc import Sequence

from modelsearch.api.warnings import view_warnings
from modelsearch.core.ids import CandidateId
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.search import SearchView
from modelsearch.core.task import TaskSpec
from modelsearch.decide.estimates import estimates
from modelsearch.search.fold import Fold
from modelsearch.testing.factories import make_setting, make_task

N = 20


def view_of(answers: dict[str, Sequence[str | None]], task: TaskSpec | None = None) -> SearchView:
    """Answers by candidate in the shared order, None = cut off; right where they are the target."""
    setting = make_setting(3, N, task=task or make_task(N))
    fold = Fold(setting)
    targets = {item.id: item.target for item in setting.task.items}
    for name, given in answers.items():
        for item_id, answer in zip(setting.item_ids, given, strict=False):
            status = Status.TRUNCATED if answer is None else Status.OK
            score = float(answer == targets[item_id])
            fold.take(
                Outcome(candidate_id=CandidateId(name), item_id=item_id, status=status, answer=answer, score=score)
            )
    return fold.view()


def told(view: SearchView) -> list[tuple[str, str]]:
    return [(warned.code, warned.subject) for warned in view_warnings(view, estimates(view))]


def right() -> list[str]:
    setting = make_setting(3, N, task=make_task(N))
    targets = {item.id: str(item.target) for item in setting.task.items}
    return [targets[item_id] for item_id in setting.item_ids]


def test_good_answers_and_no_answers_give_no_warning() -> None:
    assert told(view_of({})) == []
    assert told(view_of({"m00": right(), "m01": right()})) == []


def test_one_answer_to_all_is_told_of_whoever_gave_it() -> None:
    assert told(view_of({"m00": right(), "m02": ["yes"] * N})) == [("one_answer", "m02")]


def test_answers_cut_off_are_told() -> None:
    cut = (None, None, None, *right()[3:])
    assert [code for code, subject in told(view_of({"m00": right(), "m01": cut})) if subject == "m01"] == ["truncated"]


def test_a_baseline_no_better_than_the_commonest_answer_is_told() -> None:
    other = {"yes": "no", "no": "yes"}
    half = [answer if column % 4 < 2 else other[answer] for column, answer in enumerate(right())]
    assert ("majority_class", "task") in told(view_of({"m00": half}))


def test_an_example_that_is_also_an_item_is_told() -> None:
    task = make_task(N)
    view = view_of({}, make_task(N, examples=task.items[:1]))
    assert [subject for _, subject in told(view)] == ["task"]
