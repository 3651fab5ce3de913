from decimal import Decimal
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.emulator.app import EmulatorOptions
from modelsearch.emulator.bill import Bill, LogLine, read_log
from tests.unit.emulator.small import KEY, endpoint_of, prompts, running_world, world


def line(cost_usd: Decimal, model: str = "m") -> LogLine:
    return LogLine(
        at_s=1.0, provider="p", model=model, host="", item="i", prompt="x", attempt=0, status=200, cost_usd=cost_usd
    )


@given(st.lists(st.tuples(st.decimals(0, 5, places=12), st.sampled_from("ab")), max_size=30))
def test_totals_are_exact_sums(costs: list[tuple[Decimal, str]]) -> None:
    bill = Bill()
    for cost, model in costs:
        bill.add(line(cost, model))
    summary = msgspec.json.decode(bill.summary())
    assert Decimal(summary["total_usd"]) == sum((cost for cost, _ in costs), Decimal(0))
    per_model = {name: Decimal(row["cost_usd"]) for name, row in summary["models"].items()}
    assert sum(per_model.values(), Decimal(0)) == bill.total_usd
    assert summary["n_requests"] == len(costs)


def test_a_log_file_holds_every_line_and_survives_half_a_line(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    bill = Bill(path)
    lines = [line(Decimal(number) / 7) for number in range(5)]
    for each in lines:
        bill.add(each)
    bill.close()
    with path.open("ab") as file:
        file.write(b'{"at_s":')
    assert read_log(path) == lines


def test_the_server_writes_its_log_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    endpoint = endpoint_of(world().market, "openai_chat")
    with running_world(EmulatorOptions(key=KEY, log_path=path)) as asker:
        for number, prompt in enumerate(list(prompts(world().task))[:3]):
            asker.ask(endpoint, prompt)
            assert len(read_log(path)) == number + 1
        assert read_log(path) == asker.app.bill.lines
