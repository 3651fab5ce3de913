"""Folders and runs on a real S3 server: the contract, faults, kills, two writers, two machines."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.s3_server import BUCKET, Faults, harmed, s3_server, using
from modelsearch.api.run import search
from modelsearch.api.session import Opening, find_session_run
from modelsearch.core.errors import ObjectChangedError, RunLockedError, StorageError
from modelsearch.settings import Settings
from modelsearch.store.filesystem import open_folder
from modelsearch.testing.folders import check_folder
from tests.unit.api.small import make_request, make_settings
from tests.unit.api.test_publishing import _first_phases, told

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def s3() -> Iterator[int]:
    with s3_server() as port:
        yield port


@pytest.fixture
def url(s3: int, tmp_path: Path) -> Iterator[str]:
    with using(s3):
        yield f"s3://{BUCKET}/{tmp_path.name}"


def machine(tmp_path: Path, name: str, url: str) -> Settings:
    made = make_settings(tmp_path / name)
    return replace(made, environ={**made.environ, "MODELSEARCH_STORAGE": url})


def test_s3_keeps_the_contract(url: str) -> None:
    check_folder(open_folder(url))


def test_it_keeps_the_contract_where_answers_fail_and_are_lost(s3: int, tmp_path: Path) -> None:
    faults = Faults(p_error=0.15, p_lost_answer=0.1)
    with harmed(s3, faults) as port, using(port):
        check_folder(open_folder(f"s3://{BUCKET}/{tmp_path.name}"))
    assert faults.n_harmed > 0


def test_of_two_writers_each_swap_has_one_winner(url: str) -> None:
    n_writers, n_swaps = 4, 8
    open_folder(url).compare_and_swap("n", b"0 nobody", expected=None)

    def count(writer: int) -> None:
        folder, n_done = open_folder(url), 0
        while n_done < n_swaps:
            found = folder.read_versioned("n")
            assert found is not None
            try:
                content = b"%d by %d" % (int(found.content.split()[0]) + 1, writer)
                folder.compare_and_swap("n", content, expected=found.version)
            except ObjectChangedError:
                continue
            n_done += 1

    threads = [threading.Thread(target=count, args=(n,)) for n in range(n_writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert open_folder(url).read_bytes("n").split()[0] == b"%d" % (n_writers * n_swaps)


def test_a_run_goes_on_on_another_machine_and_ends_the_same(tmp_path: Path, url: str) -> None:
    request = make_request(tmp_path)
    whole = search(request, Opening(settings=make_settings(tmp_path / "c")))
    a, b = machine(tmp_path, "a", url), machine(tmp_path, "b", url)
    run_id = asyncio.run(_first_phases(request, Opening(settings=a), 2))
    run, asked = find_session_run(b, run_id)
    assert told(search(asked, Opening(settings=b, run=run))) == told(whole)


def test_a_store_that_goes_down_costs_no_search_and_is_told_at_its_end(s3: int, tmp_path: Path) -> None:
    faults = Faults()
    request = make_request(tmp_path)
    with harmed(s3, faults) as port, using(port):
        a = machine(tmp_path, "a", f"s3://{BUCKET}/{tmp_path.name}")

        def down(_: object) -> None:
            faults.is_down = True

        with pytest.raises(StorageError, match="kept"):
            search(request, Opening(settings=a, watch=down))
        (run_dir,) = a.runs.iterdir()
        assert (run_dir / "result.json").is_file()
        faults.is_down = False
        run, asked = find_session_run(a, run_dir.name)
        search(asked, Opening(settings=a, run=run))
        b = machine(tmp_path, "b", f"s3://{BUCKET}/{tmp_path.name}")
        assert find_session_run(b, run_dir.name)[0].result.is_file()


def test_a_wrong_bucket_and_a_dead_server_are_told_before_anything_is_spent(s3: int, tmp_path: Path) -> None:
    with using(s3), pytest.raises((StorageError, RunLockedError), match="nosuchbucket"):
        search(make_request(tmp_path), Opening(settings=machine(tmp_path, "a", "s3://nosuchbucket/x")))
