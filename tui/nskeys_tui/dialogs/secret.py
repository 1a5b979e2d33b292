"""Dialogs that ask for a password, an existing one or a new one twice, and for a key file."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from nskeys.errors import NskeysError
from nskeys.model.secret import SecretBytes
from nskeys.services.user_files import read_key_file
from nskeys.wording.credentials import SHOWN_FOR_S
from nskeys.wording.errors import say_in_app
from nskeys.wording.passwords import USE_ALL_THE_SAME
from nskeys_tui.dialogs.dialog import Dialog, text
from nskeys_tui.widgets.form_field import FormField
from nskeys_tui.widgets.guarded import LOOKS
from nskeys_tui.widgets.inputs import PasswordInput
from nskeys_tui.widgets.strength_line import Strength, StrengthLine

_PAUSE = 0.25
"""Seconds without a key before a password is rated."""


class AskPassword(Dialog[SecretBytes]):
    """Asks for an existing password. Returns it, or None for Esc; the caller wipes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "accept", "Open"),
        Binding("ctrl+r", "reveal", "Show", tooltip="Show what is typed, for a minute"),
        Binding("ctrl+r", "conceal", "Hide", tooltip="Hide what is typed"),
    ]

    def __init__(
        self, title: str, prompt: str, *, help: str = "", refused: str = "", empty: bool = False
    ) -> None:
        """`empty`: an empty one may be right."""
        super().__init__(title)
        self._called, self._empty = title, empty
        self._prompt, self._help, self._refused = prompt, help, refused

    def body(self) -> Iterable[Widget]:
        yield from _question(self._prompt, self._help, self._refused)
        yield FormField(self._called, password=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("reveal", "conceal"):
            inputs = self.query(PasswordInput)
            return all(field.password is (action == "reveal") for field in inputs)
        return super().check_action(action, parameters)

    def action_reveal(self) -> None:
        """Show what is typed, for a minute."""
        self._hide_typed(hidden=False)
        self.set_timer(SHOWN_FOR_S, self.action_conceal)

    def action_conceal(self) -> None:
        self._hide_typed(hidden=True)

    def _hide_typed(self, *, hidden: bool) -> None:
        self.query_one(PasswordInput).password = hidden
        self.refresh_bindings()

    def action_accept(self) -> None:
        """Return what was typed; an empty password is none, unless it may be right."""
        field = self.query_one(PasswordInput)
        if not field.value and not self._empty:
            called = self._called if self._called.isupper() else self._called.lower()
            self.query_one(FormField).problem = f"Type the {called}, or leave with Esc."
            return
        secret = field.secret()
        field.forget()
        self.dismiss(secret)


class NewPassword(Dialog[SecretBytes]):
    """Asks for a new password, typed twice or generated. Returns it, or None; the caller wipes it.

    A generated password must have been shown before it is accepted, because one that nobody wrote down
    would open nothing. It is shown on request only, and never goes to a clipboard.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "accept", "Accept"),
        Binding("ctrl+g", "generate", "Generate", tooltip="Make a strong password to be written down"),
        Binding("ctrl+r", "reveal", "Show", tooltip="Show the generated password, to be written down"),
        Binding("ctrl+r", "conceal", "Hide", tooltip="Hide the generated password"),
    ]

    class _Judged(Message):
        def __init__(self, strength: Strength, typed: str) -> None:
            self.strength, self.typed = strength, typed
            super().__init__()

    def __init__(
        self,
        title: str,
        prompt: str,
        *,
        help: str = "",
        refused: str = "",
        assess: Callable[[SecretBytes], Strength] | None = None,
        generate: Callable[[], SecretBytes] | None = None,
    ) -> None:
        super().__init__(title)
        self._prompt, self._help, self._refused = prompt, help, refused
        self._assess, self._generate = assess, generate
        self._generated: SecretBytes | None = None
        self._visible = self._was_shown = False
        self._pause: Timer | None = None
        self._known: tuple[str, Strength] | None = None
        """The last rating, and its password."""
        self._accepting = self._insists = False

    def body(self) -> Iterable[Widget]:
        yield from _question(self._prompt, self._help, self._refused)
        yield FormField("Password", password=True, id="first")
        yield FormField("Again", password=True, id="again")
        yield StrengthLine()
        yield text("", id="generated")

    # --- typing ------------------------------------------------------------------------------------

    @on(Input.Changed)
    def _changed(self, message: Input.Changed) -> None:
        message.stop()
        if self._generated is not None and message.value != self._generated.text():
            self._drop_generated()
        for field in self.query(FormField):
            field.problem = ""
        self._accepting = self._insists = False
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(_PAUSE, self._judge)

    def _judge(self) -> None:
        """Rate the password in a thread: the first time loads a dictionary."""
        if self._assess is None:
            return
        field = self.query_one("#first PasswordInput", PasswordInput)
        if not field.value:
            self.query_one(StrengthLine).strength = None
            return
        if self._known is not None and self._known[0] == field.value:
            return
        self.run_worker(partial(self._judging, field.value), thread=True, exclusive=True, group=LOOKS)

    def _judging(self, typed: str) -> None:
        if self._assess is not None:
            with SecretBytes.from_text(typed) as secret:
                self.post_message(self._Judged(self._assess(secret), typed))

    @on(_Judged)
    def _judged(self, message: _Judged) -> None:
        if message.typed == self.query_one("#first PasswordInput", PasswordInput).value:
            self.query_one(StrengthLine).strength = message.strength
            self._known = (message.typed, message.strength)
            if self._accepting:
                self._accepting = False
                self.action_accept()

    # --- the generated one -----------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "generate":
            return self._generate is not None
        if action in ("reveal", "conceal"):
            return self._generated is not None and self._visible is (action == "conceal")
        return super().check_action(action, parameters)

    def action_generate(self) -> None:
        """Fill both fields with a generated password."""
        if self._generate is None:
            return
        self._drop_generated()
        self._generated = self._generate()
        for field in self.query(PasswordInput):
            field.fill(self._generated)
        self._say_generated()

    def action_reveal(self) -> None:
        """Show the generated password, and drop the error that it had not been shown."""
        self._visible = self._was_shown = True
        self.query_one("#first", FormField).problem = ""
        self._say_generated()
        self.set_timer(SHOWN_FOR_S, self.action_conceal)

    def action_conceal(self) -> None:
        self._visible = False
        self._say_generated()

    def _drop_generated(self) -> None:
        if self._generated is not None:
            self._generated.wipe()
        self._generated = None
        self._visible = self._was_shown = False
        self._say_generated()

    def _say_generated(self) -> None:
        words = Content("")
        if self._generated is not None and self._visible:
            rule = "\nWrite it down now, and keep it apart from the backup."
            words = Content.assemble((self._generated.text(), "bold"), rule)
        elif self._generated is not None:
            words = Content("A password was generated. Ctrl+R shows it, to be written down.")
        self.query_one("#generated", Static).update(words)
        self.refresh_bindings()

    # --- the end ---------------------------------------------------------------------------------------

    def action_accept(self) -> None:
        """Return the password where both fields agree."""
        first, again = self.query_one("#first", FormField), self.query_one("#again", FormField)
        if not first.value:
            first.problem = "Type a password, or leave with Esc."
            first.focus()
        elif first.value != again.value:
            again.problem = "The two passwords differ." if again.value else "Type the same password again."
            again.focus()
        elif self._generated is not None and not self._was_shown:
            first.problem = "Show it first (Ctrl+R) and write it down."
        elif self._assess is None:
            self._give(first.value, None)
        elif self._known is None or self._known[0] != first.value:
            self._accepting = True  # as soon as it is judged
            self._judge()
        elif self._known[1].weak and not self._insists:
            self._insists = True
            first.problem = f"{self._known[1].words.capitalize()}. {USE_ALL_THE_SAME}"
        else:
            self._give(first.value, self._known[1])

    def _give(self, password: str, strength: Strength | None) -> None:
        secret = SecretBytes.from_text(password, typed=True)
        if strength is not None:
            secret.score, secret.insisted = strength.score, strength.weak
        self._forget()
        self.dismiss(secret)

    def action_leave(self) -> None:
        self._forget()
        self.dismiss(None)

    def _forget(self) -> None:
        if self._generated is not None:
            self._generated.wipe()
            self._generated = None
        self._known = None
        for field in self.query(PasswordInput):
            field.forget()


def _question(prompt: str, help: str, refused: str) -> Iterable[Widget]:
    """Return why the last answer was refused, the question, and the hint or explanation, each in full."""
    if refused:
        yield text(f"! {refused}", "dialog--problem")
    yield text(f"{prompt}\n{help}" if help else prompt)


class AskKeyFile(Dialog[SecretBytes]):
    """Asks for the key file of a database by its path. Returns the bytes of the file, none where no path
    was typed, or None for Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "accept", "Accept")]

    def __init__(self, prompt: str, help: str, refused: str = "") -> None:
        super().__init__("Key file")
        self._prompt, self._help, self._refused = prompt, help, refused

    def body(self) -> Iterable[Widget]:
        if self._refused:
            yield text(f"! {self._refused}", "dialog--problem")
        yield text(self._prompt)
        yield FormField("Key file", help=self._help)

    def action_accept(self) -> None:
        """Return the file's bytes, unless it cannot be read."""
        field = self.query_one(FormField)
        path = field.value.strip()
        try:
            self.dismiss(read_key_file(path) if path else SecretBytes(b""))
        except NskeysError as error:
            field.problem = str(say_in_app(error))
