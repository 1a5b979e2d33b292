"""A drill covers the rows that it saw: what is sealed later has keys that match, whatever clocks say."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from nskeys.model.keys import KeyState
from nskeys.model.recoverability import CredentialCoverage
from nskeys.model.register import Proof
from nskeys.ports import Purpose
from nskeys.wording.copies import proof_ago
from tests.fakes.fixed import Answers
from tests.fakes.real_site import RealSite
from tests.fakes.servers import NOBODY, PASSWORD, Server, Site, run_as


@pytest.fixture
def address(server: Server) -> str:
    """A backup of two credentials that a drill opened three days ago."""
    server.add("one")
    server.add("two")
    address = server.back_up().copy.address
    server.drill(address)
    server.clock.advance(days=3)
    return address


def proof_line(server: Server) -> str:
    """What is said of the proof."""
    overview = server.services.recoverability.overview()
    answer = overview.recoverability
    if answer.best is None:
        return ""
    return proof_ago(answer.best, overview.taken, answer.drilled, answer.totals.total)


def coverage(server: Server, name: str) -> CredentialCoverage:
    credential = server.services.credentials.show(f"run-as/{name}")
    return server.services.recoverability.assess().coverage_of(credential)


def proofs(server: Server, name: str) -> list[Proof]:
    return [claim.proof for claim in coverage(server, name).copies]


def test_while_nothing_was_sealed_since_every_credential_opened(server: Server, address: str) -> None:
    assert proof_line(server) == "every credential opened in a drill 3 days ago"
    assert proofs(server, "one") == proofs(server, "two") == [Proof.CREDENTIALS_OPEN]
    assert server.services.recoverability.assess().drilled == 2


def test_a_credential_added_later_has_keys_that_match(server: Server, address: str) -> None:
    drilled = server.clock.moment
    server.add("three")
    assert proof_line(server) == "2 of 3 credentials opened in a drill 3 days ago"
    assert proofs(server, "one") == [Proof.CREDENTIALS_OPEN]
    assert proofs(server, "three") == [Proof.KEYS_MATCH]
    assert server.counts() == (2, 1, 0), "its row is in no copy yet"
    server.drill(address)
    assert proof_line(server) == "every credential opened in a drill just now"
    [claim] = coverage(server, "three").copies
    assert claim.moment == drilled


def test_an_edited_secret_is_a_later_one_although_its_key_is_the_same(server: Server, address: str) -> None:
    one = server.services.credentials.show("run-as/one")
    server.services.credentials.edit(one, run_as("one")._replace(note="changed"), None, NOBODY)
    assert proofs(server, "one") == [Proof.KEYS_MATCH]
    assert proofs(server, "two") == [Proof.CREDENTIALS_OPEN]
    assert proof_line(server) == "1 of 2 credentials opened in a drill 3 days ago"


def test_what_was_sealed_in_the_second_of_the_drill_was_not_seen_by_it(server: Server) -> None:
    server.add("one")
    server.drill(server.back_up().copy.address)
    server.add("in the same second")
    assert proofs(server, "in the same second") == [Proof.KEYS_MATCH]


@pytest.mark.parametrize("back", [1, 400])
def test_a_clock_that_jumped_back_makes_no_later_row_an_earlier_one(
    server: Server, address: str, back: int
) -> None:
    server.clock.advance(days=-back)
    server.add("three")
    assert proofs(server, "three") == [Proof.KEYS_MATCH]
    assert "every" not in proof_line(server)
    assert server.services.recoverability.assess().drilled == 2


def test_a_rotation_leads_the_claim_back_to_keys_match(server: Server, address: str) -> None:
    """The backup holds the next key already, as the gate demands; a drill opened all rows under the old."""
    server.rotate()
    both = server.back_up().copy.address
    server.drill(both)
    assert proof_line(server) == "every credential opened in a drill just now"
    server.rotate()
    assert server.states()[server.active()] is KeyState.ACTIVE
    assert server.counts() == (2, 0, 0)
    assert proof_line(server) == "opened, and its keys match, just now"
    assert proofs(server, "one") == [Proof.KEYS_MATCH]
    server.drill(both)
    assert proof_line(server) == "every credential opened in a drill just now"


def test_a_credential_removed_takes_nothing_away(server: Server, address: str) -> None:
    server.services.credentials.remove(server.services.credentials.show("run-as/one"), NOBODY)
    assert proof_line(server) == "every credential opened in a drill 3 days ago"


def test_a_drill_that_found_less_is_the_one_that_is_told(server: Server, address: str) -> None:
    two = server.services.credentials.show("run-as/two")
    server.forge_credential(two.credential_id, target="elsewhere-*")
    server.drill(address)
    assert (server.counts(), proof_line(server)) == ((0, 2, 0), ""), (
        "its key's credentials are not as signed"
    )
    server.accept()
    assert proof_line(server) == "only 1 credential opened in a drill just now"
    assert proofs(server, "one") == [Proof.KEYS_MATCH]


def test_a_restore_covers_what_it_opened(server: Server, site: Site, address: str) -> None:
    fresh = site.with_database_of(server)
    fresh.restore(address)
    assert "every credential opened" in proof_line(fresh)
    fresh.add("three")
    assert proofs(fresh, "three") == [Proof.KEYS_MATCH]
    fresh.restore(address)
    assert "every credential opened" in proof_line(fresh)
    assert proofs(fresh, "three") == [Proof.CREDENTIALS_OPEN]


def test_the_copies_of_a_credential_come_best_proof_first(server: Server, address: str) -> None:
    newer = server.back_up().copy.address
    assert [claim.copy.address for claim in coverage(server, "one").copies] == [address, newer]
    assert proofs(server, "one") == [Proof.CREDENTIALS_OPEN, Proof.OPENED]
    server.add("three")
    assert proofs(server, "three") == [Proof.KEYS_MATCH, Proof.OPENED]


def test_made_proven_and_typed_are_dates_of_their_own(server: Server) -> None:
    made = server.clock.moment
    plan = server.services.backup.plan(server.vault)
    answers = Answers({Purpose.NEW_BACKUP_PASSWORD: [PASSWORD]}, typed=True)
    [copy] = server.services.backup.execute(plan, answers).copies
    assert (copy.backup.created, copy.proven, copy.typed) == (made, made, made)
    drilled = server.clock.advance(days=9)
    server.drill(copy.address)
    [copy] = server.services.register.copies()
    assert (copy.backup.created, copy.proven, copy.typed) == (made, drilled, made)
    typed = server.clock.advance(days=9)
    source = server.services.drill.find(copy.address)
    server.services.drill.execute(source, Answers({Purpose.BACKUP_PASSWORD: [PASSWORD]}, typed=True))
    [copy] = server.services.register.copies()
    assert (copy.proven, copy.typed) == (typed, typed)


# --- hands in the database ---------------------------------------------------------------------------


def change(server: Server, statement: str) -> None:
    path = server.installation.cmdb.address()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(statement)


def test_numbers_that_were_changed_make_no_more_of_a_drill_than_it_opened(tmp_path: Path) -> None:
    server = RealSite(tmp_path).server()
    server.set_up()
    server.add("one")
    server.drill(server.back_up().copy.address)
    server.add("two")
    assert server.services.recoverability.assess().drilled == 1
    change(server, "UPDATE credentials SET number = 1")
    assert server.services.recoverability.assess().drilled == 0
    assert (server.counts(), proof_line(server)) == ((0, 2, 0), "")
    server.accept()
    assert server.services.recoverability.assess().drilled == 0
    assert "its keys match" in proof_line(server)
    assert proofs(server, "one") == proofs(server, "two") == [Proof.KEYS_MATCH]


def test_counters_that_went_back_cover_nothing(tmp_path: Path) -> None:
    server = RealSite(tmp_path).server()
    server.set_up()
    server.add("one")
    server.drill(server.back_up().copy.address)
    change(server, "UPDATE meta SET value = '1' WHERE name = 'number'")
    assert (server.counts(), proof_line(server)) == ((0, 1, 0), "")
    server.accept()
    server.add("two")
    assert proofs(server, "one") == [Proof.CREDENTIALS_OPEN]
    assert proofs(server, "two") == [Proof.KEYS_MATCH], "numbers go on above every one that was signed"
