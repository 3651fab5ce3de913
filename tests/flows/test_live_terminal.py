"""The live view in a real pseudo-terminal: what a person sees, before, while and after."""

import sys

import pytest

from tests.flows.terminal import Terminal, terminal

LONG, SHORT = ("-m", "tests.flows.moving_search", "60"), ("-m", "tests.flows.moving_search", "0.8")


def is_racing(text: str) -> bool:
    return "= m0" in text and "m5" in text


@pytest.mark.timeout(30)
def test_it_moves_grows_and_leaves_a_clean_terminal() -> None:
    with terminal([sys.executable, *SHORT]) as seen:
        text = seen.until(is_racing)
        assert len(text.splitlines()) <= 24
        assert not seen.is_cursor_shown()
        assert seen.rest() == 0
        assert seen.is_cursor_shown()
        assert seen.lines[0] == "run 1: said before"
        assert [line for line in seen.lines if line][-1] == "the answer"
        assert not is_racing(seen.text)
        assert "owned" not in seen.screen.title


@pytest.mark.timeout(30)
def test_ctrl_c_leaves_a_clean_terminal() -> None:
    with terminal([sys.executable, *LONG]) as seen:
        seen.until(is_racing)
        seen.interrupt()
        assert seen.rest() == 130
        assert seen.is_cursor_shown()
        assert not is_racing(seen.text)
        assert seen.lines[0] == "run 1: said before"


@pytest.mark.timeout(30)
@pytest.mark.parametrize(("columns", "rows"), [(40, 12), (132, 50)])
def test_it_follows_the_window(columns: int, rows: int) -> None:
    with terminal([sys.executable, *LONG]) as seen:
        seen.until(is_racing)
        seen.resize(columns, rows)
        n_before = len(seen.written)
        seen.until(lambda _: len(seen.written) > n_before + 1000 and is_framed(seen))
        assert sum(line.startswith("support") for line in seen.lines) == 1


def is_framed(seen: Terminal) -> bool:
    return any(line.startswith("= m0") for line in seen.lines)


@pytest.mark.timeout(30)
def test_nobody_sees_a_picture_half_drawn() -> None:
    """Each picture reaches the terminal whole: after every read the race is there with its head and its tail."""
    with terminal([sys.executable, *LONG]) as seen:
        seen.until(lambda text: is_racing(text) and "in the pool" in text)
        n_pictures = 0
        while n_pictures < 4:
            if seen.read() > 0:
                while seen.read() > 0:  # the kernel hands a long one over in pieces
                    pass
                n_pictures += 1
                assert is_racing(seen.text), seen.text
                assert "in the pool" in seen.text


@pytest.mark.timeout(30)
def test_a_dumb_terminal_sees_lines_and_no_escape() -> None:
    with terminal([sys.executable, *SHORT], environ={"TERM": "dumb"}) as seen:
        assert seen.rest() == 0
        assert b"\x1b" not in seen.written
        assert "note: " in seen.text


@pytest.mark.timeout(30)
def test_no_color_is_obeyed() -> None:
    with terminal([sys.executable, *SHORT], environ={"NO_COLOR": "1"}) as seen:
        seen.until(is_racing)
        assert seen.rest() == 0
        assert not [code for code in (b"\x1b[31m", b"\x1b[32m", b"\x1b[33m") if code in seen.written]
