"""What does not fit waits for a person, who accepts exactly what was shown; that stays for ever."""

import copy
import json
from dataclasses import replace

import pytest

from nskeys.crypto.keys import server_thumbprint
from nskeys.crypto.signing import verify
from nskeys.errors import ChangeWaits, FieldInvalid, NothingToAccept, PlanOutdated
from nskeys.model.home_checkpoint import to_bytes
from nskeys.model.keys import KeyState
from nskeys.ports import RecoveryRow, SignedStatement
from nskeys.reasons import MismatchKind
from nskeys.services.checkpoint.looking import Comparison
from nskeys.services.settling import home_of
from tests.fakes.memory_site import MemoryServer, MemorySite
from tests.fakes.servers import NOBODY, Server

REASON = "the database of yesterday was put back after the disk failed"


def number_of(server: Server) -> int:
    home = home_of(server.installation)
    assert home is not None
    return home.checkpoint.number


def put_back(server: MemoryServer) -> int:
    """An older copy of the database is put in its place; how many changes it lacks."""
    older = server.cmdb.state.copy()
    server.add("two")
    server.add("three")
    server.cmdb.state = older
    return 2


def shown(server: Server) -> Comparison:
    return server.services.checkpoint.show()


def test_where_everything_fits_there_is_nothing_to_accept(server: Server) -> None:
    seen = shown(server)
    assert (seen.mismatches, seen.busy) == ((), False)
    with pytest.raises(NothingToAccept):
        server.services.checkpoint.accept(seen, REASON, NOBODY)


def test_an_older_database_goes_on_a_million_above_and_what_it_lacks_is_void(memory: MemoryServer) -> None:
    memory.add("one")
    before = number_of(memory)
    lacks = put_back(memory)
    seen = shown(memory)
    assert [one.what for one in seen.mismatches] == [MismatchKind.WENT_BACK]
    made = memory.services.checkpoint.accept(seen, REASON, NOBODY)
    assert made.number == before + lacks + 1_000_000
    assert made.void == ((before + 1, before + lacks),)
    assert shown(memory).mismatches == ()
    memory.add("four")
    assert number_of(memory) == made.number + 1
    assert memory.secrets() == {"run-as/one": "secret", "run-as/four": "secret"}
    home = home_of(memory.installation)
    assert home is not None
    assert home.checkpoint.void == made.void


def test_why_it_was_accepted_stands_in_the_trail_and_in_a_signed_statement(memory: MemoryServer) -> None:
    put_back(memory)
    seen = shown(memory)
    memory.services.checkpoint.accept(seen, f"  {REASON}  ", NOBODY)
    line = json.loads(memory.audit()[-1])
    assert line["action"] == "mismatch-accepted"
    assert line["details"] == {"parts": "went_back", "reason": REASON}
    with memory.installation.cmdb.reading() as view:
        (statement,) = view.statements()
    public = memory.installation.server_public()
    assert public is not None
    assert verify(public, "accepted", statement.text.encode(), statement.signature)
    told = json.loads(statement.text)
    assert (statement.label, told["number"], told["reason"]) == ("accepted", number_of(memory), REASON)
    assert seen.home is not None
    assert seen.stored is not None
    assert told["expected"]["text"] == seen.home.signed.text
    assert told["found"]["text"] == seen.stored.text


def test_states_and_who_can_open_backups_are_the_homes_and_never_the_databases(
    memory: MemoryServer,
) -> None:
    identity = memory.make_identity().identity
    (kid,) = memory.states()
    state = memory.cmdb.state.copy()
    state.keys[kid] = state.keys[kid].in_state(KeyState.COMPROMISED, state.keys[kid].created)
    state.recovery = RecoveryRow("{}", b"forged")
    memory.cmdb.state = state
    seen = shown(memory)
    assert {one.what for one in seen.mismatches} == {MismatchKind.KEYS, MismatchKind.RECOVERY}
    memory.services.checkpoint.accept(seen, REASON, NOBODY)
    assert memory.states() == {kid: KeyState.ACTIVE}
    assert memory.services.recovery.show().identities == (identity,)
    memory.add("after")


def test_a_recovery_record_that_somebody_added_is_emptied(memory: MemoryServer) -> None:
    other = MemorySite().server()
    other.set_up()
    other.make_identity()
    state = memory.cmdb.state.copy()
    state.recovery = other.cmdb.state.recovery
    memory.cmdb.state = state
    memory.services.checkpoint.accept(shown(memory), REASON, NOBODY)
    assert not memory.services.recovery.show()


def test_what_changed_since_it_was_shown_is_not_accepted(memory: MemoryServer) -> None:
    put_back(memory)
    seen = shown(memory)
    state = memory.cmdb.state.copy()
    state.audit.pop()
    memory.cmdb.state = state
    before = memory.everything()
    with pytest.raises(PlanOutdated) as outdated:
        memory.services.checkpoint.accept(seen, REASON, NOBODY)
    assert outdated.value.what == "acceptance"
    assert memory.everything() == before


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501, "half \ud800"])
def test_it_wants_a_reason(memory: MemoryServer, reason: str) -> None:
    put_back(memory)
    with pytest.raises(FieldInvalid):
        memory.services.checkpoint.accept(shown(memory), reason, NOBODY)


