"""The frame of a screen: its top line and the rules across it."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from nskeys_tui.presenters.spans import rule_spans, step_spans, title_spans
from nskeys_tui.widgets.painted import painted


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
        return painted(title_spans(self.subject, self.facts, self.size.width, self.app.title))


class Banner(Widget):
    """Keeps a sentence in sight below the top line; takes no room where there is none."""

    DEFAULT_CSS = """
    Banner { height: auto; padding: 0 1; color: $warning; text-style: bold; display: none; }
    """

    words: reactive[str] = reactive("", layout=True)

    def __init__(self, words: str) -> None:
        super().__init__()
        self.set_reactive(Banner.words, words)
        self.display = bool(words)

    def render(self) -> Content:
        return Content(self.words)


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

    steps: reactive[tuple[tuple[str, ...], int]] = reactive(((), 0))
    """The steps of a guided flow, and the index of the present one; they take the heading's place."""

    def say(self, *parts: str) -> None:
        self.parts, self.steps = parts, ((), 0)

    def render(self) -> Content:
        names, here = self.steps
        cells = self.size.width
        return painted(step_spans(names, here, cells) if names else rule_spans(self.parts, cells))
