"""Standard output is data, standard error is words."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nskeys.cli.output import Output
from nskeys.errors import CannotCreate
from nskeys.model.signed_json import Json


class Streams:
    """An Output and what it wrote."""

    def __init__(self) -> None:
        self.data, self.words = io.StringIO(), io.StringIO()
        self.output = Output(as_json=False, stdout=self.data, stderr=self.words)


@pytest.fixture
def streams() -> Streams:
    return Streams()


def test_data_and_words_go_their_own_ways(streams: Streams) -> None:
    streams.output.lines(["data"])
    streams.output.say("Words.", "More words.")
    assert streams.data.getvalue() == "data\n"
    assert streams.words.getvalue() == "Words.\nMore words.\n"


def test_quiet_leaves_sentences_out_and_no_complaint() -> None:
    data, words = io.StringIO(), io.StringIO()
    output = Output(as_json=False, stdout=data, stderr=words, quiet=True)
    output.lines(["data"])
    output.say("All is well.")
    output.complain("nskeys: It went wrong.", "Do this.")
    assert data.getvalue() == "data\n"
    assert words.getvalue() == "nskeys: It went wrong.\nDo this.\n"


@pytest.mark.parametrize("items", [[], [{"a": 1}], [{"a": 1}, {"b": None}]])
def test_an_array_is_one_document_and_each_item_names_its_schema(
    streams: Streams, items: list[dict[str, Json]]
) -> None:
    streams.output.array("key", iter(items))
    assert json.loads(streams.data.getvalue()) == [{"schema": "nskeys/key/1", **item} for item in items]


def test_an_array_is_written_as_it_comes(streams: Streams) -> None:
    def items() -> Iterator[dict[str, Json]]:
        for number in range(2):
            assert streams.data.getvalue().count("\n") == (0 if number == 0 else number)
            yield {"a": number}

    streams.output.array("key", items())
    first, second = '{"schema": "nskeys/key/1", "a": 0}', '{"schema": "nskeys/key/1", "a": 1}'
    assert streams.data.getvalue() == f"[\n  {first},\n  {second}\n]\n"


def test_json_cannot_steer_a_terminal(streams: Streams) -> None:
    hostile = "a\x1b[2J\x9b31m\u202e\u0007"
    streams.output.document("key", {"name": hostile})
    assert streams.data.getvalue().isascii()
    assert "\x1b" not in streams.data.getvalue()
    assert json.loads(streams.data.getvalue()) == {"schema": "nskeys/key/1", "name": hostile}


def test_a_table_is_aligned_in_cells_and_made_safe(streams: Streams) -> None:
    streams.output.table(("name", "who"), [("東京", "x"), ("a\x1bb", "y"), ("long name", "")])
    assert streams.data.getvalue().splitlines() == [
        "name       who",
        "東京       x",
        "a\\x1bb     y",
        "long name",
    ]


def test_a_table_without_rows_is_nothing(streams: Streams) -> None:
    streams.output.table(("name",), [])
    assert streams.data.getvalue() == ""


def test_a_long_table_cuts_nothing(streams: Streams) -> None:
    rows = [("short", "b")] * 1_000 + [("far longer than all before", "b")]
    streams.output.table(("one", "two"), rows)
    assert streams.data.getvalue().splitlines()[-1] == "far longer than all before  b"


def test_facts_are_a_name_and_a_value_a_line(streams: Streams) -> None:
    streams.output.facts([("a", "x\ny"), ("longer", "")])
    assert streams.data.getvalue() == "a       x\\ny\nlonger\n"


def test_a_full_disk_is_told_at_the_end_and_stops_no_work() -> None:
    with Path("/dev/full").open("w") as full:
        output = Output(as_json=False, stdout=full, stderr=io.StringIO())
        output.lines(["x" * 100] * 1_000)
        assert output.abandoned
        with pytest.raises(CannotCreate) as raised:
            output.finish()
        assert (raised.value.path, raised.value.problem) == ("standard output", "no_space")


def test_a_reader_that_goes_away_is_no_failure() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        output = Output(as_json=False, stdout=pipe, stderr=io.StringIO())
        output.lines(["x" * 100] * 1_000)
        output.finish()
        assert output.abandoned


def test_rows_are_not_asked_for_when_nobody_reads() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    taken = []

    def rows() -> Iterator[tuple[str]]:
        for number in range(1_000_000):
            taken.append(number)
            yield ("x" * 1_000,)

    with os.fdopen(writing, "w") as pipe:
        Output(as_json=False, stdout=pipe, stderr=io.StringIO()).table(("one",), rows())
    assert len(taken) < 2_000


def test_a_process_whose_reader_went_away_ends_quietly(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from nskeys.cli.main import main\n"
        "sys.stdin.read()\n"
        "code = main(['--help'])\n"
        "sys.exit(code)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    process.stdin.close()
    assert process.wait() == 0
    assert process.stderr.read() == b""
    process.stderr.close()
