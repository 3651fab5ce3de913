"""What a person with a report would try, in the browser: each check is a name and what is wrong, "" = nothing."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.report_page import Window
from modelsearch.report.page_json import MAX_INPUT_CHARS
from modelsearch.report.page_text import block
from modelsearch.report.plain import clean, short
from modelsearch.testing.hostile import PAYLOADS

AXE = "axe-core@4.14.1"
BAD = ("serious", "critical")
MADE = (
    "main img, main iframe, main object, main embed, main form, main link, main base, main meta, main math, "
    "main template, main textarea, main plaintext, #item-list svg, [onerror], [onload], [onfocus], [ontoggle]"
)
"""No element of ours."""
NAMELESS = """(() => {
  const all = [...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')];
  const named = (e) => e.labels?.length || e.getAttribute('aria-label') || e.getAttribute('aria-labelledby');
  const seen = all.filter(e => e.getClientRects().length);
  return seen.filter(e => !named(e) && !e.textContent.trim()).map(e => e.outerHTML.slice(0, 80));
})()"""
SETTLE = "new Promise(done => setTimeout(done, 400))"


class Check(NamedTuple):
    """What was tried, and what is wrong with it."""

    name: str
    problem: str


def axe_source(folder: Path) -> str | None:
    """The text of axe-core, from npm, put into a folder of the bench's own; None where npm cannot have it."""
    try:
        subprocess.run(["npm", "pack", AXE], cwd=folder, check=True, capture_output=True, timeout=300)
        packed = next(folder.glob("axe-core-*.tgz"))
        subprocess.run(["tar", "xzf", packed.name], cwd=folder, check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.SubprocessError, StopIteration):
        return None
    return (folder / "package" / "axe.min.js").read_text(encoding="utf-8")


def axe_findings(window: Window, source: str) -> list[str]:
    """What axe-core finds serious or critical in the open page."""
    window.value(f"{source}; typeof axe")
    options = json.dumps({"resultTypes": ["violations"]})
    found = json.loads(window.value(f"axe.run(document, {options}).then(r => JSON.stringify(r.violations))"))
    return [
        f"{each['id']} ({each['impact']}): {each['nodes'][0]['target']} and {len(each['nodes']) - 1} more"
        for each in found
        if each["impact"] in BAD
    ]


def quiet(window: Window, file: Path) -> Check:
    """No console error, no exception, no broken policy, and no request but for the file itself."""
    told = [*window.seen.problems, *(url for url in window.seen.requests if url != file.as_uri())]
    return Check("nothing asked of anybody, nothing complained of", "; ".join(told))


def overflow(window: Window) -> Check:
    """Nothing makes the page wider than the window."""
    widths = window.value("[document.documentElement.scrollWidth, innerWidth]")
    return Check("no sideways scrolling", "" if widths[0] <= widths[1] else f"{widths[0]} of {widths[1]} pixels")


def tried(window: Window) -> Iterator[Check]:
    """A person at work on the page of a real search."""
    typed = "(v => { const i = document.getElementById('volume'); i.value = v; i.dispatchEvent(new Event('input'));"
    month = f"{typed} return document.getElementById('saving-month').textContent; }})"
    per_1k = window.value("JSON.parse(document.getElementById('page-data').textContent).saving.per_1k")
    told = window.value(f"{month}('2m')")
    yield Check("the saving at a typed volume", "" if _amount(told) == round(2000 * per_1k, 2) else f"{told}: {per_1k}")
    told = window.value(f"{month}('many')")
    yield Check("a volume that is no number", "" if told == "\u2013" else told)
    window.value("(s => { s.value = 0; s.dispatchEvent(new Event('input')); })(document.getElementById('race-at'))")
    first, at = window.value(
        f"{SETTLE}.then(() => [...'race-says race-usd'.split(' ')].map(i => document.getElementById(i).textContent))"
    )
    yield Check("the race at its start", "" if first.startswith("Keep") and at.endswith("USD") else f"{first} {at}")
    drawn = "document.querySelectorAll('#race-chart .mark-symbol path').length"
    end = "(s => { s.value = s.max; s.dispatchEvent(new Event('input')); })(document.getElementById('race-at'))"
    marks = window.value(f"{end}, {SETTLE}.then(() => {drawn})")
    yield Check("contenders are drawn", "" if marks else "none")
    yield from _tables(window)
    yield from _keys(window)
    yield from _colours(window)


def _tables(window: Window) -> Iterator[Check]:
    typed = (
        "(t => { const s = document.getElementById('drop-search'); s.value = t; s.dispatchEvent(new Event('input')); })"
    )
    shown = "[...document.querySelectorAll('#drop-table tbody tr')].filter(row => !row.hidden).length"
    before = window.value(shown)
    none = window.value(f"{typed}('no such words'), {SETTLE}.then(() => {shown})")
    after = window.value(f"{typed}(''), {SETTLE}.then(() => {shown})")
    yield Check("drops are filtered", "" if (none, after) == (0, before) else f"{before}, {none}, {after}")
    cost = (
        "[...document.querySelectorAll('#candidate-table tbody tr')].map(row => Number(row.cells[5].dataset.v ?? 1e9))"
    )
    head = "document.querySelectorAll('#candidate-table thead button')[5].click()"
    costs = window.value(f"{head}, {cost}")
    yield Check(
        "candidates are sorted by cost", "" if costs == sorted(costs) and len(set(costs)) > 9 else str(costs[:9])
    )
    n_items = window.value("document.querySelectorAll('#item-list article').length")
    yield Check("disagreements are shown", "" if n_items else "none")


def _keys(window: Window) -> Iterator[Check]:
    window.value("document.getElementById('front-chart').focus()")
    for kind in ("keyDown", "keyUp"):
        window.do("Input.dispatchKeyEvent", type=kind, key="ArrowRight", code="ArrowRight", windowsVirtualKeyCode=39)
    told = window.value(f"{SETTLE}.then(() => document.getElementById('live').textContent)")
    is_seen = window.value("!document.getElementById('tip').hidden")
    yield Check(
        "arrow keys step through the chart and say what is there", "" if "quality" in told and is_seen else told
    )
    yield Check("whatever takes the focus has a name", "; ".join(window.value(NAMELESS)))


def _colours(window: Window) -> Iterator[Check]:
    paper = "getComputedStyle(document.body).backgroundColor"
    press = "(name => document.querySelector(`#theme button[data-theme=${name}]`).click())"
    light, dark = (window.value(f"{press}('{name}'), {paper}") for name in ("light", "dark"))
    window.value(f"{press}('auto')")
    yield Check("light and dark by the buttons", "" if light != dark else light)


def hostile_shown(window: Window) -> Iterator[Check]:
    """Every payload as text where it stands, no element made of it, nothing run."""
    while window.value("(b => b && !b.hidden ? (b.click(), true) : false)(document.getElementById('item-more'))"):
        pass
    ran = window.value(f"document.querySelectorAll({json.dumps(MADE)}).length")
    yield Check("no element comes of a payload", "" if ran == 0 else f"{ran} elements")
    places = {
        "candidates": ("#candidate-table tbody th bdi", short),
        "drops' reasons": ("#drop-table tbody td:nth-child(4)", clean),
        "warnings": (".warnings li", clean),
        "phases": (".funnel tbody th bdi", clean),
        "providers": (".spend tbody th bdi", short),
        "items' inputs": ("#item-list .asked > div:first-child > pre", lambda text: block(text, MAX_INPUT_CHARS)),
        "answers": ("#item-list .said > div:first-child > pre:first-of-type", lambda text: block(text, 2000)),
    }
    for place, (selector, shown) in places.items():
        texts = window.value(f"[...document.querySelectorAll({json.dumps(selector)})].map(e => e.textContent)")
        joined = "\x00".join(texts)
        missing = [text for text in PAYLOADS if shown(text).strip() and shown(text) not in joined]
        yield Check(
            f"{len(PAYLOADS)} payloads are text among {place}", f"{len(missing)}: {missing[:3]}" if missing else ""
        )
    odd = r"/[\u202a-\u202e\u2066-\u2069\u0000-\u0008\u001b\u200b\u00ad]/g"
    hidden = window.value(f"(document.body.innerText.match({odd}) ?? []).length")
    yield Check("no character that hides or turns text around", "" if hidden == 0 else f"{hidden}")


def _amount(text: str) -> float:
    return float(text.removesuffix(" USD").replace(",", "")) if text.endswith("USD") else -1.0
