"""The floor for a start: a Textual app with one label."""

from textual.app import App, ComposeResult
from textual.widgets import Label


class LabelApp(App[None]):
    """Says one word."""

    def compose(self) -> ComposeResult:
        """The word."""
        yield Label("ready")


LabelApp().run()
