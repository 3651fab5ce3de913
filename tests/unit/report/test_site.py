"""The nightly site: says what the facts say, loads nothing, and shows strangers' words as text."""

import base64
import hashlib
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.core.ids import CandidateId
from modelsearch.core.nights import Seen
from modelsearch.report.site import CATALOG, INDEX, RUNS, runs_page, site_pages, task_page
from modelsearch.report.site_facts import CatalogFacts, Disputed, RunFacts, SiteFacts, TaskFacts
from modelsearch.report.site_facts import task_page as page_name
from modelsearch.testing.hostile import PAYLOADS
from tests.unit.report.sites import (
    BASE,
    CHEAP,
    NOW,
    RUN,
    TODAY,
    alarm_line,
    job_line,
    make_catalog,
    make_change,
    make_facts,
    make_registered,
    make_standing,
    make_state,
    make_task,
    move_line,
    night_line,
)

LOADING = {"src", "srcset", "data", "action", "formaction", "xlink:href", "poster", "style", "background"}
ACTIVE = {"script", "link", "img", "iframe", "object", "embed", "form", "base", "audio", "video", "foreignobject"}


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.texts).split())

    @property
    def links(self) -> set[str]:
        return {value for name, value in self.attributes if name == "href"}


def hostile_facts(text: str) -> SiteFacts:
    """A stranger's words wherever there are any."""
    own = CandidateId(text)
    state = make_state(
        incumbent_id=own, standings={own: make_standing(text), CandidateId(BASE): make_standing(BASE)}, waiting=(own,),
        seen={own: Seen(revision="r", cost_usd=None, limit_usd=0.0, reason=text)},
    )  # fmt: skip
    task = make_task(
        text, 3, state=state, registered=make_registered(tags=(text,), plan=text), problem=text,
        nights=[night_line(TODAY, end=text)],
        jobs=[job_line(TODAY, candidate_id=text, reason=text, error=text, run_id=text)],
        moves=[move_line(TODAY, to_id=text, reason=text, evidence=text)],
        alarms=[alarm_line(TODAY, code=text, subject=text, message=text, evidence=text)],
    )  # fmt: skip
    catalog = CatalogFacts(
        observed_at=NOW, n_endpoints=1, changes=(make_change("appeared", text, prices={text: text}),), held_reason=text,
        disputed=(Disputed(endpoint_id=text, what=text, usd=text, source=text),), problems=(text,), error=text,
    )  # fmt: skip
    run = RunFacts(run_id=text, task=text, baseline=text, advice=text, certainty=text, spend_usd=text)
    return make_facts(
        tasks=(task, replace(task, problem="")), catalog=catalog, runs=(run, RunFacts(run_id="r", problem=text)),
        ui_url=text, health={text: text},
    )  # fmt: skip


@cache
def plain_tags() -> frozenset[str]:
    """All that the templates themselves make."""
    pages = [*site_pages(make_facts()).values(), *site_pages(hostile_facts("plain")).values()]
    return frozenset(tag for page in pages for tag in Page(page).tags)


def test_the_index_says_how_every_task_stands() -> None:
    page = Page(site_pages(make_facts())[INDEX])
    words = page.words
    assert "1 of 3 tasks is served by something cheaper and certified as good" in words
    assert "saves about 804.00 USD a month" in words
    assert f"triage certified Serve it with {CHEAP} instead of {BASE}" in words
    assert f"summaries baseline kept Keep {BASE}" in words
    assert "new-one no night yet" in words
    assert "drift_quality : quality fell by 3.1 points" in words
    assert f"triage : {BASE} → {CHEAP}" in words
    assert {
        "tasks/triage.html",
        "tasks/old-one.html",
        "catalog.html",
        "runs.html",
        "http://127.0.0.1:4200",
    } <= page.links


def test_the_page_of_a_task_has_grounds_trends_and_all_nights() -> None:
    facts = make_facts()
    page = Page(task_page(facts, facts.tasks[0]))
    words = page.words
    assert f"Serve it with {CHEAP} certified Instead of {BASE} , saving 86.5 %, 2.68 USD per 1,000 items" in words
    assert (
        "-0.6 points of 100 against the baseline on 400 items, measured on 2026-11-04; it loses no more than 2" in words
    )
    assert "test 3 of the task's life, at level 0.0125" in words
    assert page.tags.count("svg") == 4
    assert words.count("screen openrouter/mistralai/small-3 : non-inferior, 400 items") == 60
    assert f"../runs/{RUN}/report.html" in page.links
    assert "feedback on openrouter/mistralai/small-3: 0.900 over 412 rows" in words


