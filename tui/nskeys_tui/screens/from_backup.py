"""What restore and drill begin with: a backup file, and what is in it, without its password."""

from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from nskeys.errors import NskeysError
from nskeys.model.operations import ProofReport
from nskeys.services.sources import Source, find_source
from nskeys_tui.presenters.restore import contents_rows
from nskeys_tui.screens.asking import read
from nskeys_tui.screens.choosing import backup_choices, chosen_address
from nskeys_tui.screens.guided import Guided, words
from nskeys_tui.screens.proof import ProofList
from nskeys_tui.screens.session import Session
from nskeys_tui.widgets.choice_list import ChoiceList
from nskeys_tui.widgets.facts import Facts


class FromBackup(Guided):
    """Begins with the file that was named, or with the choice of one, and shows what is in it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", "Go on", tooltip="Do what this step shows"),
        Binding("l", "proof", "Every credential", tooltip="Which credentials opened and which did not"),
    ]
    NEXT: ClassVar[str] = ""
    """What Enter does once the contents were seen."""

    def __init__(self, session: Session, address: str = "") -> None:
        super().__init__(session)
        self._address = address
        self.source: Source | None = None
        self.proof: ProofReport | None = None

    def on_mount(self) -> None:
        """Begin."""
        if self._address:
            self.inspect(self._address)
        else:
            self.show_files()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that work in this step."""
        if action == "go_on":
            return self.step in ("contents", "plan", "done")
        if action == "proof":
            return self.step == "done" and self.proof is not None
        return super().check_action(action, parameters)

    @work(exclusive=True)
    async def show_files(self) -> None:
        """The backups that the register remembers, each just looked at."""
        await self.show(
            "looking", "file", words("Looking at the backups that the register remembers …", "quiet")
        )
        copies = await read(self.session.services.register.copies)
        if isinstance(copies, NskeysError):
            await self.tell(copies)
            copies = ()
        now = self.session.services.installation.clock.now()
        await self.show("file", "which backup?", backup_choices(copies, now))

    @on(ChoiceList.Chosen)
    def _chosen(self, message: ChoiceList.Chosen) -> None:
        if self.step == "file":
            self._choose(message.key)

    @work(exclusive=True)
    async def _choose(self, key: str) -> None:
        address = await chosen_address(self, self.session, key)
        if address:
            self.inspect(address)

    @work(exclusive=True)
    async def inspect(self, address: str) -> None:
        """What is in the file, without its password."""
        installation = self.session.services.installation
        source = await read(lambda: find_source(installation, address))
        if isinstance(source, NskeysError):
            await self.tell(source)
            if self.step != "file":
                self.show_files()
            return
        self.source = source
        await self.show(
            "contents",
            "what is in it",
            Facts(contents_rows(source, installation.clock.now())),
            words(self.NEXT, "quiet"),
        )

    def action_proof(self) -> None:
        """Credential by credential."""
        if self.proof is not None:
            self.app.push_screen(ProofList(self.session, self.proof))

    def action_back(self) -> None:
        """To the choice of a file; from there, leave."""
        if self.step == "contents" and not self._address:
            self.show_files()
        else:
            self.dismiss()
