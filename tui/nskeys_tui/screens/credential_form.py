"""Adding and editing a credential: its kind first, then the fields of that kind."""

from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.timer import Timer

from nskeys.errors import FieldInvalid, NameTaken, NskeysError
from nskeys.model.credentials import Credential, CredentialFields, CredentialKind, check_fields
from nskeys.model.secret import SecretBytes
from nskeys.services.passwords.new_password import generate_password
from nskeys.wording.credentials import (
    GENERATED,
    KEEP_SECRET,
    RE_ENTER_SECRET,
    SHOWN_FOR_S,
    credential_title,
    empty_secret_question,
    field_problem,
)
from nskeys.wording.errors import say
from nskeys.wording.fields import field_help, field_label, kind_help
from nskeys.wording.labels import kind_name
from nskeys.wording.waiting import LEAVE_NO, LEAVE_YES
from nskeys_tui.dialogs.questions import ConfirmDialog
from nskeys_tui.screens.next_copy import say_next_copy
from nskeys_tui.screens.session import Session, show_error
from nskeys_tui.widgets.choice_list import Choice, ChoiceList
from nskeys_tui.widgets.form_field import FormField
from nskeys_tui.widgets.frame import Rule, TitleBar
from nskeys_tui.widgets.guarded import Guarded
from nskeys_tui.widgets.key_bar import KeyBar
from nskeys_tui.widgets.room import Room

_FIELDS = ("name", "target", "account", "secret", "note")
"""As the form asks for them, after the kind."""
_KINDS = tuple(CredentialKind)


