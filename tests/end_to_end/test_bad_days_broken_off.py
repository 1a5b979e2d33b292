"""Bad days in the middle of work: Ctrl-C, signals, a dropped line, streams that are closed.

Commands run as processes that stand still at a stage of their work until something happens to them.
"""

import csv
import json
import shlex
import signal

import pytest

from nskeys.cli.exit_codes import Exit
from nskeys.ports import Stage
from tests.end_to_end.bad_days import everything_is_whole, nothing_changes, parts_left, refused, told_well
from tests.end_to_end.processes import argv, ended, on_a_terminal, program, started, wait_for_line
from tests.end_to_end.world import SECRETS, World
from tests.fakes.server_keys import signed_by

BACKUP = (
    Stage.UNLOCKING,
    Stage.COLLECTING,
    Stage.ENCRYPTING,
    Stage.WRITING,
    Stage.READING_BACK,
    Stage.OPENING,
    Stage.RECORDING,
)
UNTIL_WRITTEN = BACKUP[:3]
"""A Ctrl-C up to here leaves no file; what was begun to be written is finished."""
COMMANDS = {
    "backup": BACKUP,
    "key rotate --without-backup": (Stage.UNLOCKING, Stage.RESEALING),
    "credential import": (Stage.IMPORTING,),
    "restore": (Stage.OPENING, Stage.STORING_KEYS, Stage.PROVING),
    "drill": (Stage.OPENING, Stage.PROVING, Stage.RECORDING),
    "verify": (Stage.PROVING,),
}
"""Each command's stages of work."""
MOMENTS = [(command, stage) for command, stages in COMMANDS.items() for stage in stages]
_DATES = ("Last Modified", "Created")
KEEPASSXC = ("Group", "Title", "Username", "Password", "URL", "Notes", "TOTP", "Icon", *_DATES)
ROWS = 3


def export(world: World) -> str:
    """An export of KeePassXC with ROWS entries."""
    path = world.root / "given" / "export.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(KEEPASSXC)
        for number in range(ROWS):
            entry = ("Root/Run-as", f"added-{number}", f"CORP\\svc-{number}", "MARKED-imported", "finance")
            writer.writerow((*entry, *[""] * (len(KEEPASSXC) - len(entry))))
    return str(path)


def words(world: World, command: str) -> list[str]:
    """The command with what it needs."""
    (archive,) = world.key_backups[:1]
    more = {
        "backup": ["--password-file", world.password],
        "restore": [str(archive), "--password-file", world.password, *signed_by(archive)],
        "drill": [str(archive), "--password-file", world.password],
        "credential import": [export(world)],
    }
    return [*command.split(), *more.get(command, [])]


def nothing_is_lost(world: World) -> None:
    """All that was there opens, and the lock is free."""
    everything_is_whole_but_for_more(world)
    world.does("credential", "edit", "run-as/deploy-1", "--note", "the lock is free")


def everything_is_whole_but_for_more(world: World) -> None:
    """As `everything_is_whole`, or with all that an import brings."""
    total = world.services.credentials.total()
    assert total in (len(SECRETS), len(SECRETS) + ROWS)
    if total > len(SECRETS):
        for number in range(ROWS):
            world.does("credential", "remove", f"run-as/added-{number}", "--yes")
    everything_is_whole(world)


@pytest.mark.parametrize(("command", "stage"), MOMENTS)
def test_ctrl_c_stops_where_stopping_leaves_everything_whole(
    server: World, command: str, stage: Stage
) -> None:
    with started(argv(server, *words(server, command), at=stage)) as process:
        wait_for_line(process, f"paused at {stage}")
        process.send_signal(signal.SIGINT)
        ran = ended(process)
    told_well(ran)
    assert ran.code in (Exit.DONE, Exit.INTERRUPTED, Exit.INCOMPLETE)
    if ran.code == Exit.INTERRUPTED:
        assert "stopped" in ran.err
    if command == "backup":
        assert (ran.code == Exit.INTERRUPTED) is (stage in UNTIL_WRITTEN)
        assert len(server.key_backups) == (1 if stage in UNTIL_WRITTEN else 2)
    nothing_is_lost(server)
    assert server.run(*words(server, command)).code in (Exit.DONE, Exit.INCOMPLETE)
    everything_is_whole_but_for_more(server)


