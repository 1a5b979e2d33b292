"""A line for a password: it can be typed and pasted into, and nothing comes out of it but a SecretBytes.

Textual's own password field gives its text to the terminal's clipboard (OSC 52) when it is selected and
copied or cut; here nothing can be selected, copied or cut.
"""

from textual.actions import SkipAction
from textual.widgets.input import Selection

from nskeys.model.secret import SecretBytes
from nskeys_tui.widgets.inputs import TextInput


class PasswordInput(TextInput):
    """Shows a dot for each character."""

    def __init__(self, *, id: str | None = None, classes: str | None = None, submits: bool = True) -> None:
        super().__init__(password=True, id=id, classes=classes, submits=submits)

    def secret(self) -> SecretBytes:
        """What was typed, in NFC. The caller wipes it."""
        return SecretBytes.from_text(self.value, typed=True)

    def fill(self, secret: SecretBytes) -> None:
        """Put a password in, as if it were typed: the cursor stands behind it."""
        self.value = secret.text()
        self.cursor_position = len(self.value)

    def forget(self) -> None:
        """Empty the field."""
        self.value = ""

    def action_delete_left_all(self) -> None:
        """Ctrl+U empties the field, wherever the cursor is, as at a terminal's prompt: nobody sees what
        would stay behind dots, and a new password with a rest of the old one opens nothing."""
        self.forget()

    def validate_selection(self, selection: Selection) -> Selection:
        """A cursor, never a selection."""
        return Selection.cursor(super().validate_selection(selection).end)

    @property
    def selected_text(self) -> str:
        """Nothing."""
        return ""

    def action_copy(self) -> None:
        """Nothing is copied; the key goes on to whoever takes it."""
        raise SkipAction

    def action_cut(self) -> None:
        """Nothing is cut."""
        raise SkipAction

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Copying and cutting are not offered."""
        return False if action in ("copy", "cut") else super().check_action(action, parameters)