class CredentialFormScreen(Guarded[None]):
    """Saves on Enter; a problem is shown beside its field, and no typed text is lost."""

    HELP = (
        "Up and down choose the kind, Tab goes from field to field, Enter saves. The secret is sealed "
        "together with the other fields: nobody can move it to another account in the database."
    )
    DEFAULT_CSS = """
    CredentialFormScreen {
        & Room { padding: 0 1; }
        & ChoiceList { margin: 0 0 1 0; }
    }
    """
    ESC_LEAVES = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "save", "Save", tooltip="Seal the secret and save everything"),
        Binding("ctrl+s", "save", show=False),
        Binding("ctrl+g", "generate", "Generate", tooltip="Make a strong secret and put it into its field"),
        Binding("ctrl+r", "reveal", "Show secret", tooltip="Show what is typed as the secret"),
        Binding("ctrl+r", "conceal", "Hide secret", tooltip="Hide what is typed as the secret"),
        Binding("tab", "app.focus_next", "Next field", tooltip="Go to the next field"),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("escape", "leave", "Back", tooltip="Back without saving"),
    ]

    def __init__(
        self, session: Session, credential: Credential | None = None, *, re_entered: bool = False
    ) -> None:
        """`re_entered`: the credential does not open any more."""
        super().__init__()
        self._session = session
        self._re_entered = re_entered
        self._before = credential
        self._hides: Timer | None = None

    def compose(self) -> ComposeResult:
        """Return the kinds, the fields, the keys."""
        before = self._before
        title = "Add a credential" if before is None else f"Edit {credential_title(before)}"
        yield TitleBar(title)
        yield Rule()
        with Room():
            kinds = [Choice(kind.value, kind_name(kind), aside=kind_help(kind)) for kind in _KINDS]
            yield ChoiceList(kinds, cursor=_KINDS.index(self._first_kind))
            for name in _FIELDS:
                yield FormField(
                    field_label(name),
                    self._value_before(name),
                    help=self._help(name, self._first_kind),
                    password=name == "secret",
                    id=name,
                )
        yield Rule()
        yield KeyBar()

    def on_mount(self) -> None:
        """Begin an edit at the name: what is typed at once is seen, and replaces no secret. One that
        does not open any more is edited for its secret."""
        if self._before is not None:
            self._field("secret" if self._re_entered else "name").focus()

    # --- what is typed -----------------------------------------------------------------------------------

    @property
    def _first_kind(self) -> CredentialKind:
        return self._before.fields.kind if self._before else _KINDS[0]

    @property
    def _kind(self) -> CredentialKind:
        return CredentialKind(self.query_one(ChoiceList).key or _KINDS[0])

    def _value_before(self, name: str) -> str:
        if self._before is None or name == "secret":
            return ""
        fields = self._before.fields
        return {
            "name": fields.name,
            "target": fields.target,
            "account": fields.account,
            "note": fields.note,
        }[name]

    def _field(self, name: str) -> FormField:
        return self.query_one(f"#{name}", FormField)

    def _help(self, name: str, kind: CredentialKind) -> str:
        if name == "secret" and self._before is not None:
            return RE_ENTER_SECRET if self._re_entered else KEEP_SECRET
        return field_help(kind, name)

    @on(ChoiceList.Highlighted)
    def _another_kind(self) -> None:
        for name in _FIELDS:
            self._field(name).explain(self._help(name, self._kind))

    @on(ChoiceList.Chosen)
    def _kind_chosen(self) -> None:
        self._field("name").focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("reveal", "conceal"):
            fields = self.query("#secret").results(FormField)
            return all(field.input.password is (action == "reveal") for field in fields)
        return super().check_action(action, parameters)

    def action_generate(self) -> None:
        """Put a generated secret into its field, hidden."""
        with generate_password() as secret:
            self._field("secret").input.value = secret.text()
        self._field("secret").explain(GENERATED)
        self._field("secret").focus()

    def action_reveal(self) -> None:
        """Show the secret that is being typed, for a minute."""
        self._hide_secret(hidden=False)

    def action_conceal(self) -> None:
        self._hide_secret(hidden=True)

    def _hide_secret(self, *, hidden: bool) -> None:
        self._field("secret").input.password = hidden
        if self._hides is not None:
            self._hides.stop()
        self._hides = None if hidden else self.set_timer(SHOWN_FOR_S, self.action_conceal)
        self.refresh_bindings()

    def on_screen_suspend(self) -> None:
        """Hide the secret when another screen comes on top."""
        super().on_screen_suspend()
        self.action_conceal()

    # --- saving ------------------------------------------------------------------------------------------

    def action_save(self) -> None:
        """Check, ask about unusual values, seal, save, leave."""
        fields = self._checked()
        if fields is not None:
            self._saving(fields)

    @work
    async def _saving(self, fields: CredentialFields) -> None:
        typed = self._field("secret").value
        if not typed and self._before is None and not await self._really_empty(fields.name):
            return
        outcome = await self._session.quickly(partial(self._save, fields, typed))
        if isinstance(outcome, NskeysError):
            self._refused(outcome)
        else:
            self._field("secret").value = ""
            await say_next_copy(self.app, self._session)
            self.dismiss()

    def _checked(self) -> CredentialFields | None:
        values = {name: self._field(name).value for name in ("name", "target", "account", "note")}
        try:
            return check_fields(self._kind, **values)
        except FieldInvalid as error:
            self._refused(error)
            return None

    async def _really_empty(self, name: str) -> bool:
        question = ConfirmDialog(
            "Empty secret", empty_secret_question(name), yes="Yes, it has none", no="No, go back"
        )
        answer = await self.app.push_screen_wait(question)
        return answer is True

    def _save(self, fields: CredentialFields, typed: str) -> Credential:
        """Save in a thread. The secret is stored as typed: another normalisation could be another
        secret."""
        credentials, secrets = self._session.services.credentials, self._session.secrets
        with SecretBytes(typed.encode("utf-8", "surrogatepass")) as secret:
            if self._before is None:
                return credentials.add(fields, secret, secrets)
            return credentials.edit(self._before, fields, secret if typed else None, secrets)

    def _refused(self, error: NskeysError) -> None:
        """Show an error beside its field, else in a message."""
        if isinstance(error, FieldInvalid) and error.field in _FIELDS:
            field = self._field(error.field)
            field.problem = field_problem(error)
        elif isinstance(error, NameTaken):
            field = self._field("name")
            field.problem = say(error).what
        else:
            show_error(self.app, "Not saved", error)
            return
        field.focus()

    # --- leaving -----------------------------------------------------------------------------------------

    def action_leave(self) -> None:
        """Leave; after something was typed, only with a confirmation. Saving is not interrupted."""
        if self.judging:
            return
        if self.unsaved:
            question = ConfirmDialog("Leave", *self.leave_question, yes=LEAVE_YES, no=LEAVE_NO)
            self.app.push_screen(question, self._leave)
        else:
            self.dismiss()

    @property
    def unsaved(self) -> bool:
        """Whether a field, or the kind of an existing credential, was changed."""
        return super().unsaved or (self._before is not None and self._kind is not self._first_kind)

    def _leave(self, confirmed: bool | None) -> None:
        if confirmed:
            self._field("secret").value = ""
            self.dismiss()
