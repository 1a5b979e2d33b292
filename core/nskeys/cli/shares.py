"""Custodians' shares of one run: from a file, a share a line, else typed on the terminal, word by word."""

import os

from nskeys.cli.inputs import STANDARD_INPUT, STDIN, read_text_input
from nskeys.cli.prompt import Prompt, conversation
from nskeys.errors import FileUnreadable, SecretUnavailable, ShareRefused
from nskeys.model.secret import SecretBytes
from nskeys.model.shares import SHARE_WORDS
from nskeys.ports import ShareRequest
from nskeys.services.flows.share_entry import ShareEntry
from nskeys.wording.shares import (
    CORRECT,
    HOW,
    SEEN,
    progress_line,
    refusal,
    suggestions_line,
    title,
    word_question,
    word_rows,
)

_FILE_LIMIT = 65_536
"""Bytes: 16 shares are less than 3,000."""


class ShareSource:
    """Gives one share after the other; `path` names a file of them, None asks the person."""

    def __init__(self, path: str | None) -> None:
        self._path = path if path != STANDARD_INPUT or not os.isatty(STDIN) else None
        self._lines: list[tuple[int, SecretBytes]] | None = None
        self._line = 0

    def __call__(self, request: ShareRequest) -> SecretBytes:
        """The next share. A file has no second answer for one that was refused: ShareRefused, with the
        line's number; SecretUnavailable at its end. Cancelled, FileUnreadable."""
        if self._path is None:
            return ask_share(request)
        if request.refused is not None:
            refused = request.refused
            raise ShareRefused(refused.reason, refused.word, refused.share, self._line)
        if self._lines is None:
            self._lines = _lines_of(self._path)
        if not self._lines:
            raise SecretUnavailable("share", "file_refused")
        self._line, text = self._lines.pop(0)
        return text


def _lines_of(path: str) -> list[tuple[int, SecretBytes]]:
    """The lines that are not empty, with their numbers; FileUnreadable."""
    data = read_text_input(path, _FILE_LIMIT)
    if len(data) > _FILE_LIMIT:
        raise FileUnreadable(path, "too_large")
    lines = [
        (number, SecretBytes(line)) for number, line in enumerate(data.split(b"\n"), 1) if line.strip()
    ]
    data[:] = bytes(len(data))
    return lines


def ask_share(request: ShareRequest) -> SecretBytes:
    """A share as its custodian types it, on a page of its own that is gone afterwards; what can be said of
    it is said before it is given. Cancelled, SecretUnavailable."""
    with conversation(request.purpose.value, seen=True) as prompt:
        prompt.tell(title(request.gathered))
        prompt.tell(progress_line(request.gathered))
        if request.refused is not None:
            prompt.tell(f"! {refusal(request.refused)}")
        for line in (SEEN, HOW):
            prompt.tell(line)
        entry = ShareEntry(request.gathered)
        while True:
            entry = _typed(entry, prompt)
            if entry.full and entry.problem is None:
                with entry.share().words as words:
                    return SecretBytes(words.reveal(), typed=True)


def _typed(entry: ShareEntry, prompt: Prompt) -> ShareEntry:
    """One line more: words, or the number of one that is to be typed anew."""
    if entry.problem is not None:
        for row in word_rows(entry.words, entry.place):
            prompt.tell(row)
        prompt.tell(f"! {refusal(entry.problem)}")
        prompt.tell(CORRECT)
    typed = prompt.ask(word_question(entry.place))
    line = typed.decode("utf-8", "replace").strip()
    if not line and entry.problem is not None:
        return entry.again()
    number, _, rest = line.partition(" ")
    if number.isascii() and number.isdigit() and 1 <= int(number[:3]) <= SHARE_WORDS:
        entry, line = entry.move(int(number) - 1 - entry.place), rest
    entry = entry.typed(f"{line} ")
    if entry.unknown:
        prompt.tell(suggestions_line("", entry.suggestions, unknown=True))
    return entry