def test_the_catalogue_tells_disputes_and_whom_changes_concern() -> None:
    words = Page(site_pages(make_facts(catalog=make_catalog(held_reason="moves 40 %", n_held=70)))[CATALOG]).words
    assert "412 endpoints on sale" in words
    assert "1 appeared, 1 repriced, 1 gone. 1 price in dispute." in words
    assert f"{CHEAP} output 0.3 USD per mtok a+models.dev triage" in words
    assert "repriced openrouter/openai/gpt-4o input 2.5 -> 2.2, output 10 -> 9 triage, summaries" in words
    assert "70 changes held: moves 40 %" in words


def test_runs_are_linked_where_there_is_a_report_and_health_is_told_where_somebody_looks() -> None:
    facts = make_facts()
    page = Page(runs_page(facts))
    assert f"runs/{RUN}/report.html" in page.links
    assert not any("ffffff" in link for link in page.links)
    assert "prefect" not in page.words
    assert "prefect: no answer" in Page(runs_page(replace(facts, health={"prefect": "no answer"}))).words


def test_pages_of_nothing_say_how_to_begin() -> None:
    pages = site_pages(SiteFacts(made_at=NOW))
    assert set(pages) == {INDEX, CATALOG, RUNS}
    assert "modelsearch tasks add" in pages[INDEX]
    assert "No sync of the catalogue yet" in pages[CATALOG]
    assert [*pages][-1] == INDEX


def test_a_certificate_that_does_not_stand_is_not_called_one() -> None:
    gone = make_task(state=make_state(missing=(CandidateId(CHEAP),)))
    lost = make_task(state=make_state(standings={CandidateId(BASE): make_standing(BASE)}))
    unread = TaskFacts(name="x", problem="x.yaml: not YAML")
    for task, word in ((gone, "ends soon, or gone"), (lost, "measured anew"), (unread, "cannot be read")):
        words = Page(site_pages(make_facts(tasks=(task,)))[INDEX]).words
        assert f"{task.name} {word}" in words
        assert f"{task.name} certified" not in words
    assert "nothing cheaper is certified yet" in Page(site_pages(make_facts(tasks=(lost,)))[INDEX]).words


@pytest.mark.parametrize("name", [INDEX, CATALOG, RUNS, "tasks/triage.html"])
def test_nothing_is_loaded_nothing_runs_and_the_policy_allows_one_style_sheet(name: str) -> None:
    text = site_pages(make_facts())[name]
    page = Page(text)
    assert not {name for name, _ in page.attributes} & LOADING
    assert not any(name.startswith("on") for name, _ in page.attributes)
    assert not ACTIVE & set(page.tags)
    assert not re.search(r"@import|url\(|javascript:", text)
    found = re.search(r"Content-Security-Policy\" content=\"([^\"]+)\"", text)
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert found is not None
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert found[1] == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@pytest.mark.parametrize("text", PAYLOADS)
def test_strangers_words_stay_words(text: str) -> None:
    for html in site_pages(hostile_facts(text)).values():
        page = Page(html)
        assert set(page.tags) <= plain_tags()
        assert not any(name.startswith("on") for name, _ in page.attributes)
        assert all(re.fullmatch(r"(#main|(\.\./)?[\w./-]+\.html|https?://\S+)", link) for link in page.links)
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\u200b]", html)


@settings(max_examples=25, deadline=None)
@given(text=st.text(max_size=60))
def test_any_name_is_shown_and_names_no_path(text: str) -> None:
    assert re.fullmatch(r"tasks/[A-Za-z0-9][\w.-]*\.html", page_name(text), re.ASCII)
    assert ".." not in page_name(text).removesuffix(".html").split("/")
    Page(site_pages(hostile_facts(text))[INDEX])


def test_two_names_have_two_pages() -> None:
    assert len({page_name(name) for name in ("a b", "a-b", "a/b", "A b", "../a", "")}) == 6
