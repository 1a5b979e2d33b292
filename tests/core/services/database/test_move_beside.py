"""Other processes that were there before the CMDB moved, and rows that were."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nskeys.errors import ChangeWaits, CmdbUnreachable, NothingToAccept
from nskeys.reasons import MismatchKind, Problem
from nskeys.services.checkpoint.looking import compare
from nskeys.services.settling import home_of
from nskeys.store.home_files import CheckpointFolder
from nskeys.store.lock import FileLock
from nskeys.wording.errors import say, say_in_app
from tests.core.services.database.moving import WANTED, move, places
from tests.fakes.real_site import RealServer
from tests.fakes.servers import NOBODY


def opened_beside(server: RealServer) -> RealServer:
    """Another process on the same home, with the address that the settings have now."""
    return RealServer(Path(server.folder.path), Path(server.vault), server.clock)


def number_of(server: RealServer) -> int:
    """The number of the last change that the home knows."""
    home = home_of(server.installation)
    assert home is not None
    return home.checkpoint.number


def records_nothing(early: RealServer) -> bool:
    """Whether a process is told where the CMDB is now, whatever it would have recorded."""
    there = early.installation.elsewhere()
    for act in (lambda: early.services.register.check(NOBODY), early.back_up):
        with pytest.raises(ChangeWaits) as waits:
            act()
        told = [(one.what, one.found) for one in waits.value.mismatches]
        assert told == [(MismatchKind.ELSEWHERE, there)]
    return True


def test_a_process_from_before_the_move_records_nothing_where_the_cmdb_was(tmp_path: Path) -> None:
    with places("postgres", tmp_path) as (server, there, back):
        move(server, there)
        early = opened_beside(server)
        assert early.secrets() == WANTED
        number = move(server, back).number
        assert records_nothing(early)
        assert number_of(server) == number
        assert compare(server.installation).fits
        move(server, f"{back}.2")
        assert records_nothing(early), "nor after one more move"
        assert compare(server.installation).fits
        server.add("four")
        early.services.close()


def test_a_process_from_before_the_move_cannot_accept_it(tmp_path: Path) -> None:
    """Accepting would sign on in the database that was left, beside the CMDB."""
    with places("postgres", tmp_path) as (server, there, back):
        move(server, there)
        early = opened_beside(server)
        before = early.services.checkpoint.show()
        number = move(server, back).number
        seen = early.services.checkpoint.show()
        assert [one.what for one in seen.mismatches] == [MismatchKind.ELSEWHERE]
        with pytest.raises(ChangeWaits) as waits:
            early.services.checkpoint.accept(seen, "it was us", NOBODY)
        sentence = say_in_app(waits.value)
        assert f"change {number} moved the CMDB to {back}" in sentence.what
        assert sentence.advice.startswith("Leave nskeys (q) and start it again")
        assert "Run the command again" in say(waits.value).advice
        with pytest.raises(NothingToAccept):
            early.services.checkpoint.accept(before, "seen before", NOBODY)
        early.services.close()
        assert number_of(server) == number
        assert compare(server.installation).fits


def test_a_process_whose_file_was_put_aside_is_told_where_the_cmdb_is(tmp_path: Path) -> None:
    with places("postgres", tmp_path) as (server, there, _):
        early = opened_beside(server)
        move(server, there)
        with pytest.raises(CmdbUnreachable) as moved:
            early.services.recoverability.overview()
        told = (moved.value.problem, moved.value.detail)
        assert told == (Problem.MOVED_AWAY, server.installation.cmdb.address())
        assert not server.folder.cmdb.exists()
        early.services.close()


def test_rows_from_before_the_move_that_others_put_back_do_not_stop_backups(tmp_path: Path) -> None:
    with places("memory", tmp_path) as (server, there, _):
        older = server.cmdb.state.copy()
        move(server, there)
        server.cmdb.state = older
        assert [one.what for one in compare(server.installation).mismatches] == [MismatchKind.WENT_BACK]
        server.back_up()
        assert MismatchKind.WENT_BACK in [one.what for one in compare(server.installation).mismatches]


def test_a_move_that_was_killed_is_not_undone_by_a_process_from_before(tmp_path: Path) -> None:
    with places("postgres", tmp_path) as (server, there, _):
        early = opened_beside(server)
        with pytest.MonkeyPatch.context() as patch:

            def killed(_: object) -> None:
                raise KeyboardInterrupt

            patch.setattr(CheckpointFolder, "settle", killed)
            with pytest.raises(KeyboardInterrupt):
                move(server, there)
        laid = server.installation.checkpoint.read_next()
        assert laid is not None
        assert records_nothing(early)
        early.services.close()
        assert server.installation.checkpoint.read_next() == laid
        server.restarted().add("four")
        assert compare(server.installation).fits


def test_nobody_gets_the_lock_while_the_old_file_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with places("postgres", tmp_path) as (server, there, _):
        seen, hold = [], FileLock.hold

        @contextmanager
        def watched(lock: FileLock, doing: str) -> Iterator[None]:
            with hold(lock, doing):
                yield
            seen.append((server.installation.settings.read().cmdb == there, server.folder.cmdb.exists()))

        monkeypatch.setattr(FileLock, "hold", watched)
        move(server, there)
        assert (True, True) not in seen
        assert seen[-1] == (True, False)
