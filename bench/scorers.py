"""Scorers that run code, ask a judge, or vary, held against what is known of them.

Run with `python -m bench.scorers`.

1. Hostile programs: each ends within its time, with a status, never as passed, and touches nothing outside.
2. A judge of known error: the kappa that the search tells covers the true one, 95 times in 100 or nearly.
3. Repeats: with noise, certificates at the margin are wrong no more often than alpha; those that ignore noise are.
"""

import socket
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np

from modelsearch.core.ids import ItemId
from modelsearch.core.result import Verdict
from modelsearch.core.search import Floats, SearchView
from modelsearch.core.task import Item
from modelsearch.decide.estimates import estimates
from modelsearch.decide.evidence import evidence
from modelsearch.decide.noise import proof_of
from modelsearch.decide.pairs import paired
from modelsearch.emulator.judge import JudgedBehaviour, JudgeHabits
from modelsearch.emulator.replies import Asked, EmulatedReply
from modelsearch.evaluate.judge_prompt import grade_of, pointwise_messages
from modelsearch.evaluate.sandbox import Limits, run_program
from modelsearch.evaluate.scorers.judge import Judge
from modelsearch.stats.agreement import weighted_kappa
from modelsearch.testing.factories import make_task, make_view

SEED = 20261123
WALL_S, SLACK_S = 3.0, 7.0
N_JUDGES, N_LABELS, P_ERROR = 150, 120, 0.12
MARGIN, ALPHA, K, N_ITEMS, N_WORLDS, N_ROWS = 0.05, 0.05, 3, 80, 120, 6
JUDGE = ("judge", "made-up")


def main() -> int:
    """Run all three; 0 where all hold."""
    print(f"command: python -m bench.scorers; seed {SEED}; data: programs and worlds made here")
    holds = [hostile_holds(), agreement_holds(), repeats_hold()]
    print("holds" if all(holds) else "does not hold")
    return 0 if all(holds) else 1


def hostile_holds() -> bool:
    """Every program that means harm ends as it must."""
    print("\n1. hostile programs (deadline 3 s, 256 MB)")
    holds = True
    with closing(socket.create_server(("127.0.0.1", 0))) as server, tempfile.TemporaryDirectory() as outside:
        for name, program in hostile_programs(outside, server.getsockname()[1]).items():
            began_s = time.monotonic()
            ran = run_program(program, Limits(wall_s=WALL_S, memory_mb=256))
            took_s = time.monotonic() - began_s
            is_good = ran.end != "passed" and took_s < WALL_S + SLACK_S and not list(Path(outside).iterdir())
            holds &= is_good
            print(f"   {name:24} {ran.end:8} {took_s:5.1f} s  {'' if is_good else 'WRONG '}{ran.detail[:70]}")
        ran = run_program("assert sum(range(10)) == 45\n")
        print(f"   {'an honest program':24} {ran.end:8}          walls: {', '.join(ran.layers)}")
    return holds and ran.end == "passed"


def hostile_programs(outside: str, port: int) -> dict[str, str]:
    """By what they try."""
    return {
        "fork bomb": "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass\n",
        "endless loop": "while True:\n    pass\n",
        "endless sleep": "import time\ntime.sleep(1000)\n",
        "allocates 10 GB": "x = bytearray(10 * 1024**3)\n",
        "10 GB bit by bit": "x = []\nwhile True:\n    x.append(bytearray(10**7))\n",
        "writes outside": f"open({outside!r} + '/owned', 'w').write('x')\n",
        "fills the disk": "f = open('a', 'w')\nwhile True:\n    f.write('x' * 10**6)\n",
        "opens a socket": f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 2)\n",
        "prints 1 GB": "for _ in range(1000):\n    print('x' * 10**6)\nassert False\n",
        "exits 0 early": "import sys\nsys.exit(0)\n",
        "os._exit(0)": "import os\nos._exit(0)\n",
        "leaves a child behind": "import os, time\nif os.fork() == 0:\n    time.sleep(600)\nassert False\n",
        "kills its parent": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nassert False\n",
        "crashes": "import faulthandler\nfaulthandler._sigsegv()\n",
    }


class _Nobody:
    """A behaviour that knows nothing; a judge stands before it."""

    def reply(self, asked: Asked) -> EmulatedReply | None:  # noqa: ARG002 - the role's signature
        return None