def test_a_database_that_another_server_took_over_is_taken_back_only_when_that_is_said(
    memory: MemoryServer,
) -> None:
    memory.add("one", "its secret")
    other = MemorySite().server()
    other.cmdb.create(memory.cmdb.cmdb_id())
    other.cmdb.state = memory.cmdb.state.copy()
    other.services.set_up.execute("file", NOBODY, other.settings(), 1)
    memory.cmdb.state = other.cmdb.state
    seen = shown(memory)
    assert [one.what for one in seen.mismatches] == [MismatchKind.OTHER_SERVER]
    with pytest.raises(ChangeWaits):
        memory.services.checkpoint.accept(seen, REASON, NOBODY)
    made = memory.services.checkpoint.accept(seen, REASON, NOBODY, take_back=True)
    public = memory.installation.server_public()
    assert public is not None
    assert made.server_key == server_thumbprint(public)
    assert memory.secrets() == {"run-as/one": "its secret"}


def test_without_a_checkpoint_in_the_home_there_is_nothing_to_go_on_from(memory: MemoryServer) -> None:
    memory.checkpoint.kept = None
    seen = shown(memory)
    assert [one.what for one in seen.mismatches] == [MismatchKind.HOME_MISSING]
    with pytest.raises(ChangeWaits):
        memory.services.checkpoint.accept(seen, REASON, NOBODY)


def test_the_trail_goes_on_from_what_was_found_and_is_signed_again(memory: MemoryServer) -> None:
    memory.add("one")
    state = memory.cmdb.state.copy()
    state.audit.pop()
    memory.cmdb.state = state
    assert not memory.services.audit.verify().whole
    memory.services.checkpoint.accept(shown(memory), REASON, NOBODY)
    verdict = memory.services.audit.verify()
    assert (verdict.broken_at, verdict.signed_lines) == (None, verdict.lines)


def edit_a_line(server: MemoryServer) -> None:
    """Somebody writes another line in the place of the second, and leaves the hashes."""
    state = server.cmdb.state.copy()
    state.audit[1] = state.audit[1]._replace(line="another")
    server.cmdb.state = state


@pytest.mark.parametrize("cut", [False, True])
def test_a_new_server_key_goes_on_from_a_trail_that_was_accepted(memory: MemoryServer, cut: bool) -> None:
    memory.add("one")
    memory.back_up()
    edit_a_line(memory)
    if cut:
        memory.cmdb.state.audit.pop()
    memory.services.checkpoint.accept(shown(memory), REASON, NOBODY)
    assert memory.services.audit.verify().whole
    memory.services.server_key.replace(NOBODY)
    assert memory.services.audit.verify().whole
    assert shown(memory).mismatches == ()
    memory.add("two")
    state = memory.cmdb.state.copy()
    state.audit[2] = state.audit[2]._replace(line="and another")
    memory.cmdb.state = state
    assert not memory.services.audit.verify().whole, "what is edited later is another thing"


def test_a_row_beside_the_statements_is_not_signed_by_a_new_server_key(memory: MemoryServer) -> None:
    """Somebody puts an older checkpoint there, which the server key did sign."""
    home = home_of(memory.installation)
    assert home is not None
    planted = SignedStatement(1, "checkpoint", home.signed.text, home.signed.signature)
    memory.cmdb.state.statements.append(planted)
    memory.services.server_key.replace(NOBODY)
    assert planted in memory.cmdb.state.statements


def test_an_older_key_store_counts_again_once_a_person_says_so(memory: MemoryServer) -> None:
    memory.add("one", "its secret")
    older = copy.copy(memory.key_store._generation)
    memory.protect_anew()
    memory.key_store._generation = older
    seen = shown(memory)
    assert [one.what for one in seen.mismatches] == [MismatchKind.STORE]
    made = memory.services.checkpoint.accept(seen, REASON, NOBODY)
    assert older is not None
    assert made.store_id == older.store_id
    assert shown(memory).mismatches == ()
    memory.add("two", "another")
    assert memory.secrets() == {"run-as/one": "its secret", "run-as/two": "another"}


def test_a_key_store_with_another_server_key_is_told_as_such_and_cannot_be_accepted(
    memory: MemoryServer,
) -> None:
    memory.add("one")
    older = copy.copy(memory.key_store._generation)
    memory.services.server_key.replace(NOBODY)
    memory.key_store._generation = older
    seen = shown(memory)
    assert [one.what for one in seen.mismatches] == [MismatchKind.STORE]
    before = memory.everything()
    with pytest.raises(ChangeWaits):
        memory.services.checkpoint.accept(seen, REASON, NOBODY)
    assert memory.everything() == before


def test_a_checkpoint_that_others_put_into_the_home_is_no_ground_to_go_on_from(
    memory: MemoryServer,
) -> None:
    memory.add("one")
    kept = home_of(memory.installation)
    assert kept is not None
    forged = replace(kept, signed=kept.signed._replace(signature=bytes(64)))
    memory.checkpoint.kept = to_bytes(forged)
    seen = shown(memory)
    assert [one.what for one in seen.mismatches] == [MismatchKind.HOME_CHANGED]
    with pytest.raises(ChangeWaits):
        memory.services.checkpoint.accept(seen, REASON, NOBODY)
