"""Asking for one custodian's share, typed word by word from its sheet, scanned or pasted."""

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from nskeys.model.secret import SecretBytes
from nskeys.ports.shares import ShareRequest
from nskeys.services.flows.share_entry import ShareEntry
from nskeys.wording.custodians import (
    EMPTY_SHEET,
    HIDDEN_WORD,
    SEEN_BRIEFLY,
    leave_question,
    progress_line,
    refusal,
    suggestions_line,
    title,
    word_question,
    word_rows,
)
from nskeys.wording.waiting import LEAVE_NO, LEAVE_SHEET, LEAVE_YES
from nskeys_tui.dialogs.dialog import Dialog, text
from nskeys_tui.dialogs.questions import ConfirmDialog
from nskeys_tui.widgets.inputs import WordInput


class AskShare(Dialog[SecretBytes]):
    """Returns the words of a valid share, or None; the caller wipes them. Problems are reported as soon
    as they are known: another set after two words, a share given before after four, a misread one after
    all."""

    DEFAULT_CSS = """
    AskShare {
        & .ask-share--line { height: 1; }
        & .ask-share--label { width: 14; text-style: bold; color: $accent; }
        & #words { height: auto; }
        & #said { height: auto; min-height: 1; margin-left: 14; text-style: dim; }
        & .dialog--text { margin: 0; }
        & #said.-wrong { margin-left: 0; color: $error; text-style: not dim; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "accept", "Take", tooltip="Take this word; behind the last one, the whole sheet"),
        Binding("up", "move(-1)", "Other word", tooltip="Up and Down go to another word, to type it anew"),
        Binding("down", "move(1)", show=False),
        Binding("ctrl+u", "empty", "Empty", tooltip="Take out every word, to begin the sheet anew"),
        Binding("ctrl+r", "hide", "Hide", tooltip="Hide the words"),
        Binding("ctrl+r", "show", "Show", tooltip="Show the words again"),
    ]

    def __init__(self, request: ShareRequest) -> None:
        super().__init__(title(request.gathered))
        self._request = request
        self._entry = ShareEntry(request.gathered)
        self._hidden = False

    def body(self) -> Iterable[Widget]:
        """Return the progress, the input, the message about it, and the words so far."""
        if self._request.refused is not None:
            yield text(f"! {refusal(self._request.refused)}", "dialog--problem")
        yield text(f"{progress_line(self._request.gathered)}\n{SEEN_BRIEFLY}")
        yield Horizontal(
            Static(classes="ask-share--label", id="label"), WordInput(), classes="ask-share--line"
        )
        yield Static(id="said")
        yield Static(id="words")

    def on_mount(self) -> None:
        self._show(self._entry)

    # --- typing -----------------------------------------------------------------------------------------

    @on(Input.Changed)
    def _changed(self, message: Input.Changed) -> None:
        message.stop()
        # Not the message's: a scanner types faster than messages come, and what stands in the line is more.
        value = self.query_one(WordInput).value
        if value != self._entry.letters:  # else it is what was put there
            self._show(self._entry.typed(value))

    @on(WordInput.Back)
    def _back(self) -> None:
        self._show(self._entry.back())

    def action_move(self, steps: int) -> None:
        """Move to another word."""
        self._show(self._entry.move(steps))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("hide", "show"):
            return self._hidden is (action == "show")
        if action == "empty":  # in an empty line that is meant for a word takes no sheet that may be right
            return self._entry.problem is not None and any(self._entry.words)
        return super().check_action(action, parameters)

    def action_empty(self) -> None:
        self._show(self._entry.again())

    def action_hide(self) -> None:
        self._hide(hidden=True)

    def action_show(self) -> None:
        self._hide(hidden=False)

    def _hide(self, *, hidden: bool) -> None:
        self._hidden = hidden
        self.query_one(WordInput).password = hidden
        self._show(self._entry)
        self.refresh_bindings()

    def action_accept(self) -> None:
        """Take the word in the input; when the sheet is complete, return it."""
        entry = self._entry.take()
        if not entry.full or entry.letters:
            self._show(entry)
            return
        entry = entry.checked()
        self._show(entry)
        if entry.problem is None:
            with entry.share().words as words:
                given = SecretBytes(words.reveal(), typed=True)
            self._forget()
            self.dismiss(given)

    @property
    def unsaved(self) -> bool:
        """Whether a word, or a part of one, was typed, or a sheet was given before."""
        return bool(self._entry.letters) or self._loses

    @property
    def _loses(self) -> bool:
        return any(self._entry.words) or bool(self._request.gathered.given)

    @property
    def leave_question(self) -> tuple[str, ...]:
        return (leave_question(self._request.gathered),)

    def action_leave(self) -> None:
        """Leave; after words were taken or sheets given, only with a confirmation."""
        if self._loses:
            question = ConfirmDialog(LEAVE_SHEET, *self.leave_question, yes=LEAVE_YES, no=LEAVE_NO)
            self.app.push_screen(question, self._leave)
        else:
            self._leave(confirmed=True)

    def _leave(self, confirmed: bool | None) -> None:
        if confirmed:
            self._forget()
            self.dismiss(None)

    def _forget(self) -> None:
        self._show(ShareEntry(self._request.gathered))

    # --- showing ----------------------------------------------------------------------------------------

    def _show(self, entry: ShareEntry) -> None:
        self._entry = entry
        line = self.query_one(WordInput)
        if line.value != entry.letters:
            line.value = entry.letters
            line.cursor_position = len(entry.letters)
        self.query_one("#label", Static).update(Content(word_question(entry.place)))
        rows = word_rows(entry.words, entry.place, hidden=self._hidden)
        self.query_one("#words", Static).update(Content("\n".join(rows)))
        self.refresh_bindings()
        message = self.query_one("#said", Static)
        message.set_class(entry.problem is not None, "-wrong")
        message.update(Content(self._message_for(entry)))

    def _message_for(self, entry: ShareEntry) -> str:
        if entry.problem is not None and not entry.letters:
            return f"! {refusal(entry.problem)} {EMPTY_SHEET}"
        if self._hidden and not entry.unknown:
            return HIDDEN_WORD if entry.certain else ""
        return suggestions_line(entry.certain, entry.suggestions, entry.unknown)
