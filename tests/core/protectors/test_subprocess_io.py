"""A program that is given a secret, and answers with one."""

import os
import sys
import time
from pathlib import Path

import pytest

from nskeys.model.secret import SecretBytes
from nskeys.protectors.subprocess_io import LONGEST, Completed, run

MARK = b"marked-secret"


def ran(script: str, given: bytes = MARK, seconds: float = 10.0) -> Completed:
    """A program in Python, whose standard streams are pipes."""
    with SecretBytes(given) as secret:
        return run([sys.executable, "-I", "-c", f"import sys, os, time\n{script}"], secret, {}, seconds)


def test_it_answers_on_its_output_and_speaks_on_its_error() -> None:
    ended = ran("sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1]); print('said', file=sys.stderr)")
    assert (ended.code, ended.answer.reveal(), ended.words) == (0, MARK[::-1], "said\n")


def test_its_exit_code_is_told() -> None:
    assert ran("sys.exit(7)").code == 7


def test_neither_its_arguments_nor_its_environment_hold_the_secret() -> None:
    told = ran("print(*(open(f'/proc/self/{name}').read() for name in ('cmdline', 'environ')))").answer
    assert MARK not in told.reveal()
    assert b"HOME" not in told.reveal()


def test_it_gets_nothing_but_its_three_streams() -> None:
    """The fourth is the folder that it lists."""
    assert ran("print(len(os.listdir('/proc/self/fd')))").answer.reveal() == b"4\n"


def test_one_that_ends_without_listening_still_says_why() -> None:
    ended = ran("os.close(0); print('no', file=sys.stderr); sys.exit(1)")
    assert (ended.code, ended.words) == (1, "no\n")


def test_one_that_hangs_is_ended() -> None:
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        ran("time.sleep(60)", seconds=0.3)
    assert time.monotonic() - started < 5


def test_one_that_closes_its_streams_and_hangs_is_ended(tmp_path: Path) -> None:
    number = tmp_path / "number"
    closes = "[os.close(stream) for stream in range(3)]; time.sleep(60)"
    with pytest.raises(TimeoutError):
        ran(f"open({str(number)!r}, 'w').write(str(os.getpid())); {closes}", seconds=1.0)
    with pytest.raises(ProcessLookupError):
        os.kill(int(number.read_text()), 0)


def test_one_that_says_too_much_is_ended() -> None:
    with pytest.raises(TimeoutError):
        ran("os.write(1, bytes(1 << 16)); os.write(1, bytes(1 << 17))", seconds=1.0)


def test_one_that_cannot_be_started_is_no_program() -> None:
    with SecretBytes(MARK) as secret, pytest.raises(FileNotFoundError):
        run(["/nonexistent/program"], secret, {}, 1.0)


def test_more_than_a_pipe_takes_is_not_begun() -> None:
    with pytest.raises(ValueError, match="pipe"):
        ran("", given=bytes(LONGEST + 1))
