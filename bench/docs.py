"""`make bench-docs`: every shell command and every Python block of README.md and docs/ runs, in a clean clone.

A clone of the commit, an environment made in it by `make setup`, one more clone for each page. Live providers are the
emulator: `openrouter/openai/gpt-4o` becomes the emulated market's own baseline, RUN the newest run of the page; a real
Prefect server stands beside. Output that a page shows is compared, but for run ids, times and paths. What is not run is
marked in the page's source with its reason, and told here. Then the site is built strictly, and no built page asks for
anything over the net. `--page docs/x.md` runs one page,
`--write` puts real output into the pages, `--venv .venv` lends an environment in place of making one. The last line
says whether it holds; exit code 0 only then.
"""

import argparse
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from bench.docs_blocks import ROOT, Block, blocks, pages
from bench.docs_build import SITE, build
from bench.docs_run import Ran, run_page, written_output
from bench.docs_world import Place, borrow, clone, emulated_providers, plain_environ
from bench.own_venv import NotAvailableError
from bench.prefect_server import prefect_server

AS_NEW = frozenset({"docs/tutorial.md"})
"""Pages whose output is that of the made-up market, on a project without any run."""


def main() -> int:
    """Run, tell, and say whether all holds."""
    given = _options()
    chosen = [page for page in pages() if given.page in {None, page.relative_to(ROOT).as_posix()}]
    with tempfile.TemporaryDirectory(prefix="modelsearch-docs-") as folder:
        problems = _run_all(chosen, Path(folder), given.venv, is_written=given.write)
    if given.page is None:
        problems += _site_problems()
    print("holds" if not problems else f"does not hold: {len(problems)} problems")
    return 1 if problems else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--page")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--venv", type=Path)
    return parser.parse_args()


def _run_all(chosen: list[Path], folder: Path, lent: Path | None, *, is_written: bool) -> list[str]:
    first = folder / "clone"
    clone(first)
    plain = plain_environ(folder)
    venv = first / ".venv" if lent is None else lent.resolve()
    if lent is None and (problem := _set_up(first, plain)):
        return [problem]
    usual = {**plain, "PATH": f"{venv / 'bin'}:{plain['PATH']}", "PYTHONPATH": str(first)}
    problems: list[str] = []
    with (
        prefect_server(folder / "prefect") as server,
        emulated_providers(Place(folder=first, environ=usual), venv) as live,
    ):
        environ = {**usual, **server.environ}
        seed = _seeded(first, {**environ, **live})
        for page in chosen:
            problems += _page(page, _place(page, folder, venv, seed, environ, live), is_written=is_written)
    return problems


def _set_up(first: Path, environ: Mapping[str, str]) -> str:
    """`make setup` in the clone; what went wrong, or ""."""
    started_s = time.monotonic()
    text = Block(page="make setup", line=0, language="sh", text="make setup")
    ran = next(run_page([text], Place(folder=first, environ=environ)))
    print(f"clone and `make setup`: {time.monotonic() - started_s:.0f} s {ran.problem}", flush=True)
    return "make setup" if ran.problem else ""


def _seeded(first: Path, environ: Mapping[str, str]) -> Path:
    """A project with one finished run, for pages that show what can be done with one."""
    text = "modelsearch search catalogs/examples/classification.yaml --baseline openrouter/openai/gpt-4o --budget-usd 1"
    done = list(run_page([Block(page="seed", line=0, language="sh", text=text)], Place(folder=first, environ=environ)))
    if done[0].problem:
        raise RuntimeError(done[0].problem)
    return first / ".modelsearch"


def _place(
    page: Path, folder: Path, venv: Path, seed: Path, environ: Mapping[str, str], live: Mapping[str, str]
) -> Place:
    name = page.relative_to(ROOT).as_posix()
    target = folder / "pages" / name.replace("/", "-")
    if any(block.is_run for block in blocks(page)):
        clone(target)
        borrow(venv, target / ".venv")
        if name not in AS_NEW:
            shutil.copytree(seed, target / ".modelsearch", symlinks=True)
    own = {**environ, "PYTHONPATH": str(target)}
    return Place(folder=target, environ=own if name in AS_NEW else {**own, **live})


def _page(page: Path, place: Place, *, is_written: bool) -> list[str]:
    found = blocks(page)
    _tell_skipped(found)
    if not any(block.is_run for block in found):
        return []
    ran = list(run_page(found, place))
    if is_written:
        written_output(page, ran)
    problems = [each for each in ran if each.problem]
    print(
        f"{found[0].page}: {len(ran)} blocks, {sum(each.seconds for each in ran):.0f} s, {len(problems)} problems",
        flush=True,
    )
    for each in problems:
        _tell(each)
    return [f"{each.block.page}:{each.block.line}" for each in problems]


def _tell(ran: Ran) -> None:
    print(f"  {ran.block.page}:{ran.block.line}: {ran.problem}", flush=True)


def _tell_skipped(found: list[Block]) -> None:
    for block in found:
        reasons = [
            *((f'"{line}"', told) for line, told in block.skipped_lines),
            *([("block", block.skipped)] if block.skipped else []),
        ]
        for what, told in reasons:
            print(f"not run: {block.page}:{block.line} {what}: {told}")


def _site_problems() -> list[str]:
    """The site is built strictly, and what it loads is its own."""
    try:
        done = build()
    except NotAvailableError as error:
        print(f"site: not built here, its wheels cannot be had: {error}")
        return []
    if done.returncode:
        print(done.stderr[-2000:])
        return ["the site"]
    loads = re.compile(r"""<(?:script|link|img|iframe|source)\b[^>]*?(?:src|href)=["']?(https?:)?//[^"'> ]+""")
    foreign = [
        f"{page}: {told[0]}"
        for page in SITE.rglob("*.html")
        for told in loads.finditer(page.read_text())
        if "canonical" not in told[0]
    ]
    print(
        f"site: {len(list(SITE.rglob('*.html')))} pages, built strictly; {len(foreign)} of them load something foreign"
    )
    return foreign


if __name__ == "__main__":
    sys.exit(main())
