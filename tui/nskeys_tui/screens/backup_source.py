"""The first steps of restore and drill: a key backup with the database copy that goes with it, and what is
in both without a password."""

from functools import partial
from typing import Any, ClassVar, Protocol, TypeVar

from textual import on, work
from textual.binding import Binding, BindingType

from nskeys.errors import NskeysError
from nskeys.model.pairs import Lying
from nskeys.model.plans import ProofReport
from nskeys.model.unlock import BY_ITS_OWN, BY_SHARES, UnlockMethod
from nskeys.services.database.pairs import Pair
from nskeys.services.flows.source import SourceFlow, SourceStep
from nskeys.services.user_files import read_identity_file
from nskeys.wording.pairs import WHOSE_QUESTION, WHOSE_TITLE, not_used_lines
from nskeys.wording.unlock import IDENTITY_FILE_HELP, asked_for, or_else
from nskeys_tui.dialogs.questions import Line
from nskeys_tui.presenters.flows import Pairs, source_so_far
from nskeys_tui.presenters.restore import contents_rows, lacking, owner_choices
from nskeys_tui.screens.background import run_in_background
from nskeys_tui.screens.backup_picker import TYPE, backup_choices, chosen_address, typed_backup
from nskeys_tui.screens.proof import ProofScreen
from nskeys_tui.screens.server_prompts import with_server_access
from nskeys_tui.screens.session import Session, ask_line
from nskeys_tui.screens.wizard import F_co, Flow, FlowScreen, words
from nskeys_tui.widgets.choice_list import Choice, ChoiceList
from nskeys_tui.widgets.facts import Facts


class SourcedFlow(Flow[F_co], Protocol[F_co]):
    """A flow that begins with the choice of a backup."""

    @property
    def source(self) -> SourceFlow:
        """The state of that choice."""
        ...

    def at_source(self, source: SourceFlow) -> F_co:
        """Return the choice went on."""
        ...


F = TypeVar("F", bound=SourcedFlow[Any])


