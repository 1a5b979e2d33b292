"""Somebody else's database backups: a declaration counts for nothing, a check of what was restored does."""

from dataclasses import replace

import pytest

from nskeys.errors import AlreadyDeclared, FieldInvalid, NotDeclared, ProvesNothing
from nskeys.model.declared_backups import DeclaredBackup
from nskeys.model.findings import FindingKind, Severity
from nskeys.model.recoverability import Recoverability
from nskeys.model.register import Proof
from nskeys.reasons import FieldProblem, NoProof
from nskeys.services.database.proving import DatabaseCheckService
from nskeys.services.status.findings import findings_of
from tests.fakes.servers import NOBODY, Server, run_as

TEXT = "pgBackRest to vault02"


def declare(server: Server, text: str = TEXT) -> DeclaredBackup:
    return server.services.declared_backups.declare(text, NOBODY)


def check(server: Server, address: str | None = None, of: str = "") -> DeclaredBackup:
    """Somebody restores the database as it is now, unless an address is given, and checks that."""
    service = DatabaseCheckService(server.installation, lag=0)
    plan = service.plan(address or server.restored_elsewhere(), of)
    return service.execute(plan, NOBODY).backup


def answer(server: Server) -> Recoverability:
    return server.services.recoverability.assess()


def recoverable(server: Server) -> int:
    return answer(server).totals.recoverable


@pytest.fixture
def keys_elsewhere(server: Server) -> Server:
    """A server whose keys are in a backup elsewhere, and whose rows are in nothing."""
    server.add("one")
    server.back_up_keys(server.vault)
    return server


def test_a_declaration_alone_counts_for_nothing(keys_elsewhere: Server) -> None:
    before = answer(keys_elsewhere)
    declare(keys_elsewhere)
    assert answer(keys_elsewhere) == before
    assert recoverable(keys_elsewhere) == 0


def test_once_checked_it_brings_back_what_was_in_it(keys_elsewhere: Server) -> None:
    declare(keys_elsewhere)
    backup = check(keys_elsewhere)
    assert backup.checks[0].proof is Proof.CREDENTIALS_OPEN
    assert recoverable(keys_elsewhere) == 1
    found = answer(keys_elsewhere)
    assert found.database is not None
    assert found.database.destination == TEXT
    assert not found.database_due


def test_what_changed_since_is_not_in_it(keys_elsewhere: Server) -> None:
    declare(keys_elsewhere)
    check(keys_elsewhere)
    keys_elsewhere.add("two")
    one = keys_elsewhere.services.credentials.show("run-as/one")
    assert recoverable(keys_elsewhere) == 1
    keys_elsewhere.services.credentials.edit(one, run_as("one", target="others-*"), None, NOBODY)
    assert recoverable(keys_elsewhere) == 0
    check(keys_elsewhere)
    assert recoverable(keys_elsewhere) == 2


def test_a_rotation_loses_nothing_where_the_keys_are_elsewhere(keys_elsewhere: Server) -> None:
    declare(keys_elsewhere)
    check(keys_elsewhere)
    keys_elsewhere.rotate(without_backup=True)
    keys_elsewhere.back_up_keys(keys_elsewhere.vault)
    assert recoverable(keys_elsewhere) == 1


def test_without_the_keys_elsewhere_it_brings_back_nothing(server: Server) -> None:
    server.add("one")
    declare(server)
    check(server)
    assert recoverable(server) == 0


def test_it_counts_for_so_many_days_and_then_warns(keys_elsewhere: Server) -> None:
    declare(keys_elsewhere)
    check(keys_elsewhere)
    keys_elsewhere.clock.advance(hours=30 * 24 - 1)
    assert recoverable(keys_elsewhere) == 1
    keys_elsewhere.clock.advance(hours=2)
    overview = keys_elsewhere.services.recoverability.overview()
    assert overview.recoverability.totals.recoverable == 0
    (finding,) = (one for one in findings_of(overview) if one.kind is FindingKind.DATABASE_CHECK_OVERDUE)
    assert (finding.severity, finding.name, finding.days) == (Severity.WARNING, TEXT, 30)
    checked = overview.declared[0].checks[0].moment
    since = overview.recoverability.exposed_since
    assert since is not None
    assert (since - checked).days == 30
    check(keys_elsewhere)
    assert recoverable(keys_elsewhere) == 1


def test_the_settings_say_how_many_days(keys_elsewhere: Server) -> None:
    declare(keys_elsewhere)
    check(keys_elsewhere)
    keys_elsewhere.clock.advance(hours=40 * 24)
    settings = keys_elsewhere.installation.settings
    settings.write(replace(settings.read(), database_check_days=0))
    assert recoverable(keys_elsewhere) == 1
    settings.write(replace(settings.read(), database_check_days=60))
    assert recoverable(keys_elsewhere) == 1


def test_withdrawn_it_counts_no_more_and_may_be_declared_anew(keys_elsewhere: Server) -> None:
    declare(keys_elsewhere)
    check(keys_elsewhere)
    keys_elsewhere.services.declared_backups.withdraw(TEXT, NOBODY)
    assert recoverable(keys_elsewhere) == 0
    assert keys_elsewhere.services.declared_backups.declared() == ()
    with pytest.raises(NotDeclared):
        check(keys_elsewhere)
    declare(keys_elsewhere)
    assert recoverable(keys_elsewhere) == 0


