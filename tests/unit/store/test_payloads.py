import gzip
import os
from datetime import timedelta
from pathlib import Path

import pytest

from modelsearch.core.errors import StoreError
from modelsearch.store.payloads import KEEP_DAYS, forget_payloads, keep_payload, read_payload
from tests.unit.catalog.offerings import NOW


def aged(folder: Path, sha256: str, n_days: float) -> None:
    path = folder / sha256[:2] / f"{sha256}.gz"
    at = (NOW - timedelta(days=n_days)).timestamp()
    os.utime(path, (at, at))


def test_payloads_are_forgotten_a_month_after_a_source_gave_them_last(tmp_path: Path) -> None:
    old, seen_again = keep_payload(tmp_path, b"old"), keep_payload(tmp_path, b"seen again")
    for each in (old, seen_again):
        aged(tmp_path, each, KEEP_DAYS + 1)
    keep_payload(tmp_path, b"seen again")
    torn = tmp_path / old[:2] / f".{old}.gz.1.part"
    torn.write_bytes(b"o")
    os.utime(torn, (0, 0))
    assert forget_payloads(tmp_path, NOW) == 2
    assert not torn.exists()
    assert read_payload(tmp_path, seen_again) == b"seen again"
    with pytest.raises(StoreError, match=f"kept for {KEEP_DAYS} days"):
        read_payload(tmp_path, old)


def test_a_payload_that_was_changed_is_no_evidence(tmp_path: Path) -> None:
    sha256 = keep_payload(tmp_path, b"true")
    (tmp_path / sha256[:2] / f"{sha256}.gz").write_bytes(gzip.compress(b"false"))
    with pytest.raises(StoreError, match="was changed"):
        read_payload(tmp_path, sha256)
    (tmp_path / sha256[:2] / f"{sha256}.gz").write_bytes(b"no gzip")
    with pytest.raises(StoreError, match="cannot be read"):
        read_payload(tmp_path, sha256)
