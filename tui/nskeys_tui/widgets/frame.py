"""The top line: which server this is, and what its keys and its CMDB rest on."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from nskeys.wording.text.terminal import fit, width


class TitleBar(Widget):
    """` nskeys · ns01.example.net          CMDB SQLite · keys in TPM 2.0 `; both texts are safe."""

    DEFAULT_CSS = """
    TitleBar { height: 1; }
    """

    subject: reactive[str] = reactive("")
    """What this is about: the server's name, or a screen's."""
    facts: reactive[str] = reactive("")
    """What stands on the right. It gives way where the line is narrow."""

    def __init__(self, subject: str = "", facts: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(TitleBar.subject, subject)
        self.set_reactive(TitleBar.facts, facts)

    def render(self) -> Content:
        """One line of exactly the width there is."""
        room = self.size.width - 2
        name = "nskeys"
        left = fit(f" · {self.subject}" if self.subject else "", max(0, room - len(name)))
        right = fit(self.facts, max(0, room - len(name) - width(left) - 2))
        if width(right) < min(width(self.facts), 12):
            right = ""
        gap = " " * (room - len(name) - width(left) - width(right))
        return Content.assemble(" ", (name, "bold $accent"), left, gap, (right, "dim"), " ")
