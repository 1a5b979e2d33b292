"""The first page, read and painted before Textual is imported: what the app shows a moment later, by the
same services, presenters and painters.

Where it cannot be read in a moment (a database that does not answer, a home without keys, keys of another
machine, a bug), the frame is shown and the app finds its own way.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event, Thread
from typing import TYPE_CHECKING

from nskeys_tui.presenters.spans import Key, Span, key_spans, rule_spans, title_spans
from nskeys_tui.terminal.early import EarlyScreen, early_screen

if TYPE_CHECKING:
    from nskeys.bootstrap import Services
    from nskeys.services.status.overview import Overview
    from nskeys_tui.widgets.table.columns import Column, Laid
    from nskeys_tui.widgets.table.rows import Row

_FRAME_AFTER_S, _GIVEN_UP_AFTER_S = 0.2, 0.5
"""Seconds after which the frame is shown without data, and after which the app begins without it."""
_AROUND_THE_LIST = 7
"""Lines around the rows before the answer is there. The list measures twice what fits between them."""
_WAYS_OUT = (Key("?", "Help", always=True), Key("q", "Quit", always=True))
KEYS = (
    *(Key(name, does) for name, does in (("b", "Back up"), ("a", "Add"), ("/", "Find"))),
    *(Key(name, does) for name, does in (("d", "Drill"), ("r", "Restore"), ("o", "Rotate"))),
    Key("m", "Menu", always=True),
    *_WAYS_OUT,
)
"""The keys of the first screen, as its bindings have them."""


@dataclass(frozen=True, slots=True)
class Page:
    """What the first page shows."""

    overview: "Overview"
    total: int
    rows: "tuple[Row, ...]"


class FirstPage:
    """Reads it in a thread, since a read may take as long as it likes, and paints it in the main one."""

    def __init__(self, home: str | None) -> None:
        self._home = home
        self._connected, self._read = Event(), Event()
        self.services: Services | None = None
        """Of the home, once they are connected."""
        self.page: Page | None = None
        """What was painted; None where the app has to look itself."""
        self.screen: EarlyScreen | None = None
        Thread(target=self._reading, name="first page", daemon=True).start()

    def show(self) -> None:
        """Take the terminal and paint the page, or the frame of one."""
        self.screen = early_screen(os.environ)
        if self.screen is None:
            return
        width, height = self.screen.grid.width, self.screen.grid.height
        if not self._read.wait(_FRAME_AFTER_S):
            self.screen.show(frame(width, height))
            self._read.wait(_GIVEN_UP_AFTER_S - _FRAME_AFTER_S)
        page = self._found if self._read.is_set() else None
        if page is not None:
            self.screen.show(page_lines(page, width, height))
            self.page, self.screen.has_data = page, True
        elif self._read.is_set():
            self.screen.show(frame(width, height))

    def connected(self) -> "Services":
        """Return the services, which may take as long as connecting takes. Raises HomeNotSafe,
        HomeUnreachable, HomeUnreadable."""
        from nskeys.bootstrap import connect

        self._connected.wait()
        return self.services if self.services is not None else connect(self._home)

    def put_back(self) -> None:
        """Put the terminal back, unless the app took it."""
        if self.screen is not None:
            self.screen.put_back()

    def _reading(self) -> None:
        self._found: Page | None = None
        try:
            from nskeys.bootstrap import connect

            services = connect(self._home)
            self.services = services
            self._connected.set()
            self._found = read(services, os.get_terminal_size(sys.stdout.fileno()).lines)
        except Exception:  # noqa: BLE001  # the app meets it again, and has the words for it
            self._found = None
        finally:
            self._connected.set()
            self._read.set()


def read(services: "Services", lines: int) -> Page | None:
    """Return the page; None where the home is not ready for one. Raises NskeysError."""
    from nskeys_tui.presenters.overview import ALL, filter_named, filters
    from nskeys_tui.screens.rows import FIRST_ORDER, CredentialRows
    from nskeys_tui.widgets.table.rows import fetch

    if not services.about.opens_here():
        return None
    overview = services.recoverability.overview(look=False)
    wanted = filter_named(filters(overview.recoverability), ALL).with_text("")
    rows = CredentialRows(services.credentials, wanted, FIRST_ORDER, overview.recoverability)
    total, chunk = fetch(rows, 0, 2 * (lines - _AROUND_THE_LIST))
    return Page(overview, total, chunk.rows)


def frame(cells: int, height: int) -> list[Sequence[Span]]:
    """Return the lines of the app's own first paint."""
    from nskeys.wording.waiting import FIRST_WORDS

    blank: list[Sequence[Span]] = [() for _ in range(height - 4)]
    top = [title_spans("", "", cells), rule_spans((), cells), [(FIRST_WORDS, "")]]
    return [*top, *blank, key_spans(_WAYS_OUT, cells)]


