"""What the screens of one run share: the services, and the dialogs that ask for secrets."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from textual.app import App
from textual.screen import ModalScreen

from nskeys.bootstrap import Services, connect
from nskeys.errors import Cancelled, NskeysError
from nskeys.model.plans import FirstSight
from nskeys.model.secret import LEAST_SCORE, SecretBytes
from nskeys.ports import Progress, Purpose, SecretRequest, Stage
from nskeys.ports.shares import ShareRequest
from nskeys.services.passwords.new_password import generate_password, judge
from nskeys.services.passwords.remembered import RememberedPassphrase
from nskeys.services.stopping import stoppable
from nskeys.wording.errors import say_in_app
from nskeys.wording.errors.setup import closed_words
from nskeys.wording.passwords import ONCE_IN_A_RUN, question, strength_words
from nskeys_tui.dialogs.long_work import DialogSecrets, LongWork, Outcome
from nskeys_tui.dialogs.questions import Line, LineDialog, MessageDialog
from nskeys_tui.dialogs.secret import AskKeyFile, AskPassword, NewPassword
from nskeys_tui.dialogs.share import AskShare
from nskeys_tui.dialogs.waiting import DialogWaiting
from nskeys_tui.screens.background import OverviewLoader
from nskeys_tui.widgets.strength_line import Strength

T = TypeVar("T")

_TITLES = {
    Purpose.PASSPHRASE: "Passphrase",
    Purpose.PIN: "PIN",
    Purpose.SSH_PASSPHRASE: "Passphrase",
    Purpose.GPG_PASSPHRASE: "Passphrase",
}
_NEW = (
    Purpose.NEW_BACKUP_PASSWORD,
    Purpose.NEW_IDENTITY_PASSWORD,
    Purpose.NEW_PASSPHRASE,
    Purpose.NEW_EXPORT_PASSWORD,
)


class Session:
    """One run of the app. It asks for the key store's passphrase once."""

    def __init__(self, app: App[Any], services: Services) -> None:
        self._app = app
        self.banner: str = getattr(app, "banner", "")
        """A sentence that the first screen keeps in sight."""
        self._waiting = DialogWaiting(app)
        self.services = self._told_of(services)
        for path in services.closed:
            app.notify(closed_words(path), markup=False)
        self.secrets = RememberedPassphrase(DialogSecrets(app, self.ask))
        """A `ports.SecretProvider` for worker threads."""
        self.looks = OverviewLoader(lambda: self.services.recoverability)
        """The overviews that screens show."""

    def ask(
        self, request: SecretRequest, retry: int, refused: str = "", help: str = ""
    ) -> ModalScreen[SecretBytes | None]:
        """Return the dialog that asks for a secret, as `ask_secret`."""
        return ask_secret(request, retry, refused, help, self.services.about.least_score)

    async def work(
        self, title: str, work: Callable[[Progress], T], stages: Sequence[Stage] = ()
    ) -> Outcome[T]:
        """Run a service's function in a thread under a progress dialog; await it in a Textual worker."""
        dialog: LongWork[T] = LongWork(
            title,
            lambda progress, _: stoppable(work, progress),
            self.ask,
            stages,
            self.services.destinations.interrupt,
        )
        outcome = await self._app.push_screen_wait(dialog)
        return outcome if outcome is not None else Outcome()

    async def quickly(self, call: Callable[[], T]) -> T | NskeysError:
        """Run a short service call in a thread and return its value, or the error that ended it."""
        return await asyncio.to_thread(_value_or_error, call)

    async def unlock_at_start(self, purpose: Purpose) -> NskeysError | None:
        """Ask for the key store's secret and try it, so that this run asks no more; await it in a Textual
        worker. After Esc it is asked where a key is needed. Returns the error, if any."""
        request = SecretRequest(purpose)
        secret = await self._app.push_screen_wait(self.ask(request, 0, help=ONCE_IN_A_RUN))
        if secret is None:
            return None
        self.secrets.remember(purpose, secret)
        outcome = await self.work("Open the keys", self._unlock, (Stage.UNLOCKING,))
        return outcome.error

    def _unlock(self, progress: Progress) -> None:
        progress.stage(Stage.UNLOCKING)
        self.services.protection.unlock(self.secrets)

    def use_cmdb(self, address: str) -> FirstSight:
        """Look at another CMDB in a thread, for a home without keys. If that works, this run and later ones
        use it."""
        services = connect(self.services.about.home, cmdb=address)
        try:
            status = services.set_up.look()
            services.set_up.use_cmdb(address)
        except NskeysError:
            services.close()
            raise
        before, self.services = self.services, self._told_of(services)
        before.close()
        return status

    def connect_anew(self) -> None:
        """Use the CMDB that `config.toml` names now, after it was moved; in a thread. A passphrase that was
        given stays."""
        before = self.services
        self.services = self._told_of(connect(before.about.home))
        before.close()

    def _told_of(self, services: Services) -> Services:
        """Return the services, whose changes wait for others under a dialog."""
        services.tell_who_waits(self._waiting)
        return services

    def close(self) -> None:
        """Wipe the passphrase, close the CMDB."""
        self.secrets.wipe()
        self.services.close()