def test_an_older_restore_takes_nothing_away(keys_elsewhere: Server) -> None:
    """Of the newest number something is proven for as long as its own check is young."""
    declare(keys_elsewhere)
    older = keys_elsewhere.restored_elsewhere()
    keys_elsewhere.add("two")
    check(keys_elsewhere)
    keys_elsewhere.clock.advance(hours=10 * 24)
    service = DatabaseCheckService(keys_elsewhere.installation, lag=0)
    report = service.execute(service.plan(older), NOBODY)
    assert report.before is not None
    assert report.before.state.number > report.check.state.number
    assert recoverable(keys_elsewhere) == 2
    keys_elsewhere.clock.advance(hours=21 * 24)
    assert recoverable(keys_elsewhere) == 1
    keys_elsewhere.clock.advance(hours=10 * 24)
    assert recoverable(keys_elsewhere) == 0


def test_the_same_text_is_declared_once(server: Server) -> None:
    declare(server)
    with pytest.raises(AlreadyDeclared):
        declare(server, f"  {TEXT.upper()} ")
    assert len(server.services.declared_backups.declared()) == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", FieldProblem.EMPTY),
        (" \t ", FieldProblem.EMPTY),
        ("x" * 201, FieldProblem.TOO_LONG),
        ("vault\x1b[2J", FieldProblem.CONTROL_CHARACTERS),
        ("to\u202evault", FieldProblem.CONTROL_CHARACTERS),
        ("two\nlines", FieldProblem.CONTROL_CHARACTERS),
        ("\udcff", FieldProblem.CONTROL_CHARACTERS),
    ],
)
def test_a_text_that_cannot_be_shown_is_refused(server: Server, text: str, problem: FieldProblem) -> None:
    before = server.audit()
    with pytest.raises(FieldInvalid) as refused:
        declare(server, text)
    assert refused.value.problem is problem
    assert server.audit() == before


def test_a_check_names_which_one_where_several_are_declared(server: Server) -> None:
    with pytest.raises(NotDeclared) as none:
        check(server)
    assert none.value.known == ()
    declare(server)
    declare(server, "Veeam to tape")
    with pytest.raises(NotDeclared) as several:
        check(server)
    assert len(several.value.known) == 2
    with pytest.raises(NotDeclared):
        check(server, of="another")
    assert check(server, of="veeam TO tape").text == "Veeam to tape"


def test_a_row_that_nobody_signed_counts_for_nothing(keys_elsewhere: Server) -> None:
    """Whoever can write to the database can write a declaration and its checks, and no signature."""
    declare(keys_elsewhere)
    check(keys_elsewhere)
    rows = keys_elsewhere.register_rows()
    keys_elsewhere.forge_register([replace(row, signature=None) for row in rows])
    assert recoverable(keys_elsewhere) == 0
    assert keys_elsewhere.services.declared_backups.declared() == ()


def test_taking_the_row_out_is_a_mismatch(keys_elsewhere: Server) -> None:
    declare(keys_elsewhere)
    check(keys_elsewhere)
    rows = [row for row in keys_elsewhere.register_rows() if not row.body.startswith('{"checks":')]
    keys_elsewhere.forge_register(rows)
    overview = keys_elsewhere.services.recoverability.overview()
    assert overview.mismatches
    assert overview.recoverability.totals.recoverable == 0


def test_putting_an_older_row_back_is_a_mismatch(keys_elsewhere: Server) -> None:
    """A withdrawal cannot be taken back by whoever kept the row before it."""
    declare(keys_elsewhere)
    check(keys_elsewhere)
    rows = keys_elsewhere.register_rows()
    keys_elsewhere.services.declared_backups.withdraw(TEXT, NOBODY)
    keys_elsewhere.forge_register(rows)
    overview = keys_elsewhere.services.recoverability.overview()
    assert overview.mismatches
    assert overview.recoverability.totals.recoverable == 0


def test_it_stays_what_it_is_under_a_new_server_key(keys_elsewhere: Server) -> None:
    declare(keys_elsewhere)
    older = keys_elsewhere.restored_elsewhere()
    check(keys_elsewhere)
    keys_elsewhere.services.server_key.replace(NOBODY)
    assert recoverable(keys_elsewhere) == 1
    # What the key before signed is proven by its public half, which stands in the archives of its time.
    assert check(keys_elsewhere, older).checks[0].state.number > 0


def test_of_an_earlier_key_whose_public_half_is_nowhere_nothing_is_proven(
    keys_elsewhere: Server,
) -> None:
    declare(keys_elsewhere)
    older = keys_elsewhere.restored_elsewhere()
    keys_elsewhere.services.server_key.replace(NOBODY)
    for copy in keys_elsewhere.services.register.copies(look=False):
        keys_elsewhere.lose(copy.address)
    assert refused(keys_elsewhere, older) is NoProof.SIGNER_UNKNOWN


def refused(server: Server, address: str) -> NoProof:
    """Why this database proves nothing."""
    with pytest.raises(ProvesNothing) as error:
        check(server, address)
    return error.value.reason