def agreement_holds() -> bool:
    """The stated interval of kappa covers the truth of judges that err at a known rate."""
    truth = (1 - P_ERROR - 0.5) / 0.5  # answers half right, half wrong: two raters agree by chance half the time
    found = [kappa_of(seed) for seed in range(N_JUDGES)]
    covered = float(np.mean([low <= truth <= high for _, low, high in found]))
    mean, width = float(np.mean([k for k, _, _ in found])), float(np.mean([high - low for _, low, high in found]))
    error = 3 * float(np.sqrt(0.95 * 0.05 / N_JUDGES))
    print(f"\n2. judges that err {P_ERROR:.0%} of the time; {N_LABELS} answers scored by people, {N_JUDGES} judges")
    print(
        f"   true kappa {truth:.3f}, told {mean:.3f} on average, width {width:.3f}, covered {covered:.1%} (want 95 %)"
    )
    return abs(mean - truth) < 0.02 and covered >= 0.95 - error


def kappa_of(seed: int) -> tuple[float, float, float]:
    """Kappa with its bounds of one made-up judge, through the prompts and replies of a search."""
    habits = JudgeHabits(p_error=P_ERROR)
    behaviour = JudgedBehaviour(inner=_Nobody(), judge=JUDGE, habits=habits, seed=SEED + seed)
    judge, people, judged = Judge(model="made-up"), [], []
    for n in range(N_LABELS):
        item = Item(id=ItemId(f"q{seed}-{n}"), input=f"the word of number {n}?", target=f"word {n}")
        messages = pointwise_messages(judge, item, f"word {n}" if n % 2 else "no idea", 1000)
        reply = behaviour.reply(
            Asked(provider_id=JUDGE[0], wire_name=JUDGE[1], prompt_text="\n\n".join(m.content for m in messages))
        )
        score = None if reply is None else grade_of(reply.text, judge.scale)
        if score is not None:
            people.append(float(n % 2))
            judged.append(score)
    found = weighted_kappa(np.array(judged), np.array(people))
    return found.kappa, found.low, found.high


def repeats_hold() -> bool:
    """At a loss just beyond the margin, and with noise, nothing is certified more often than alpha."""
    rng = np.random.default_rng(SEED)
    views = [noisy_view(rng, -MARGIN - 0.001) for _ in range(N_WORLDS)]
    ours, naive = (float(np.mean([certified(v, is_naive=flag) for v in views])) for flag in (False, True))
    covered = float(np.mean([share_covered(view, -MARGIN - 0.001) for view in views]))
    strong = float(np.mean([certified(noisy_view(rng, 0.1, n_items=600), is_naive=False) for _ in range(10)]))
    print(f"\n3. {N_ITEMS} items, all bought, {K} repeats each; {N_WORLDS} worlds x {N_ROWS} candidates at the margin")
    print(f"   wrongly certified at alpha {ALPHA}: {ours:.1%}; by a proof that ignores noise: {naive:.1%}")
    print(f"   95 % intervals of the gap that cover the truth: {covered:.1%}")
    print(f"   candidates better by 10 points on 600 items, certified: {strong:.0%}")
    return ours <= ALPHA and naive > ALPHA and covered >= 0.93 and strong > 0.5


def noisy_view(rng: np.random.Generator, gap: float, n_items: int = N_ITEMS) -> SearchView:
    """A baseline of quality 0.75 and candidates that differ by `gap` on every item; scores are means of `K` draws."""
    hard = rng.uniform(0.6, 0.9, n_items)
    p_right = np.vstack([hard, np.tile(hard + gap, (N_ROWS, 1))])
    draws = rng.random((K, *p_right.shape)) < p_right
    task = make_task(n_items, n_repeats=K, margin=MARGIN, alpha=ALPHA)
    view = make_view(draws.mean(axis=0), task=task, list_cost_usd=[10.0] + [1.0] * N_ROWS)
    noise = (draws.var(axis=0, ddof=1) / K).astype(np.float32)
    return replace(view, outcomes=replace(view.outcomes, noise=noise))


def certified(view: SearchView, *, is_naive: bool) -> float:
    """Share of the candidates that are certified, each at alpha."""
    pairs = paired(view)
    levels: Floats = np.full(len(view.candidates), ALPHA)
    proof = evidence(view, pairs) if is_naive else proof_of(view, pairs)
    return float(np.mean([v is Verdict.NON_INFERIOR for v in proof.verdicts(levels, ALPHA)[1:]]))


def share_covered(view: SearchView, truth: float) -> float:
    """Share of the candidates whose stated interval of the gap holds it."""
    gaps = [estimate.gap for estimate in estimates(view)[1:]]
    return float(np.mean([gap is not None and gap.low <= truth <= gap.high for gap in gaps]))


if __name__ == "__main__":
    sys.exit(main())
