"""One run makes both halves, each where it is needed, and asks no more than the keys want."""

import pytest

from nskeys.errors import DestinationUnreachable, SecretUnavailable
from nskeys.model.recoverability import DueReason
from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose, SecretRequest, nobody
from nskeys.services.backup.both import BothReport, Halves
from tests.fakes.fixed import Answers
from tests.fakes.memory_site import MemoryServer
from tests.fakes.servers import NOBODY, PASSPHRASE, PASSWORD, Server, Site, run_as


def back_up(server: Server, *to: str, password: str = PASSWORD, **options: object) -> BothReport:
    plan = server.services.both_halves.plan(to or (server.vault,), **options)  # type: ignore[arg-type]
    return server.services.both_halves.execute(plan, Answers({Purpose.NEW_BACKUP_PASSWORD: [password]}))


def made(report: BothReport) -> tuple[bool, bool]:
    """Whether keys and rows were made."""
    return report.keys is not None, report.database is not None


def test_the_first_run_makes_both_and_everything_comes_back(server: Server) -> None:
    server.add("one")
    assert made(back_up(server)) == (True, True)
    assert server.counts() == (1, 0, 0)
    [copy] = server.services.database.copies()
    [backup] = server.services.register.copies()
    assert copy.copy.copy_kid in backup.backup.copy_kids, "whoever opens the one opens the other"


def test_an_edit_wants_the_rows_alone_and_nobody_is_asked(server: Server) -> None:
    server.add("one")
    back_up(server)
    server.add("two")
    assert server.counts() == (1, 1, 0)
    plan = server.services.both_halves.plan([server.vault])
    assert (plan.keys, plan.wants_password) == (None, False)
    assert plan.held[0].destination == server.vault
    assert made(server.services.both_halves.execute(plan, NOBODY)) == (False, True)
    assert server.counts() == (2, 0, 0)


def test_a_rotation_wants_the_keys_alone_and_loses_nothing(server: Server) -> None:
    server.add("one")
    back_up(server)
    server.rotate()
    assert made(back_up(server)) == (True, False)
    server.rotate()
    assert server.counts() == (1, 0, 0)
    assert server.services.both_halves.need().nothing


def test_where_nothing_is_needed_both_are_made_anew_for_whoever_asks(server: Server) -> None:
    server.add("one")
    back_up(server)
    assert server.services.both_halves.need([server.vault]).nothing
    assert made(back_up(server)) == (True, True)


def test_each_half_goes_where_it_is_missing(memory: MemoryServer) -> None:
    memory.add("one")
    memory.back_up_keys()
    memory.copy_database(memory.local)
    needs = memory.services.both_halves.need([memory.vault, memory.local])
    assert needs.keys is not None
    assert needs.database is not None
    assert needs.keys.missing_at == (memory.local,)
    assert needs.database.missing_at == (memory.vault,)


@pytest.mark.parametrize(
    ("halves", "wanted"), [(Halves.KEYS, (True, False)), (Halves.DATABASE, (False, True))]
)
def test_one_half_alone_is_made_where_it_is_wanted(
    server: Server, halves: Halves, wanted: tuple[bool, bool]
) -> None:
    server.add("one")
    assert made(back_up(server, halves=halves)) == wanted


def test_a_hint_or_a_password_is_for_a_key_backup(server: Server) -> None:
    server.add("one")
    back_up(server)
    server.add("two")
    assert made(back_up(server, hint="the usual drawer")) == (True, True)


def test_where_nobody_is_there_to_type_a_password_the_rows_are_copied_all_the_same(server: Server) -> None:
    server.add("one")
    back_up(server)
    server.rotate(without_backup=True)
    server.add("two")
    plan = server.services.both_halves.plan([server.vault])
    report = server.services.both_halves.execute(plan, nobody)
    assert (report.keys, report.whole) == (None, False)
    assert isinstance(report.keys_problem, SecretUnavailable)
    assert report.database is not None
    assert DueReason.KEY_MISSING in server.services.recoverability.assess().due


def test_before_any_key_backup_no_copy_is_made_that_nothing_opens(server: Server) -> None:
    server.add("one")
    plan = server.services.both_halves.plan([server.vault])
    with pytest.raises(SecretUnavailable):
        server.services.both_halves.execute(plan, nobody)
    assert server.services.database.copies() == ()


def test_a_place_that_does_not_answer_gets_neither(server: Server) -> None:
    server.add("one")
    with server.cut_off(server.vault), pytest.raises(DestinationUnreachable):
        back_up(server)


def test_the_passphrase_of_the_keys_is_asked_for_once(site: Site) -> None:
    server = site.server()
    asked: list[Purpose] = []

    def ask(request: SecretRequest, retry: int) -> SecretBytes:
        asked.append(request.purpose)
        text = PASSWORD if request.purpose is Purpose.NEW_BACKUP_PASSWORD else PASSPHRASE
        return SecretBytes.from_text(text)

    server.set_up("passphrase", ask)
    with SecretBytes.from_text("secret") as secret:
        server.services.credentials.add(run_as("one"), secret, ask)
    asked.clear()
    plan = server.services.both_halves.plan([server.vault])
    assert made(server.services.both_halves.execute(plan, ask)) == (True, True)
    assert asked.count(Purpose.PASSPHRASE) == 1
