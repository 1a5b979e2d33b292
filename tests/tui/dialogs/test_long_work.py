"""Long work: told seldom, stopped safely, and asked for secrets without stopping the keyboard."""

import threading

import pytest

from nskeys.errors import Cancelled, NoBackupKnown
from nskeys.ports import Progress, Purpose, SecretProvider, SecretRequest, Stage
from nskeys_tui.dialogs.long_work import LongWork, PlaceReport, Report, TuiProgress, count_words, place_line
from nskeys_tui.widgets.frame import Rule
from nskeys_tui.widgets.progress_panel import Mark, StageLine
from tests.tui import stage as stages
from tests.tui.demo import asks

STAGES = (Stage.LOOKING, Stage.PROVING)


class Watch:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


def progress() -> tuple[TuiProgress, list[Report], Watch]:
    told: list[Report] = []
    watch = Watch()
    return TuiProgress(told.append, watch), told, watch


def test_a_thousand_steps_in_a_second_are_told_ten_times() -> None:
    work, told, watch = progress()
    work.stage(Stage.PROVING, 2_000)
    for _ in range(1_000):
        watch.now += 0.001
        work.advance()
    assert 9 <= len(told) - 1 <= 10


def test_what_a_stage_came_to_is_told_before_the_next_one() -> None:
    work, told, _ = progress()
    work.stage(Stage.PROVING, 10)
    work.advance(7)
    work.stage(Stage.RECORDING)
    assert [(report.stage, report.done) for report in told[-2:]] == [
        (Stage.PROVING, 7),
        (Stage.RECORDING, 0),
    ]


def test_the_time_left_is_guessed_from_the_rate_and_not_too_early() -> None:
    work, told, watch = progress()
    work.stage(Stage.PROVING, 100)
    watch.now += 0.5
    work.advance(10)
    assert told[-1].seconds_left is None
    watch.now += 4.5
    work.advance(10)
    assert told[-1].seconds_left == 20.0
    assert count_words(told[-1]) == "20 of 100, about 20 seconds left"


def test_a_checkpoint_passes_until_the_person_asked_to_stop() -> None:
    work, _, _ = progress()
    work.stage(Stage.RESEALING, 5)
    work.checkpoint()
    work.stop()
    with pytest.raises(Cancelled):
        work.checkpoint()


@pytest.mark.parametrize("size", [stages.HOME_SIZE, stages.SMALL_SIZE])
async def test_stages_count_and_marks_are_shown_while_the_keyboard_lives(size: tuple[int, int]) -> None:
    go_on = threading.Event()

    def work(progress: Progress, _: SecretProvider) -> int:
        progress.stage(Stage.LOOKING)
        progress.stage(Stage.PROVING, 4_000)
        progress.advance(4_000)
        assert go_on.wait(10)
        return 4_000

    stage = stages.Stage(Rule(), size=size)
    async with stage.play() as pilot:
        await stage.ask(pilot, LongWork("Drill", work, asks, (*STAGES, Stage.RECORDING)))
        await stages.until(pilot, lambda: any("4,000 of 4,000" in line for line in stage.lines()))
        text = "\n".join(stage.lines())
        assert "✓ Looking at what is here" in text
        assert "▸ Opening credentials" in text
        assert "· Recording it" in text
        go_on.set()
        await stages.until(pilot, lambda: bool(stage.answers))
        assert stage.answers[0].value == 4_000
        assert stage.answers[0].error is None


async def test_esc_stops_the_work_at_its_next_checkpoint() -> None:
    reached = threading.Event()

    def work(progress: Progress, _: SecretProvider) -> None:
        progress.stage(Stage.RESEALING, 100_000)
        while True:
            reached.set()
            progress.checkpoint()

    stage = stages.Stage(Rule())
    async with stage.play() as pilot:
        await stage.ask(pilot, LongWork("Rotating", work, asks))
        await stages.until(pilot, reached.is_set)
        await pilot.press("escape")
        await stages.until(pilot, lambda: bool(stage.answers))
        assert isinstance(stage.answers[0].error, Cancelled)


