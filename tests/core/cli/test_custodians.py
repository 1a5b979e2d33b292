"""`nskeys custodians`: sheets into files or onto the terminal, and the proof of every share."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from nskeys.services.recovery import sheet_files
from tests.core.cli.test_prompt import ROOT, at_a_terminal, command, ended
from tests.end_to_end.pty_session import PtySession
from tests.fakes.command_line import Machine

_NUMBERED = re.compile(r"(?<!\S)(\d\d?) ([a-z]{4,8})(?!\S)")
SPLIT = ("custodians", "split", "--shares", "3", "--threshold", "2")


@pytest.fixture
def sheets(tmp_path: Path) -> Path:
    folder = tmp_path / "sheets"
    folder.mkdir(mode=0o700)
    return folder


_TALL = 26
"""Lines of a terminal that has room for every code: twenty of the longest words make a larger one."""


def is_shown(share: str, text: str) -> bool:
    """Whether a text gives away words of a share behind those that name its set. One or two of them may
    stand in any sentence."""
    return len(set(share.split()[4:]) & set(re.findall("[a-z]+", text))) > 2


def words_on(page: str) -> str:
    """The words that somebody reads off a sheet, in the order of their numbers."""
    rows = [row for row in page.splitlines() if len(_NUMBERED.findall(row)) == 4]
    found = [(int(number), word) for row in rows for number, word in _NUMBERED.findall(row)]
    return " ".join(word for _, word in sorted(found))


def split_into(server: Machine, sheets: Path, *more: str) -> list[str]:
    """A split into files: the words of each sheet."""
    document = server.does(*SPLIT, "--sheets", str(sheets), *more)
    return [words_on(Path(path).read_text("utf-8")) for path in document["files"]]


def test_sheets_in_files_and_every_share_proven(
    server: Machine, sheets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet_files, "_IN_MEMORY", frozenset())  # wherever the tests' files lie
    ran = server.run(*SPLIT, "--sheets", str(sheets))
    assert ran.code == 0
    assert "3 shares were made" in ran.err
    assert "3 sheets are in" in ran.err
    assert "That folder lies on a disk" in ran.err
    texts = [words_on(path.read_text("utf-8")) for path in sorted(sheets.iterdir())]
    assert [len(text.split()) for text in texts] == [20, 20, 20]
    assert not any(is_shown(text, ran.err) for text in texts)
    shown = server.run("custodians", "show")
    assert "waiting" in shown.out
    assert "not yet checked" in shown.err
    ran = server.run("custodians", "check", "--shares-file", server.file("shares", "\n\n".join(texts)))
    assert ran.code == 0
    assert "Every one of the 3 shares was proven." in ran.err
    assert "back up now" in ran.err
    state = server.does("custodians", "show")
    assert (state["in_force"]["number"], state["waiting"]) == (1, None)


def test_pages_to_print(server: Machine, sheets: Path) -> None:
    server.does(*SPLIT, "--sheets", str(sheets), "--html")
    pages = sorted(sheets.iterdir())
    assert [path.suffix for path in pages] == [".html"] * 3
    assert all("<svg" in path.read_text("utf-8") for path in pages)


def test_the_document_holds_no_share(server: Machine, sheets: Path) -> None:
    document = server.does(*SPLIT, "--sheets", str(sheets))
    assert document.keys() == {"number", "set", "shares", "threshold", "recipient", "created", "files"}


@pytest.mark.parametrize(
    ("wrong", "code", "said"),
    [
        (lambda texts: texts[:2], 77, "3 shares are needed, and 2 were given."),
        (lambda texts: [*texts[:2], texts[0]], 65, "Line 3: share 1 was given already."),
        (lambda texts: [texts[0], "hello world"], 65, "Line 2: a share has 20 words, and this has 2."),
        (
            # The seventh alone: the same word may stand at several places of a share.
            lambda texts: [" ".join([*texts[0].split()[:6], "acadamic", *texts[0].split()[7:]])],
            65,
            "Line 1: word 7 is not in the list.",
        ),
        (lambda texts: [" ".join(reversed(texts[0].split()))], 65, "Line 1: the words are all in the list"),
        (lambda texts: [], 77, "A custodian's share is needed"),
    ],
)
def test_shares_that_prove_nothing(
    server: Machine, sheets: Path, wrong: object, code: int, said: str
) -> None:
    assert callable(wrong)
    texts = split_into(server, sheets)
    path = server.file("shares", "\n".join(wrong(texts)))
    ran = server.run("custodians", "check", "--shares-file", path)
    assert ran.code == code
    assert said in ran.err
    assert "acadamic" not in ran.err
    assert server.does("custodians", "show")["in_force"] is None


def test_where_sheets_do_not_go(server: Machine, sheets: Path) -> None:
    home = server.run(*SPLIT, "--sheets", str(server.home))
    assert (home.code, "it is the home of this installation" in home.err) == (73, True)
    sheets.chmod(0o755)
    assert server.run(*SPLIT, "--sheets", str(sheets)).code == 73
    assert server.run(*SPLIT, "--sheets", str(sheets / "nowhere")).code == 73
    assert server.does("custodians", "show")["waiting"] is None


def test_without_a_terminal_nothing_is_split(server: Machine) -> None:
    done = subprocess.run(
        command(server, *SPLIT),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 77
    assert "A terminal to show the sheets on is needed" in done.stderr
    assert server.does("custodians", "show")["waiting"] is None


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("custodians", "split", "--shares", "17", "--threshold", "3"), 64),
        (("custodians", "split", "--shares", "5", "--threshold", "1"), 64),
        (("custodians", "split", "--shares", "five", "--threshold", "3"), 64),
        (("custodians", "split", "--shares", "5"), 64),
        ((*SPLIT, "--html"), 64),
        ((*SPLIT, "--json"), 64),
        (("custodians", "check"), 78),
    ],
)
def test_what_cannot_be_meant(server: Machine, argv: tuple[str, ...], code: int) -> None:
    assert server.run(*argv).code == code


# --- at a terminal --------------------------------------------------------------------------------------


def shown_sheets(session: PtySession, count: int = 3) -> Iterator[str]:
    """The words of each sheet, as its custodian copies them."""
    for number in range(1, count + 1):
        session.wait_for(f"Next is the custodian of share {number} of {count}.")
        assert "Copy every word" not in session.text
        session.press("enter")
        session.wait_for("a code to scan follows")
        yield words_on(session.text)
        session.press("enter")
        session.wait_for("for a scanner")
        session.press("enter")


def test_sheets_are_shown_one_after_the_other_and_typed_in_again(server: Machine) -> None:
    with at_a_terminal(server, *SPLIT, lines=_TALL) as session:
        texts = list(shown_sheets(session))
        assert ended(session) == 0
        assert not any(is_shown(text, session.text) for text in texts)  # the page is gone
    assert [len(text.split()) for text in texts] == [20, 20, 20]

    with at_a_terminal(server, "custodians", "check") as session:
        for number, text in enumerate(texts, 1):
            session.wait_for(f"Sheet {number} of 3")
            words = text.split()
            session.wait_for("Word 1 of 20")
            session.press(*" ".join([word[:4] for word in words[:3]] + ["acadamic"]), "enter")
            session.wait_for("That word is not in the list. Did you mean academic")
            session.press(*" ".join(words[3:19]), "enter")
            session.wait_for("Word 20 of 20")
            wrong = "acid" if words[19] != "acid" else "academic"
            session.press(*wrong, "enter")
            session.wait_for("checksum does not match")
            session.press(*f"20 {words[19]}", "enter")
        assert ended(session) == 0
        assert "Every one of the 3 shares was proven." in session.text
        assert not any(is_shown(text, session.text) for text in texts)
    assert server.does("custodians", "show")["in_force"]["number"] == 1


def test_whoever_stops_in_the_middle_is_told_that_this_set_is_worth_nothing(server: Machine) -> None:
    with at_a_terminal(server, *SPLIT, lines=_TALL) as session:
        session.wait_for("Next is the custodian of share 1 of 3.")
        session.press("enter")
        session.wait_for("a code to scan follows")
        session.press("ctrl+c")
        assert ended(session) == 130
        assert "this set cannot be proven any more" in session.text
        assert "Copy every word" not in session.text
    assert server.does("custodians", "show")["in_force"] is None


def test_sheets_are_copied_into_a_file_as_they_are_printed(server: Machine, sheets: Path) -> None:
    split_into(server, sheets)
    pages = [path.read_text("utf-8").splitlines() for path in sorted(sheets.iterdir())]
    rows = ["\n".join(row for row in page if len(_NUMBERED.findall(row)) == 4) for page in pages]
    assert all(len(row.splitlines()) == 5 for row in rows)
    path = server.file("shares", "\ufeff" + "\r\n\r\n".join(rows).replace("\n", "\r\n"))
    assert server.run("custodians", "check", "--shares-file", path).code == 0


def test_what_a_misread_word_in_a_file_may_mean_is_told_on_a_terminal_alone(
    server: Machine, sheets: Path
) -> None:
    texts = split_into(server, sheets)
    words = texts[0].split()
    words[6] = "shelxx"
    path = server.file("shares", "\n".join((" ".join(words), *texts[1:])))
    refused = server.run("custodians", "check", "--shares-file", path)
    assert (refused.code, "Line 1: word 7 is not in the list." in refused.err) == (65, True)
    assert "shel" not in refused.err
    with at_a_terminal(server, "custodians", "check", "--shares-file", path) as session:
        assert ended(session) == 65
        assert re.search(r"Did you mean .*shelter.* or [a-z]+\?", session.text)
        assert "word 7 is not in the list" in session.text
