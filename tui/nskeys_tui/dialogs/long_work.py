"""Long work with its progress: a service's function runs in a thread, the keyboard stays alive."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

from textual import on
from textual.app import App
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from nskeys.errors import Cancelled, NskeysError
from nskeys.model.credentials import SealedRow
from nskeys.model.secret import SecretBytes
from nskeys.ports import Progress, SecretProvider, SecretRequest, Stage
from nskeys.reasons import FailureReason
from nskeys.wording.progress import NO_COPY, PROVEN, stage_name
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import duration
from nskeys.wording.waiting import NOT_STOPPING, STOPPING
from nskeys_tui.dialogs.dialog import Dialog
from nskeys_tui.widgets.progress_panel import Mark, ProgressPanel, StageLine

_INTERVAL = 0.1
"""Seconds between two reports of one stage."""
_FIRST_GUESS = 1.0
"""Seconds of a stage before its remaining time is estimated."""


@dataclass(frozen=True, slots=True)
class Report:
    """The progress of a stage. `total` and `seconds_left` are None where they are not known."""

    stage: Stage
    done: int
    total: int | None
    seconds_left: float | None
    failed: int = 0
    """How many credentials were tried so far and did not open."""


@dataclass(frozen=True, slots=True)
class PlaceReport:
    """The stage of one of several destinations; None once it has ended."""

    address: str
    stage: Stage | None
    failed: bool


class TuiProgress:
    """A `ports.Progress`: its methods are called in the worker's thread, `stop` in the app's."""

    def __init__(
        self,
        tell: Callable[[Report], None],
        clock: Callable[[], float] = time.monotonic,
        tell_place: Callable[[PlaceReport], None] = lambda _: None,
    ) -> None:
        self._tell, self._tell_place = tell, tell_place
        self._clock = clock
        self._stopped = threading.Event()
        self._stage: Stage | None = None
        self._total: int | None = None
        self._done = self._failed = 0
        self._began = self._progress = 0.0

    def stop(self) -> None:
        """Make the next checkpoint raise Cancelled."""
        self._stopped.set()

    def stage(self, stage: Stage, total: int | None = None) -> None:
        """Begin a stage, after reporting the last count of the one before."""
        if self._stage is not None and self._total is not None:
            self._report()
        self._stage, self._total, self._done = stage, total, 0
        self._began = self._clock()
        self._report()

    def advance(self, count: int = 1) -> None:
        """Count this many more as done; reported at most every tenth of a second."""
        self._done += count
        if self._clock() - self._progress >= _INTERVAL or self._done == self._total:
            self._report()

    def place(self, address: str, stage: Stage | None, failed: bool = False) -> None:
        """Report the stage of a destination at once: there are few of them."""
        self._tell_place(PlaceReport(address, stage, failed))

    def proved(self, rows: Sequence[SealedRow], failed: Mapping[str, FailureReason]) -> None:
        self._failed += len(failed)

    def checkpoint(self) -> None:
        if self._stopped.is_set():
            raise Cancelled

    def _report(self) -> None:
        if self._stage is None:
            return
        self._progress = self._clock()
        self._tell(Report(self._stage, self._done, self._total, self._seconds_left(), self._failed))

    def _seconds_left(self) -> float | None:
        elapsed = self._progress - self._began
        if not self._total or not 0 < self._done < self._total or elapsed < _FIRST_GUESS:
            return None
        return elapsed / self._done * (self._total - self._done)


T = TypeVar("T")

_SLOW_STOP_S = 1.0
"""Seconds that a stop may take before it is said that this step has none."""

SecretDialog = Callable[[SecretRequest, int], ModalScreen[SecretBytes | None]]
"""The dialog that asks for a secret; the number counts refused ones, 0 first."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """The result of the work: its value, or the error that ended it (`Cancelled` where it was stopped)."""

    value: T | None = None
    error: NskeysError | None = None

    @property
    def ended(self) -> NskeysError:
        """The error that ended it; `Cancelled` also where the whole app was left meanwhile."""
        return self.error or Cancelled()


class DialogSecrets:
    """A `ports.SecretProvider` for a worker's thread: it asks for each secret in a dialog."""

    def __init__(self, app: App[Any], dialog: SecretDialog) -> None:
        self._app, self._dialog = app, dialog

    def __call__(self, request: SecretRequest, retry: int) -> SecretBytes:
        """Return the secret. Raises Cancelled where the person left the dialog."""
        # Textual declares a union here that a type checker cannot resolve for a coroutine.
        asking: Callable[[], Any] = partial(self._ask, request, retry)
        answer: SecretBytes | None = self._app.call_from_thread(asking)
        if answer is None:
            raise Cancelled
        return answer

    async def _ask(self, request: SecretRequest, retry: int) -> SecretBytes | None:
        """Ask in the app's thread, where all widgets are made."""
        return await self._app.push_screen_wait(self._dialog(request, retry))


