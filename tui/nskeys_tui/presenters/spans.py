"""Lines as spans of text in a paint: what widgets and the first page, which no Textual paints, have in
common."""

from collections.abc import Sequence
from dataclasses import dataclass

from nskeys.wording.text.terminal import fit, pad, width
from nskeys_tui.presenters.overview import AnswerLine, layout_for

Span = tuple[str, str]
"""Safe text, and its paint: empty, `bold`, `dim`, `reverse`, `accent` (bold), `hint` (the same colour, not
bold), `warning`, `error`, `good` or `quiet`."""

_GAP = 3
"""Cells between the bar and the text."""


def title_spans(subject: str, facts: str, cells: int, name: str = "nskeys") -> list[Span]:
    """Return ` nskeys · ns01.example.net CMDB SQLite · keys in TPM 2.0 `. The facts on the right are cut
    first where the line is narrow."""
    room = cells - 2
    left = fit(f" · {subject}" if subject else "", max(0, room - len(name)))
    right = fit(facts, max(0, room - len(name) - width(left) - 2))
    if width(right) < min(width(facts), 12):
        right = ""
    gap = " " * (room - len(name) - width(left) - width(right))
    return [(" ", ""), (name, "accent"), (left + gap, ""), (right, "dim"), (" ", "")]


def rule_spans(parts: Sequence[str], cells: int) -> list[Span]:
    """Return `── Keys ─────`, its heading bold and everything else quiet."""
    pieces: list[Span] = []
    used = 0
    for part in parts:
        text = fit(part, max(0, cells - used - 6))
        if not text:
            break
        pieces += [("── ", "dim"), (text, "" if pieces else "bold"), (" ", "")]
        used += width(text) + 4
    return [*pieces, ("─" * max(0, cells - used), "dim")]


def step_spans(names: Sequence[str], here: int, cells: int) -> list[Span]:
    """Return `── File · ▸ Plan · Proof ──────`; where it is too narrow, only the present step."""
    pieces = [(f"▸ {name}" if index == here else name) for index, name in enumerate(names)]
    paints = ["bold" if index == here else "" if index < here else "dim" for index in range(len(names))]
    if width(" · ".join(pieces)) + 5 > cells:
        pieces, paints = [f"step {here + 1} of {len(names)}: {names[here]}"], ["bold"]
    used = 4
    found: list[Span] = [("── ", "dim")]
    for index, (piece, paint) in enumerate(zip(pieces, paints, strict=True)):
        between = " · " if index else ""
        found += [(between, "dim"), (piece, paint)]
        used += width(between) + width(piece)
    return [*found, (" " + "─" * max(0, cells - used), "dim")]


def answer_spans(line: AnswerLine, cells: int) -> list[Span]:
    """Return a line of the answer: its label or bar, the text beside it, and the key that helps."""
    layout = layout_for(cells)
    room = cells - 2 - layout.label
    hint = f"  {line.hint}" if line.hint else ""
    text = pad(fit(line.text, room - width(hint)), room - width(hint))
    strong = line.style == "strong"
    if line.bar is None:
        label = pad(line.label, layout.label)
        paint = "" if strong else line.style
        return [(" ", ""), (label, paint), (text, "bold" if strong else ""), (hint, "hint")]
    return [(" ", ""), *bar_spans(*line.bar, layout.label - _GAP), (" " * _GAP + text, ""), (hint, "hint")]


def bar_spans(done: int, total: int, cells: int) -> list[Span]:
    """Return a bar of `cells` cells, full as `done` is of `total`: `████████████████████░░░`."""
    full = filled(done, total, cells)
    return [("█" * full, "hint"), ("░" * (cells - full), "")]


def filled(done: int, total: int, cells: int) -> int:
    """Return how many of `cells` are full."""
    if total <= 0 or done <= 0:
        return 0
    if done >= total:
        return cells
    return max(1, min(cells - 1, round(cells * done / total)))


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is shown, and what it does in a word or two."""

    name: str
    does: str
    always: bool = False


def key_spans(keys: Sequence[Key], cells: int) -> list[Span]:
    """Return ` b Back up r Restore ? Help q Quit`, as many as fit."""
    shown, gap = fit_keys(keys, cells)
    spans: list[Span] = []
    for key in shown:
        spans += [(" " * (gap if spans else 1), ""), (key.name, "accent"), (f" {key.does}", "")]
    return spans


def fit_keys(keys: Sequence[Key], cells: int) -> tuple[tuple[Key, ...], int]:
    """Return the keys that fit into `cells`, and the width of the gaps: first the gaps shrink, then keys
    are left out from the end, those that are always shown last."""
    shown = list(keys)
    for gap in (2, 1):
        if _length(shown, gap) <= cells:
            return tuple(shown), gap
    for spare in [key for key in reversed(shown) if not key.always] + list(reversed(shown)):
        if spare in shown and _length(shown, 1) > cells:
            shown.remove(spare)
    return tuple(shown), 2 if _length(shown, 2) <= cells else 1


def _length(keys: Sequence[Key], gap: int) -> int:
    return sum(width(key.name) + 1 + width(key.does) for key in keys) + gap * (len(keys) - 1) + 1