@pytest.mark.parametrize(("command", "stage"), MOMENTS)
def test_a_signal_that_ends_the_process(server: World, command: str, stage: Stage) -> None:
    """As when the system goes down."""
    with started(argv(server, *words(server, command), at=stage)) as process:
        wait_for_line(process, f"paused at {stage}")
        process.send_signal(signal.SIGTERM)
        ran = ended(process)
    assert ran.code == -signal.SIGTERM
    told_well(ran)
    assert server.run(*words(server, command)).code in (Exit.DONE, Exit.INCOMPLETE)
    nothing_is_lost(server)
    assert parts_left(server) == []


@pytest.mark.parametrize("stage", [Stage.COLLECTING, Stage.WRITING, Stage.RECORDING])
def test_a_dropped_line_during_work(server: World, stage: Stage) -> None:
    with on_a_terminal(argv(server, *words(server, "backup"), at=stage)) as session:
        session.wait_for(f"paused at {stage}")
        session.hang_up()
        assert session.wait_end() == -signal.SIGHUP
    nothing_is_lost(server)
    assert len(server.services.register.copies()) == 1


@pytest.mark.parametrize(
    ("command", "question"),
    [
        ("backup", "New password for the backup"),
        ("restore", "assword"),
        ("credential edit run-as/deploy-1 --new-secret", "ecret"),
    ],
)
def test_a_dropped_line_at_a_question(server: World, command: str, question: str) -> None:
    asked = [word for word in words(server, command) if word not in ("--password-file", server.password)]
    with nothing_changes(server), on_a_terminal(program(server, *asked)) as session:
        session.wait_for(question)
        session.write("MARKED")
        session.hang_up()
        assert session.wait_end() != 0
    everything_is_whole(server)


@pytest.mark.parametrize("command", ["backup", "drill", "credential import", "key rotate --without-backup"])
def test_closed_streams(server: World, command: str) -> None:
    """Standard input, output and error that lead nowhere: the work is done all the same."""
    line = shlex.join(argv(server, *words(server, command)))
    for closed in (">&-", "<&- >&- 2>&-"):
        with started(["sh", "-c", f"exec {line} {closed}"]) as process:
            ran = ended(process)
        told_well(ran)
        assert ran.code in (Exit.DONE, Exit.INCOMPLETE), ran
        nothing_is_lost(server)


def test_a_question_to_nobody(server: World) -> None:
    """No terminal and no file: it is said, and nobody waits. A copy of the database asks for nothing."""
    for command in ("backup --keys-only", "credential edit run-as/deploy-1 --new-secret"):
        with nothing_changes(server), started(argv(server, *command.split())) as process:
            refused(ended(process), Exit.NOT_PERMITTED)
    with started(argv(server, "backup")) as process:
        ran = ended(process)
    told_well(ran)
    assert ran.code == Exit.NOT_PERMITTED
    assert "No key backup was made" in ran.err
    assert (len(server.key_backups), len(list(server.vault.iterdir()))) == (1, 3)


def test_a_reader_that_has_seen_enough_of_ten_thousand_credentials(server: World) -> None:
    shared = {"kind": "run-as", "target": "x", "account": "svc", "note": "", "secret": "MARKED-many"}
    rows = [{"name": f"more-{number}", **shared} for number in range(10_000)]
    path = server.root / "given" / "many.json"
    path.write_text(json.dumps(rows))
    server.does("credential", "import", str(path))
    for more in ((), ("--json",)):
        with started(argv(server, "credential", "list", *more)) as process:
            assert process.stdout is not None
            first = process.stdout.readline()
            assert first.startswith("[" if more else "kind")
            process.stdout.close()
            process.stdout = None
            ran = ended(process)
        assert (ran.code, ran.err) == (Exit.DONE, "")
