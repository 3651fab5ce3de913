"""What holds for workers that share a night, on one machine's files and in PostgreSQL alike.

A subclass gives the fixture `place`: where the workers meet. Real processes are `shared_child`, killed with -9.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from decimal import Decimal
from typing import Any

import pytest

from modelsearch.api.workers import Shared
from modelsearch.core.budget import Spend
from modelsearch.core.errors import BudgetError, ClaimLostError, LedgerError, OverbilledError
from modelsearch.core.ids import CallId
from modelsearch.core.ports import Ledger
from tests.unit.store.shared_places import LEASE_S, Place, killed, last_line, ledger, within

A, B, C = CallId("a"), CallId("b"), CallId("c")


class ClaimsContract:
    """Each piece of work has one owner at a time, and is done once."""

    def test_who_comes_first_has_it_and_others_have_not(self, two: tuple[Shared, Shared]) -> None:
        mine, theirs = (each.claims for each in two)
        claim = mine.take("n1", "job")
        assert claim is not None
        assert (claim.note, claim.is_takeover) == ("", False)
        assert theirs.take("n1", "job") is None
        assert mine.take("n1", "job") is None
        assert theirs.take("n2", "job") is not None
        assert theirs.take("n1", "other") is not None
        assert theirs.result("n1", "job") is None

    def test_what_is_done_is_done_for_good_and_all_see_its_result(self, two: tuple[Shared, Shared]) -> None:
        mine, theirs = (each.claims for each in two)
        claim = mine.take("n", "job")
        assert claim is not None
        text = '{"ä": "\\u0000", "money": "0.1"}'
        mine.done(claim, text)
        mine.done(claim, text)
        assert theirs.result("n", "job") == text
        assert theirs.take("n", "job") is None
        with pytest.raises(ClaimLostError, match="'job'"):
            mine.done(claim, "other")
        mine.give_back(claim)
        assert mine.result("n", "job") == text

    def test_what_is_given_back_is_free_with_its_note(self, two: tuple[Shared, Shared]) -> None:
        mine, theirs = (each.claims for each in two)
        claim = mine.take("n", "job")
        assert claim is not None
        mine.note(claim, "run-1")
        mine.give_back(claim)
        again = theirs.take("n", "job")
        assert again is not None
        assert (again.note, again.is_takeover) == ("run-1", False)
        for write in (mine.note, mine.done):
            with pytest.raises(ClaimLostError, match="'job'"):
                write(claim, "late")
        mine.give_back(claim)
        theirs.done(again, "theirs")
        assert mine.result("n", "job") == "theirs"

    def test_of_many_at_once_one_gets_it(self, place: Place) -> None:
        with ExitStack() as stack:
            workers = [place.open(stack) for _ in range(4)]
            with ThreadPoolExecutor(8) as threads:
                for number in range(10):
                    key = f"job-{number}"
                    taken = list(threads.map(lambda worker, key=key: worker.claims.take("n", key), workers * 2))
                    assert sum(claim is not None for claim in taken) == 1

    def test_the_work_of_a_killed_process_is_taken_over_with_its_note(self, place: Place) -> None:
        killed(place.start("claim", key="job", note="run-7"))
        with ExitStack() as stack:
            claims = place.open(stack).claims
            claim = within(LEASE_S + 5, lambda: claims.take("n", "job"))
            assert (claim.note, claim.is_takeover) == ("run-7", True)

    def test_the_work_of_a_process_that_lives_is_not(self, place: Place) -> None:
        child = place.start("claim", key="job", note="")
        try:
            assert child.stdout is not None
            assert child.stdout.readline().strip() == "ready"
            with ExitStack() as stack:
                claims = place.open(stack).claims
                until_s = time.monotonic() + 1.5 * LEASE_S
                while time.monotonic() < until_s:
                    assert claims.take("n", "job") is None
                    time.sleep(0.2)
        finally:
            child.kill()
            child.communicate()

    def test_processes_that_are_killed_in_turn_do_each_job_once(self, place: Place) -> None:
        first = place.start("work", n_jobs=12, stop_at=3)
        killed(first)
        second = place.start("work", n_jobs=12, stop_at=4)
        killed(second)
        others = [place.start("work", n_jobs=12) for _ in range(2)]
        done = [key for other in others for key in last_line(other)]
        assert len(done) == len(set(done))
        assert len(done) == 12 - 3 - 4
        with ExitStack() as stack:
            claims = place.open(stack).claims
            results = [claims.result("n", f"job-{number:02d}") for number in range(12)]
        assert all(results)
        assert 3 <= len(set(results)) <= 4


class BudgetContract:
    """Money of several workers: exact, and never over the limit."""

    def test_reservations_of_all_count(self, two: tuple[Shared, Shared]) -> None:
        mine, theirs = (ledger(each) for each in two)
        assert mine.reserve(A, Decimal("0.7"))
        assert not theirs.reserve(B, Decimal("0.300000000000000000001"))
        assert theirs.reserve(B, Decimal("0.3"))
        assert mine.spend() == theirs.spend() == Spend(reserved_usd=Decimal("1.0"), n_calls=2)
        assert mine.left_usd == 0

    def test_each_end_is_booked_as_a_ledger_of_one_process_does(self, two: tuple[Shared, Shared]) -> None:
        mine, theirs = (ledger(each) for each in two)
        for call_id in (A, B, C):
            assert mine.reserve(call_id, Decimal("0.2"))
        mine.settle(A, Decimal("0.05"))
        mine.hold(B)
        mine.release(C)
        assert theirs.spend() == Spend(settled_usd=Decimal("0.05"), unknown_usd=Decimal("0.2"), n_calls=2)
        assert theirs.left_usd == Decimal("0.75")
        assert mine.reserve(C, Decimal("0.75"))

    def test_an_end_in_two_parts_is_one_movement(self, two: tuple[Shared, Shared]) -> None:
        mine, theirs = (ledger(each) for each in two)
        mine.reserve(A, Decimal(1))
        mine.close(A, settled_usd=Decimal("0.6"), unknown_usd=Decimal("0.3"))
        assert theirs.spend() == Spend(settled_usd=Decimal("0.6"), unknown_usd=Decimal("0.3"), n_calls=1)
        assert not theirs.reserve(B, Decimal("0.11"))
        assert theirs.reserve(B, Decimal("0.1"))

    def test_what_is_closed_cannot_be_closed_again_and_nobody_closes_for_another(
        self, two: tuple[Shared, Shared]
    ) -> None:
        mine, theirs = (ledger(each) for each in two)
        mine.reserve(A, Decimal("0.1"))
        for close in _closes(theirs):
            with pytest.raises(LedgerError, match=r"'a'.*another worker's"):
                close(A)
        mine.settle(A, Decimal("0.1"))
        for close in _closes(mine):
            with pytest.raises(LedgerError, match=r"'a'.*it is settled"):
                close(A)
            with pytest.raises(LedgerError, match=r"'b'.*never reserved"):
                close(B)
        with pytest.raises(LedgerError, match="settled already"):
            theirs.reserve(A, Decimal("0.1"))
        assert mine.spend() == Spend(settled_usd=Decimal("0.1"), n_calls=1)

    def test_an_overbilled_call_is_booked_in_full_before_the_error(self, two: tuple[Shared, Shared]) -> None:
        mine = ledger(two[0])
        mine.reserve(A, Decimal("0.8"))
        with pytest.raises(OverbilledError, match=r"billed 1\.5 USD, at most 0\.8 USD"):
            mine.settle(A, Decimal("1.5"))
        assert mine.spend().settled_usd == Decimal("1.5")
        assert mine.left_usd == 0

    @pytest.mark.parametrize("amount", ["-0.1", "NaN", "Infinity"])
    def test_amounts_are_finite_and_not_negative(self, two: tuple[Shared, Shared], amount: str) -> None:
        with pytest.raises(BudgetError, match=amount):
            ledger(two[0], amount, "other")
        mine = ledger(two[0])
        with pytest.raises(LedgerError, match=amount):
            mine.reserve(A, Decimal(amount))
        mine.reserve(A, Decimal("0.1"))
        with pytest.raises(LedgerError, match=amount):
            mine.settle(A, Decimal(amount))
        assert mine.spend().reserved_usd == Decimal("0.1")

    def test_all_workers_mean_the_same_limit(self, two: tuple[Shared, Shared]) -> None:
        ledger(two[0], "1")
        ledger(two[1], "1.00")
        with pytest.raises(BudgetError, match=r"'night': is 1 USD for all workers, got 2"):
            ledger(two[1], "2")

    def test_what_a_killed_process_had_reserved_is_unknown_until_somebody_goes_on_with_it(self, place: Place) -> None:
        killed(place.start("reserve", call_id="a", amount="0.4"))
        with ExitStack() as stack:
            mine = ledger(place.open(stack))
            spend = within(LEASE_S + 5, lambda: found if (found := mine.spend()).unknown_usd else None)
            assert spend == Spend(unknown_usd=Decimal("0.4"), n_calls=1)
            assert not mine.reserve(B, Decimal("0.61"))
            assert mine.adopt(A) == Decimal("0.4")
            assert mine.spend() == Spend(reserved_usd=Decimal("0.4"), n_calls=1)
            mine.settle(A, Decimal("0.1"))
            assert mine.spend() == Spend(settled_usd=Decimal("0.1"), n_calls=1)
            assert mine.adopt(A) is None

    def test_nobody_goes_on_with_what_another_who_lives_has_reserved(self, two: tuple[Shared, Shared]) -> None:
        mine, theirs = (ledger(each) for each in two)
        mine.reserve(A, Decimal("0.4"))
        assert theirs.adopt(A) is None
        assert mine.adopt(A) == Decimal("0.4")
        assert mine.adopt(B) is None

    def test_many_processes_at_once_never_pass_the_limit_and_every_cent_is_booked(self, place: Place) -> None:
        children = [place.start("spend", name=f"w{number}", n_calls=60, limit="1") for number in range(3)]
        told = [last_line(child) for child in children]
        with ExitStack() as stack:
            spend = ledger(place.open(stack)).spend()
        assert spend.settled_usd == sum(Decimal(each["settled"]) for each in told)
        assert spend.reserved_usd == 0
        assert max(Decimal(each["most"]) for each in told) <= 1
        assert sum(each["n_refused"] for each in told) > 0

    def test_it_is_a_ledger(self, two: tuple[Shared, Shared]) -> None:
        one: Ledger = ledger(two[0])
        assert one.reserve(A, Decimal(1))


class LeasesContract:
    """Parts of a provider's limits never exceed the whole."""

    def test_one_alone_has_all_and_the_next_gets_its_part_once_the_first_gives_way(
        self, two: tuple[Shared, Shared]
    ) -> None:
        mine, theirs = (each.leases() for each in two)
        assert mine.renew("p", 10, 10).n_slots == 10
        assert theirs.renew("p", 10, 10).n_slots == 0
        assert mine.renew("p", 10, 10).n_slots == 5
        assert theirs.renew("p", 10, 10).n_slots == 5
        assert theirs.renew("other", 4, 4).n_slots == 4
        mine.give_back("p")
        assert theirs.renew("p", 10, 10).n_slots == 10

    def test_who_wants_less_leaves_more(self, two: tuple[Shared, Shared]) -> None:
        mine, theirs = (each.leases() for each in two)
        assert mine.renew("p", 10, 2).n_slots == 2
        assert theirs.renew("p", 10, 10).n_slots == 8

    def test_the_parts_never_exceed_the_whole(self, place: Place) -> None:
        with ExitStack() as stack:
            holders = [place.open(stack).leases() for _ in range(3)]
            held = dict.fromkeys(range(3), 0)
            for step in range(30):
                who = (step * step) % 3
                held[who] = holders[who].renew("p", 7, 1 + (step * 5) % 7).n_slots
                assert sum(held.values()) <= 7
            assert sum(held.values()) >= 5

    def test_the_part_of_a_killed_process_is_free_again(self, place: Place) -> None:
        killed(place.start("lease", account="p", n_total=6))
        with ExitStack() as stack:
            mine = place.open(stack).leases()
            assert within(15, lambda: found if (found := mine.renew("p", 6, 6)).n_slots == 6 else None)


def _closes(books: Any) -> list[Callable[[CallId], None]]:
    return [books.release, books.hold, lambda call_id: books.settle(call_id, Decimal(0))]
