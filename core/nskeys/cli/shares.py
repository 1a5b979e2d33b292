"""Custodians' shares of one run: from a file, else typed on the terminal, word by word."""

import os
from contextlib import suppress

from nskeys.cli.files import STANDARD_INPUT, STDERR, STDIN, guard, read_text_input
from nskeys.cli.prompt import Prompt, conversation
from nskeys.errors import FileUnreadable, SecretUnavailable, ShareRefused
from nskeys.model.secret import SecretBytes
from nskeys.ports.shares import ShareRequest
from nskeys.reasons import Problem, SecretProblem, Wanted
from nskeys.services.flows.share_entry import ShareEntry
from nskeys.services.flows.share_file import WrittenShare, written_shares
from nskeys.wording.custodians import (
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
        self._written: list[WrittenShare] | None = None
        self._line = 0

    def __call__(self, request: ShareRequest) -> SecretBytes:
        """Return the next share. Raises ShareRefused, with the line's number, where the last one from a
        file was refused, since a file is not asked twice; SecretUnavailable at the file's end; Cancelled;
        FileUnreadable."""
        if self._path is None:
            return ask_share(request)
        if request.refused is not None:
            refused = request.refused
            raise ShareRefused(refused.reason, refused.word, refused.share, self._line)
        if self._written is None:
            self._written = _written_in(self._path)
        if not self._written:
            raise SecretUnavailable(Wanted.SHARE, SecretProblem.FILE_REFUSED)
        share = self._written.pop(0)
        if share.problem is not None:
            _suggest(share)
            raise share.problem
        self._line = share.line
        return SecretBytes(share.text.encode("ascii"))


def _written_in(path: str) -> list[WrittenShare]:
    """Return the shares of a file. Raises FileUnreadable."""
    data = read_text_input(path, _FILE_LIMIT, guard(path))
    if len(data) > _FILE_LIMIT:
        raise FileUnreadable(path, Problem.TOO_LARGE)
    shares = [*written_shares(data.decode("utf-8", "replace"))]
    data[:] = bytes(len(data))
    return shares


def _suggest(share: WrittenShare) -> None:
    """Show words that may be meant where one is misread, on the terminal itself, where nothing is kept."""
    if share.meant and os.isatty(STDERR):
        with suppress(SecretUnavailable), conversation(Wanted.SHARE) as prompt:
            prompt.tell(suggestions_line("", share.meant, unknown=True))


def ask_share(request: ShareRequest) -> SecretBytes:
    """Return a share as its custodian types it, on a page of its own that is cleared afterwards; what is
    wrong with it is shown while it is typed. Raises Cancelled, SecretUnavailable."""
    with conversation(Wanted(request.purpose), seen=True) as prompt:
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
    """Take one more line: words, or the number of one that is to be typed anew."""
    if entry.problem is not None:
        for row in word_rows(entry.words, entry.place):
            prompt.tell(row)
        prompt.tell(f"! {refusal(entry.problem)}")
        prompt.tell(CORRECT)
    typed = prompt.ask(word_question(entry.place))
    line = typed.decode("utf-8", "replace")
    if not line.strip() and entry.problem is not None:
        return entry.again()
    entry = entry.line(line)
    if entry.unknown:
        prompt.tell(suggestions_line("", entry.suggestions, unknown=True))
    return entry
