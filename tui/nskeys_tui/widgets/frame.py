"""The frame of a screen: its top line and the rules across it."""

from collections.abc import Sequence

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from nskeys.wording.text.terminal import fit, width


class TitleBar(Widget):
    """Draws ` nskeys · ns01.example.net CMDB SQLite · keys in TPM 2.0 `; both texts are safe."""

    DEFAULT_CSS = """
    TitleBar { height: 1; }
    """

    subject: reactive[str] = reactive("")
    """The server's name, or a screen's title."""
    facts: reactive[str] = reactive("")
    """The text on the right. It is cut first where the line is narrow."""

    def __init__(self, subject: str = "", facts: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(TitleBar.subject, subject)
        self.set_reactive(TitleBar.facts, facts)

    def render(self) -> Content:
        room = self.size.width - 2
        name = "nskeys"
        subject = fit(f" · {self.subject}" if self.subject else "", max(0, room - len(name)))
        right = fit(self.facts, max(0, room - len(name) - width(subject) - 2))
        if width(right) < min(width(self.facts), 12):
            right = ""
        gap = " " * (room - len(name) - width(subject) - width(right))
        return Content.assemble(" ", (name, "bold $accent"), subject, gap, (right, "dim"), " ")


class Rule(Widget):
    """Draws `────────` or `── Keys ─────────` or `── Credentials ── all 14 · run-as 6 ─────────`."""

    DEFAULT_CSS = """
    Rule { height: 1; }
    """

    parts: reactive[tuple[str, ...]] = reactive(())
    """The heading, then what else the line says; all safe."""

    def __init__(self, *parts: str, id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(Rule.parts, parts)

    def say(self, *parts: str) -> None:
        """Replace the heading."""
        self.parts = parts

    def render(self) -> Content:
        return ruled(self.parts, self.size.width)


def ruled(parts: Sequence[str], cells: int) -> Content:
    """Return the line, its heading bold and everything else quiet."""
    pieces: list[tuple[str, str]] = []
    used = 0
    for part in parts:
        text = fit(part, max(0, cells - used - 6))
        if not text:
            break
        pieces += [("── ", "dim"), (text, "" if pieces else "bold"), (" ", "")]
        used += width(text) + 4
    return Content.assemble(*pieces, ("─" * max(0, cells - used), "dim"))