class LongWork(Dialog[Outcome[T]], Generic[T]):
    """Returns the Outcome once the work has ended. Esc stops it at the next safe point; `stopping` ends
    whatever it waits for until then."""

    DEFAULT_CSS = """
    LongWork {
        & #note { height: auto; margin-top: 1; }
        &.-unseen .dialog--edge, &.-unseen KeyBar { display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "Stop", tooltip="Stop at the next place where stopping is safe"),
        Binding("ctrl+c", "stop", show=False),
    ]
    BUSY = True
    """The app is left only after a second Ctrl+Q."""
    SAYS_BUSY = False
    SEEN_AFTER_S: ClassVar[float] = 0.3
    """Seconds that work may take before its progress is shown: what is done at once needs none."""

    @dataclass
    class _Reported(Message):
        report: Report | PlaceReport

    class _Ended(Message):
        """The work ended, with this outcome."""

    def __init__(
        self,
        title: str,
        work: Callable[[Progress, SecretProvider], T],
        ask: SecretDialog,
        stages: Sequence[Stage] = (),
        stopping: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(title)
        self._work, self._ask, self._interrupt = work, ask, stopping
        self._lines = {stage: StageLine(stage_name(stage)) for stage in stages}
        self._places: dict[str, StageLine] = {}
        self._progress = TuiProgress(
            lambda report: self._post(self._Reported(report)),
            tell_place=lambda report: self._post(self._Reported(report)),
        )
        self._outcome: Outcome[T] | None = None
        self._stopping = False

    def body(self) -> Iterable[Widget]:
        """Return a line for each expected stage, and one for messages."""
        yield ProgressPanel(tuple(self._lines.values()))
        yield Static(id="note")

    def on_mount(self) -> None:
        secrets = DialogSecrets(self.app, self._ask)
        self.add_class("-unseen")
        self.set_timer(self.SEEN_AFTER_S, self._become_seen)
        self.run_worker(partial(self._run, secrets), thread=True, name="long work")

    @property
    def is_seen(self) -> bool:
        return not self.has_class("-unseen")

    def _become_seen(self) -> None:
        self.remove_class("-unseen")
        self.refresh()

    def on_unmount(self) -> None:
        """Stop the work at its next safe point, because the app is leaving."""
        self._progress.stop()
        self._interrupt()

    def _run(self, secrets: SecretProvider) -> None:
        try:
            self._outcome = Outcome(value=self._work(self._progress, secrets))
        except NskeysError as error:
            self._outcome = Outcome(error=error)
        self._post(self._Ended())

    def _post(self, message: Message) -> None:
        self.post_message(message)

    @on(_Reported)
    def _show_report(self, message: _Reported) -> None:
        report = message.report
        if isinstance(report, PlaceReport):
            self._places[report.address] = place_line(report)
        else:
            self._show_stage(report)
        self.query_one(ProgressPanel).lines = (*self._lines.values(), *self._places.values())

    def _show_stage(self, report: Report) -> None:
        for stage, line in self._lines.items():
            if line.mark is Mark.CURRENT and stage is not report.stage:
                self._lines[stage] = StageLine(line.words, Mark.DONE, line.count.partition(",")[0])
        self._lines[report.stage] = StageLine(stage_name(report.stage), Mark.CURRENT, count_words(report))
        if not self._stopping and report.failed:
            self._say(f"! {count(report.failed, 'credential')} did not open so far.")

    @on(_Ended)
    def _ended(self) -> None:
        self.dismiss(self._outcome)

    def action_stop(self) -> None:
        """Ask the work to stop, and say so: it may take a moment."""
        self._stopping = True
        self._progress.stop()
        self._interrupt()
        self._say(STOPPING)
        self.set_timer(_SLOW_STOP_S, lambda: self._say(f"{STOPPING}\n{NOT_STOPPING}"))

    def _say(self, words: str) -> None:
        self.query_one("#note", Static).update(Content(words))


def place_line(report: PlaceReport) -> StageLine:
    """Return the line of a destination: `▸ sftp://vault02/backups Reading the backup back`; `✓ ... proven`;
    `! ... no copy`."""
    address = safe(report.address)
    if report.stage is not None:
        return StageLine(address, Mark.CURRENT, stage_name(report.stage))
    mark, words = (Mark.FAILED, NO_COPY) if report.failed else (Mark.DONE, PROVEN)
    return StageLine(address, mark, words)


def count_words(report: Report) -> str:
    """Return `1,200 of 100,000, about 2 minutes left`, as far as that is known."""
    if not report.total:
        return ""
    words = f"{number(report.done)} of {number(report.total)}"
    remaining = "" if report.seconds_left is None else duration(report.seconds_left)
    return f"{words}, {remaining}" if remaining else words