def page_lines(page: Page, cells: int, height: int) -> list[Sequence[Span]]:
    """Return the lines of the first screen."""
    from nskeys.wording.answer import rotation_words
    from nskeys.wording.keys import more_keys
    from nskeys.wording.text.terminal import safe
    from nskeys_tui.presenters.keys import shown_keys
    from nskeys_tui.presenters.overview import (
        ALL,
        answer_lines,
        filters,
        heading,
        layout_for,
        room_for,
        title_facts,
    )
    from nskeys_tui.presenters.spans import answer_spans
    from nskeys_tui.screens.rows import key_columns, key_rows
    from nskeys_tui.widgets.table.columns import lay_out

    overview, answer = page.overview, page.overview.recoverability
    layout, room = layout_for(cells), room_for(height)
    shown = shown_keys(answer.keys, room)
    left_out = len(answer.keys) - len(shown)
    beside = (more_keys(left_out) if left_out else "", rotation_words(overview))
    keys = key_rows(shown, brief=layout.brief)
    columns = key_columns(keys)
    lines: list[Sequence[Span]] = [
        title_spans(safe(overview.server), title_facts(overview), cells),
        rule_spans((), cells),
        *(answer_spans(line, cells) for line in answer_lines(overview, layout, room)),
        rule_spans(("Keys", *filter(None, beside)), cells),
        *_styled(columns, lay_out(columns, cells), keys, cells),
        rule_spans(heading(filters(answer), ALL, cells), cells),
    ]
    rows = height - len(lines) - 3
    return [*lines, *_list(page, cells, rows), rule_spans((), cells), key_spans(KEYS, cells)]


def _list(page: Page, cells: int, height: int) -> list[Sequence[Span]]:
    """Return the header and the rows, the first one under the cursor."""
    from nskeys.wording.answer import OVERVIEW_NO_CREDENTIALS
    from nskeys.wording.text.terminal import pad
    from nskeys_tui.screens.rows import COLUMNS, FIRST_ORDER
    from nskeys_tui.widgets.table.columns import lay_out, line, needs_of, title_texts
    from nskeys_tui.widgets.table.position import MARK, marked_lines, position, positioned

    needs = needs_of(COLUMNS, (0,) * len(COLUMNS), [row.cells for row in page.rows]) if page.rows else ()
    laid = lay_out(COLUMNS, cells, needs)
    titles = title_texts(COLUMNS, FIRST_ORDER.by, FIRST_ORDER.descending)
    header = "".join(line(COLUMNS, laid, titles, cells))
    lines: list[Sequence[Span]] = [[(positioned(header, cells, position(0, page.total)), "dim")]]
    if not page.rows:
        lines.append([(pad(f" {OVERVIEW_NO_CREDENTIALS}", cells), "quiet")])
    for row in page.rows[:1]:
        lines.append([("".join(line(COLUMNS, laid, row.cells, cells)), "reverse")])
    lines += _styled(COLUMNS, laid, page.rows[1:height], cells)
    for y in marked_lines(0, height, page.total):
        lines[y + 1] = [*_without_last(lines[y + 1]), (MARK, "dim")]
    return [*lines, *(() for _ in range(height + 1 - len(lines)))]


def _without_last(spans: Sequence[Span]) -> Sequence[Span]:
    """Return a row without its last cell, which is a blank."""
    *others, (text, paint) = spans
    return [*others, (text[:-1], paint)]


def _styled(
    columns: "Sequence[Column]", laid: "Sequence[Laid]", rows: "Sequence[Row]", cells: int
) -> list[Sequence[Span]]:
    from nskeys_tui.widgets.table.columns import styled_pieces

    return [
        [
            (text, row.style if styled else "")
            for text, styled in styled_pieces(columns, laid, row.cells, cells)
        ]
        for row in rows
    ]
