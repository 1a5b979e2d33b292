"""A line across the screen, with or without a heading in it."""

from collections.abc import Sequence

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from nskeys.wording.text.terminal import fit, width


class Rule(Widget):
    """`────────` or `── Keys ─────────` or `── Credentials ── all 14 · run-as 6 ─────────`."""

    DEFAULT_CSS = """
    Rule { height: 1; }
    """

    parts: reactive[tuple[str, ...]] = reactive(())
    """The heading, then what else the line says; all safe."""

    def __init__(self, *parts: str, id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(Rule.parts, parts)

    def say(self, *parts: str) -> None:
        """Another heading."""
        self.parts = parts

    def render(self) -> Content:
        """One line of exactly the width there is."""
        return ruled(self.parts, self.size.width)


def ruled(parts: Sequence[str], cells: int) -> Content:
    """The line, its heading bold and everything else quiet."""
    pieces: list[tuple[str, str]] = []
    used = 0
    for part in parts:
        text = fit(part, max(0, cells - used - 6))
        if not text:
            break
        pieces += [("── ", "dim"), (text, "" if pieces else "bold"), (" ", "")]
        used += width(text) + 4
    return Content.assemble(*pieces, ("─" * max(0, cells - used), "dim"))
