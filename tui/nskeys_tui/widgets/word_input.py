"""The line for one word of a share: seen, for it is compared with a sheet; and never copied out of it."""

from textual.message import Message

from nskeys_tui.widgets.password_input import PasswordInput


class WordInput(PasswordInput):
    """A password's line without its dots. Backspace in an empty one asks for the word before."""

    class Back(Message):
        """The word before is to be typed anew."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, submits=False)
        self.password = False

    def action_delete_left(self) -> None:
        """A letter, or the word before."""
        if self.value:
            super().action_delete_left()
        else:
            self.post_message(self.Back())