def _value_or_error(call: Callable[[], T]) -> T | NskeysError:
    try:
        return call()
    except NskeysError as error:
        return error


def ask_secret(
    request: SecretRequest, retry: int, refused: str = "", help: str = "", least: int = LEAST_SCORE
) -> ModalScreen[SecretBytes | None]:
    """Return the dialog that asks for a secret; `refused` replaces the usual words about why it asks again,
    `help` those about what it is for. A new one that scores below `least` needs a confirmation."""
    if isinstance(request, ShareRequest):
        return AskShare(request)
    words = question(request, retry, stop="Esc")
    if request.purpose in _NEW:
        return NewPassword(
            "New password",
            words.prompt,
            help=words.help,
            refused=refused or words.refused,
            assess=partial(_assess, least),
            generate=generate_password,
        )
    if request.purpose is Purpose.EXPORT_KEY_FILE:
        return AskKeyFile(words.prompt, words.help, refused or words.refused)
    return AskPassword(
        _TITLES.get(request.purpose, "Password"),
        words.prompt,
        help=help or words.help,
        refused=refused or words.refused,
        empty=request.purpose is Purpose.EXPORT_PASSWORD,
    )


def _assess(least: int, password: SecretBytes) -> Strength:
    score = judge(password)
    return Strength(score, strength_words(score), weak=score < least)


_READ_S, _A_LINE_S = 4.0, 0.06
"""Seconds that a line stays, whatever it says, and more of them for each of its characters."""


def show_done(app: App[Any], *sentences: str) -> None:
    """Say in a line what was done; it goes by itself."""
    words = " ".join(sentences)
    app.notify(words, timeout=_READ_S + _A_LINE_S * len(words), markup=False)


async def ask_line(
    app: App[Any],
    title: str,
    prompt: str,
    line: Line,
    attempt: Callable[[str], Awaitable[T | NskeysError]],
) -> T | None:
    """Ask for a line until `attempt` takes it, and return what that gave; None where nothing was typed.
    What was wrong stands below the field, with what was typed still in it."""
    while True:
        typed = await app.push_screen_wait(LineDialog(title, prompt, line))
        if not typed or not typed.strip():
            return None
        outcome = await attempt(typed.strip())
        if isinstance(outcome, Cancelled):
            return None
        if not isinstance(outcome, NskeysError):
            return outcome
        line = replace(line, value=typed, problem=str(say_in_app(outcome)))


def show_error(app: App[Any], title: str, error: NskeysError | None) -> Awaitable[None]:
    """Say what went wrong and what to do; whoever awaits it, in a worker, goes on when it was read. That a
    person stopped something needs no explaining."""
    read: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    if error is None or isinstance(error, Cancelled):
        read.set_result(None)
        return read
    sentence = say_in_app(error)
    app.push_screen(
        MessageDialog(title, sentence.what, sentence.advice),
        lambda _: None if read.done() else read.set_result(None),
    )
    return read
