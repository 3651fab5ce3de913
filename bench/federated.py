"""`make bench-federated`: outcomes of others as a past, honest and all wrong, leave one table out.

For each recorded table another project exports its outcomes on the other tables (means a model; the file goes through
export and import as between two real projects), and this project imports them at trust 0.5 and searches the table it
has never seen. Three arms, search by search: nothing imported; the honest export; the same export with every score s
turned into 1 - s. First what they let expect: rank correlation with the truth of the unseen table, beside list price.
Then what it is worth: net captured saving, paired; its interval is wide, for a search at 2 % of X hangs on few items.
Holds where the honest export ranks better than list price, neither import costs more than 0.02 of the saving beyond
chance (upper end of the 95 % interval, clustered by table), and false certificates stay at or below alpha in every arm.
Exit code 0 only then, 77 without the data.
"""

import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from bench.compared import SKIPPED, Bench, read_options, run
from bench.transfer import rank_correlation
from modelsearch.api.federated import export_outcomes, import_outcomes
from modelsearch.compare.aggregate import column, paired_difference
from modelsearch.compare.cases import cases_of
from modelsearch.compare.past import past_of
from modelsearch.compare.search import Row
from modelsearch.core.ids import CandidateId
from modelsearch.decide.past_quality import NewTask, expected_of
from modelsearch.settings import read_settings
from modelsearch.store.federated_lines import Line, ModelLine, line_bytes, lines_of
from modelsearch.store.outcome_export import Told
from modelsearch.store.past_tasks import read_pasts

N_SEEDS, SHARE, TRUST, ALPHA, MAX_LOSS = 6, 0.02, 0.5, 0.05, 0.02
HONEST, WRONG = " and others", " and others, all wrong"


def main() -> int:
    """Compare, and say by the exit code whether honest exports help and wrong ones are harmless."""
    bench = read_options("federated", N_SEEDS)
    if bench is None:
        return SKIPPED
    print(bench.told("make bench-federated") + f", at {SHARE:g} of X, trust {TRUST:g}")
    rows: list[Row] = []
    ranks: list[tuple[float, float, float]] = []
    with tempfile.TemporaryDirectory() as home:
        for table in bench.folders:
            sources = imported(table, bench.folders, Path(home) / table)
            ranks.append(rankings(bench.folders[table], sources))
            rows += rows_of(bench, table, sources)
    name = bench.plans[0]
    for plan in (name, name + HONEST, name + WRONG):
        print(f"  {plan}: {told_arm([row for row in rows if row['plan'] == plan])}")
    honest, wrong, price = np.mean(ranks, axis=0)
    print(f"  rank correlation with the truth: honest {honest:.3f}, all wrong {wrong:.3f}, list price {price:.3f}")
    faults = [*faults_of(rows, name), *([] if honest > price else ["HONEST RANKS NO BETTER THAN PRICE"])]
    print(f"federated: {'; '.join(faults) if faults else 'holds'}")
    return 1 if faults else 0


def rankings(folder: Path, sources: Mapping[str, Path]) -> tuple[float, float, float]:
    """Rank correlation with the truth of a table: of what each source lets expect, and of list price."""
    table = past_of(folder)
    models = {CandidateId(str(row)): found.model for row, found in enumerate(table.models)}
    truth = np.array([found.quality for found in table.models])
    ranked = []
    for source in sources.values():
        expected = expected_of(read_pasts(source), NewTask(traits=table.traits, models=models))
        ranked.append(0.0 if expected is None else rank_correlation(expected.quality, truth))
    price = np.array([found.model.usd_per_mtok or np.nan for found in table.models], dtype=np.float64)
    return ranked[0], ranked[1], rank_correlation(price, truth)


def rows_of(bench: Bench, table: str, sources: Mapping[str, Path]) -> list[Row]:
    """The three arms on one table."""
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
        if not ahead.high > -MAX_LOSS:
            faults.append(f"{arm.upper()} COSTS TOO MUCH")
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