class BackupSourceScreen(FlowScreen[F]):
    """Begins with the file that was named, or with a choice, and shows its content."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", "Go on", tooltip="Do what this step shows"),
        Binding("s", "shares", "Shares", tooltip="Open it with custodians' sheets instead"),
        Binding("i", "identity", "Identity file", tooltip="Open it with an identity file instead"),
        Binding("l", "proof", "Credentials", tooltip="Which credentials opened and which did not"),
    ]
    NEXT: ClassVar[str] = ""
    """What Enter does after the content was shown; `{asked}` is the secret it asks for."""
    WITHOUT_COPY: ClassVar[str] = ""
    """What is said where no database copy goes with the key backup."""

    def __init__(self, session: Session, flow: F, address: str) -> None:
        super().__init__(session, flow)
        self._address = address
        self.opening = BY_ITS_OWN

    def on_unmount(self) -> None:
        """Wipe an identity that was read."""
        self._forget()

    def _forget(self) -> None:
        if self.opening.identity is not None:
            self.opening.identity.wipe()
        self.opening = BY_ITS_OWN

    @property
    def so_far(self) -> Pairs:
        """The backup that was chosen, once its contents are no longer shown."""
        if self.before_opening:
            return ()
        return source_so_far(self.flow.source, self.session.services.about.now())

    def problem_of(self, flow: F) -> NskeysError | None:
        """Return why a file was not taken, or the work with it ended."""
        return flow.source.problem or flow.problem

    async def at_source(self, flow: F) -> F | None:
        """Show or do a step of the choice."""
        following = await self._source_step(flow.source)
        if following is None:
            return None
        onwards: F = flow.at_source(following)
        return onwards

    async def _source_step(self, source: SourceFlow) -> SourceFlow | None:
        match source.step:
            case SourceStep.LOOKING if source.named:
                return await self._inspect(source, self._address)
            case SourceStep.LOOKING:
                return await self._look(source)
            case SourceStep.FILE:
                likely = source.likely.address if source.likely is not None else ""
                now = self.session.services.about.now()
                await self.show("file", "which backup?", backup_choices(source.copies, now, likely))
            case SourceStep.WHOSE:
                await self._show_owners(source)
            case SourceStep.CONTENTS if source.pair is not None:
                await self._show_contents(source.pair)
        return None

    async def _look(self, source: SourceFlow) -> SourceFlow:
        """Return the backups that the register remembers, each just looked at."""
        await self.show(
            "looking", "file", words("Looking at the backups that the register remembers …", "quiet")
        )
        copies = await run_in_background(self.session.services.register.copies)
        if isinstance(copies, NskeysError):
            await self.tell(copies)
            copies = ()
        return source.looked(copies)

    async def _inspect(self, source: SourceFlow, address: str) -> SourceFlow:
        """Return what is in the file, or in the newest pair at a place, without a password."""
        return self._taken(source, await self._found(address))

    async def _found(self, address: str) -> Pair | Lying | NskeysError:
        return await with_server_access(self, self.session, lambda: self.find(address))

    def _taken(self, source: SourceFlow, found: Pair | Lying | NskeysError) -> SourceFlow:
        if isinstance(found, Lying):
            return source.several(found)
        return source.not_found(found) if isinstance(found, NskeysError) else source.found(found)

    def find(self, address: str) -> Pair | Lying:
        """Read and inspect the file, and look for the database copy that goes with it."""
        return self.session.services.pairs.at(address, most=True)

    async def _show_owners(self, source: SourceFlow) -> None:
        """Ask whose archives are meant; the one with the highest number is marked."""
        choices = [Choice(*choice) for choice in owner_choices(source.owners)]
        await self.show("whose", WHOSE_TITLE, words(WHOSE_QUESTION), ChoiceList(choices))

    @on(ChoiceList.Chosen)
    def _chosen(self, message: ChoiceList.Chosen) -> None:
        if self.flow.source.step is SourceStep.FILE:
            self._choose(message.key)
        elif self.flow.source.step is SourceStep.WHOSE:
            self._choose_owner(int(message.key))

    @work(exclusive=True)
    async def _choose_owner(self, number: int) -> None:
        source = self.flow.source
        lying, owner, pairs = source.lying, source.owners[number], self.session.services.pairs
        if lying is None:
            return
        found = await with_server_access(self, self.session, lambda: pairs.newest(lying, owner))
        chosen = source.not_found(found) if isinstance(found, NskeysError) else source.found(found)
        self.go(self.flow.at_source(chosen))

    @work(exclusive=True)
    async def _choose(self, key: str) -> None:
        if key == TYPE:
            found: Pair | Lying | None = await typed_backup(self, self._found)
            if found is not None:
                self.go(self.flow.at_source(self._taken(self.flow.source, found)))
        elif address := await chosen_address(self, self.session, key):
            self.go(self.flow.at_source(await self._inspect(self.flow.source, address)))

    async def _show_contents(self, pair: Pair) -> None:
        """Show both halves, what either lacks, and what was left out."""
        self._forget()
        means = self.flow.source.means
        await self.show(
            "contents",
            "what is in it",
            *(words(f"! {line}", "warning") for line in lacking(pair)),
            Facts(contents_rows(pair, self.session.services.about.now(), self.WITHOUT_COPY)),
            *(words(line, "quiet") for line in not_used_lines(pair.not_used)),
            then=f"{self.NEXT.format(asked=asked_for(means))} {or_else(means)}".rstrip(),
        )

    def action_shares(self) -> None:
        """Go on with custodians' shares."""
        self.opening = BY_SHARES
        self.open_it()

    @work(exclusive=True)
    async def action_identity(self) -> None:
        """Go on with an identity file that is asked for."""
        line = Line("File", help=IDENTITY_FILE_HELP, is_path=True)
        opening = await ask_line(
            self.app,
            "Identity file",
            "Where is the identity?",
            line,
            lambda path: run_in_background(partial(read_identity_file, path)),
        )
        if opening is not None:
            self.opening = opening
            self.open_it()

    def action_go_on(self) -> None:
        """Go on with this step; a backup that only an identity file opens asks for that first."""
        source = self.flow.source
        wants_file = source.means[:1] == (UnlockMethod.IDENTITY_FILE,) and self.opening is BY_ITS_OWN
        if self.before_opening and wants_file:
            self.action_identity()
        else:
            self.open_it()

    @property
    def before_opening(self) -> bool:
        """Whether the content of the backup is shown, and nothing was asked yet."""
        return False

    def open_it(self) -> None:
        """Open it with what was chosen."""

    @property
    def proof(self) -> ProofReport | None:
        return None

    @property
    def listed_here(self) -> bool:
        """Whether the CMDB here has the credentials that were tried."""
        return True

    def action_proof(self) -> None:
        if self.proof is not None:
            self.app.push_screen(ProofScreen(self.session, self.proof, only_failures=not self.listed_here))
