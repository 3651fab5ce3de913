"""`make bench-federated`: outcomes of others as a past, honest and all wrong, leave one table out.

For each recorded table another project exports its outcomes on the other tables (means a model; the file goes through
export and import as between two real projects), and this project imports them at trust 0.5 and searches the table it
has never seen. Three arms, search by search: nothing imported; the honest export; the same export with every score s
turned into 1 - s. Holds where the honest one helps (paired mean in net captured saving at 2 % of X above 0), the wrong
one costs at most 0.02 of it in the mean, and false certificates stay at or below alpha in both. Exit code 0 only then,
77 without the data.
"""

import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from bench.compared import SKIPPED, Bench, read_options, run
from modelsearch.api.federated import export_outcomes, import_outcomes
from modelsearch.compare.aggregate import column, paired_difference
from modelsearch.compare.cases import cases_of
from modelsearch.compare.search import Row
from modelsearch.settings import read_settings
from modelsearch.store.federated_lines import Line, ModelLine, line_bytes, lines_of
from modelsearch.store.outcome_export import Told

N_SEEDS, SHARE, TRUST, ALPHA, MAX_LOSS = 2, 0.02, 0.5, 0.05, 0.02
HONEST, WRONG = " and others", " and others, all wrong"


def main() -> int:
    """Compare, and say by the exit code whether honest exports help and wrong ones are harmless."""
    bench = read_options("federated", N_SEEDS)
    if bench is None:
        return SKIPPED
    print(bench.told("make bench-federated") + f", at {SHARE:g} of X, trust {TRUST:g}")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as home:
        for table in bench.folders:
            rows += rows_of(bench, table, Path(home) / table)
    name = bench.plans[0]
    for plan in (name, name + HONEST, name + WRONG):
        print(f"  {plan}: {told_arm([row for row in rows if row['plan'] == plan])}")
    faults = faults_of(rows, name)
    print(f"federated: {'; '.join(faults) if faults else 'holds'}")
    return 1 if faults else 0


def rows_of(bench: Bench, table: str, home: Path) -> list[Row]:
    """The three arms on one table."""
    sources = imported(table, bench.folders, home)
    comparison = bench.comparison(bench.contenders(), (SHARE,))
    own = {table: bench.folders[table]}
    comparison = replace(comparison, folders=own, cases=cases_of(list(own.values())))
    found = run(comparison, f"{table} alone")
    for arm, source in sources.items():
        some = run(replace(comparison, past=(source,)), f"{table}{arm}")
        found += [{**row, "plan": f"{row['plan']}{arm}"} for row in some]
    return found


def imported(table: str, folders: Mapping[str, Path], home: Path) -> dict[str, Path]:
    """What two sources tell of the other tables, by arm: files of a project's imports."""
    home.mkdir(parents=True)
    them = read_settings({"MODELSEARCH_HOME": str(home / "them")})
    us = read_settings({"MODELSEARCH_HOME": str(home / "us")})
    others = [str(folder) for name, folder in folders.items() if name != table]
    honest, wrong = home / "honest.jsonl", home / "wrong.jsonl"
    found = export_outcomes(others, honest, Told(is_by_item=False), them)
    print(f"{table}: {found.n_tasks} others, {found.n_models} models, {honest.stat().st_size} bytes")
    wrong.write_bytes(b"".join(line_bytes(turned(line)) for line in lines_of(honest)))
    for name, path in (("honest", honest), ("wrong", wrong)):
        import_outcomes(path, name=name, trust=TRUST, settings=us)
    return {HONEST: us.federated / "honest.json", WRONG: us.federated / "wrong.json"}


def turned(line: Line) -> Line:
    """The same line with the score on its head."""
    return msgspec.structs.replace(line, quality=1 - line.quality) if isinstance(line, ModelLine) else line


def faults_of(rows: Sequence[Row], name: str) -> list[str]:
    """What is missing, in words."""
    faults = []
    honest = paired_difference(rows, name + HONEST, name, SHARE)
    wrong = paired_difference(rows, name + WRONG, name, SHARE)
    for arm, ahead in (("honest", honest), ("wrong", wrong)):
        print(f"  {arm}: net captured {ahead.mean:+.3f} ({ahead.low:+.3f} to {ahead.high:+.3f}, {ahead.n} searches)")
    if not honest.mean > 0:
        faults.append("HONEST DOES NOT HELP")
    if not wrong.mean > -MAX_LOSS:
        faults.append("WRONG COSTS TOO MUCH")
    for arm in ("", HONEST, WRONG):
        own = [row for row in rows if row["plan"] == name + arm]
        if np.nanmean(column(own, "is_false_certificate")) > ALPHA:
            faults.append(f"FALSE CERTIFICATES with{arm or ' nothing'}")
    return faults


def told_arm(rows: Sequence[Row]) -> str:
    """Means of an arm."""
    shown = {name: float(np.nanmean(column(rows, name))) for name in ("net_captured", "is_wrong", "is_certified")}
    n_false = int(np.nansum(column(rows, "is_false_certificate")))
    return f"{', '.join(f'{k} {v:.3f}' for k, v in shown.items())}, false certificates {n_false} of {len(rows)}"


if __name__ == "__main__":
    sys.exit(main())