async def test_leaving_the_app_is_refused_while_work_is_under_way() -> None:
    go_on = threading.Event()
    stage = stages.Stage(Rule())
    async with stage.play() as pilot:
        work: LongWork[bool] = LongWork("Backing up", lambda _progress, _secrets: go_on.wait(10), asks)
        await stage.ask(pilot, work)
        await pilot.press("ctrl+q")
        await stages.until(pilot, lambda: any("Work is under way" in line for line in stage.lines()))
        go_on.set()
        await stages.until(pilot, lambda: bool(stage.answers))


async def test_an_error_of_the_work_is_its_outcome() -> None:
    def work(_: Progress, __: SecretProvider) -> None:
        raise NoBackupKnown

    stage = stages.Stage(Rule())
    async with stage.play() as pilot:
        await stage.ask(pilot, LongWork("Drill", work, asks))
        await stages.until(pilot, lambda: bool(stage.answers))
        assert isinstance(stage.answers[0].error, NoBackupKnown)


def unlock(_: Progress, secrets: SecretProvider) -> bytes:
    """Asks twice."""
    request = SecretRequest(Purpose.BACKUP_PASSWORD)
    with secrets(request, 0), secrets(request, 1) as second:
        return second.reveal()


async def test_a_secret_is_asked_for_in_a_dialog_and_asked_again_with_the_reason() -> None:
    stage = stages.Stage(Rule())
    async with stage.play() as pilot:
        await stage.ask(pilot, LongWork("Restoring", unlock, asks))
        await stages.until(pilot, lambda: any("Password of the backup" in line for line in stage.lines()))
        await pilot.press(*"wrong", "enter")
        await stages.until(pilot, lambda: any("! That password does not" in line for line in stage.lines()))
        await pilot.press(*"right", "enter")
        await stages.until(pilot, lambda: bool(stage.answers))
        assert stage.answers[0].value == b"right"


async def test_a_person_who_gives_up_at_a_secret_cancels_the_work() -> None:
    stage = stages.Stage(Rule())
    async with stage.play() as pilot:
        await stage.ask(pilot, LongWork("Restoring", unlock, asks))
        await stages.until(pilot, lambda: any("Password of the backup" in line for line in stage.lines()))
        await pilot.press("escape")
        await stages.until(pilot, lambda: bool(stage.answers))
        assert isinstance(stage.answers[0].error, Cancelled)


async def test_an_app_that_ends_while_a_secret_is_asked_for_does_not_hang() -> None:
    stage = stages.Stage(Rule())
    async with stage.play() as pilot:
        await stage.ask(pilot, LongWork("Restoring", unlock, asks))
        await stages.until(pilot, lambda: any("Password of the backup" in line for line in stage.lines()))
    assert stage.answers in ([], [None])


@pytest.mark.parametrize(
    ("report", "line"),
    [
        (
            PlaceReport("/mnt/a\x1b", Stage.READING_BACK, failed=False),
            StageLine("/mnt/a\\x1b", Mark.CURRENT, "Reading the backup back"),
        ),
        (PlaceReport("/mnt/a", None, failed=False), StageLine("/mnt/a", Mark.DONE, "proven")),
        (PlaceReport("/mnt/a", None, failed=True), StageLine("/mnt/a", Mark.FAILED, "no copy")),
    ],
)
def test_each_of_several_places_has_its_line(report: PlaceReport, line: StageLine) -> None:
    assert place_line(report) == line


def test_how_far_a_place_is_is_told_at_once() -> None:
    told: list[PlaceReport] = []
    work = TuiProgress(lambda _: None, tell_place=told.append)
    work.place("/mnt/a", Stage.WRITING)
    work.place("/mnt/a", None, failed=True)
    assert [(report.stage, report.failed) for report in told] == [(Stage.WRITING, False), (None, True)]
