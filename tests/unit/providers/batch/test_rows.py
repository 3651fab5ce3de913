"""Files of lines: what cannot be read is left out, what is read says whether it was billed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.providers.batch.rows import file_id_of, lines_of, row_result, upload_call
from tests.unit.providers.batch.made import row, rows, told


def test_a_good_row_keeps_the_bytes_of_the_inner_body_and_says_it_is_of_a_batch() -> None:
    line = b'{"custom_id":"x","response":{"status_code":200,"body":{"a" : 1.10}},"error":null}'
    found = row_result(line)
    assert (found.kind, found.raw.body, found.raw.is_of_batch) == ("replied", b'{"a" : 1.10}', True)


def test_errors_keep_their_status_and_expired_ones_were_not_sent() -> None:
    found = lines_of(
        rows(
            row("a", 500, {"error": {"message": "boom"}}),
            row("b", 0, error={"code": "batch_expired", "message": "not in time"}),
            row("c", 0, error={"code": "odd", "message": "no"}),
        ).body,
        row_result,
    )
    assert [(r.custom_id, r.kind, r.raw.http_status) for r in found] == [
        ("a", "failed", 500), ("b", "expired", 0), ("c", "failed", 0)
    ]  # fmt: skip
    assert not found[1].raw.is_sent


def test_lines_that_cannot_be_read_are_left_out() -> None:
    body = b'{"custom_id":"x"\n\n{"custom_id":"y","response":{"status_code":200,"body":{}}}\n{"response":{}}\n\xff\n'
    assert [r.custom_id for r in lines_of(body, row_result)] == ["y"]


@given(st.binary(max_size=200))
def test_no_bytes_make_a_reader_raise(body: bytes) -> None:
    assert isinstance(lines_of(body, row_result), list)


def test_an_upload_holds_its_fields_and_its_file() -> None:
    call = upload_call("/files", [b'{"a":1}'], {"purpose": "batch"})
    body, headers = call.body, call.headers
    boundary = headers["content-type"].split("boundary=")[1].encode()
    assert body.count(b"--" + boundary) == 3
    assert b'name="purpose"\r\n\r\nbatch\r\n' in body
    assert b'\r\n\r\n{"a":1}\n\r\n--' in body


def test_an_upload_without_an_id_is_refused() -> None:
    assert file_id_of(told({"id": "file-1"})) == "file-1"
    for wrong in ({}, {"id": 3}, {"id": ""}):
        with pytest.raises(ValueError, match="id"):
            file_id_of(told(wrong))
