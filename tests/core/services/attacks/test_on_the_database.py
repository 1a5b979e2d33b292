"""What somebody who can write to the database did once without being noticed, told in the words of the
design; nothing is better than before it."""

import json

import pytest

from nskeys.crypto.sealing import Sealer
from nskeys.errors import ChangeWaits, NskeysError
from nskeys.model.audit import AuditEntry, first_digest, next_digest
from nskeys.model.keys import KeyState, Rotation, RotationStage
from nskeys.model.register import Proof
from nskeys.model.secret import SecretBytes
from nskeys.ports import RegisterRow
from nskeys.reasons import MismatchKind
from nskeys.services import settling
from tests.core.services.attacks.attacker import recoverable, told, write
from tests.fakes.memory_site import MemoryServer
from tests.fakes.memory_tables import State
from tests.fakes.servers import NOBODY

_BY = "by something other than nskeys"


def edited(server: MemoryServer, name: str) -> State:
    """The database as it was before the secret was changed, because it had leaked."""
    older = server.cmdb.state.copy()
    seen = server.services.credentials.show(f"run-as/{name}")
    with SecretBytes(b"chosen after the leak") as secret:
        server.services.credentials.edit(seen, seen.fields, secret, NOBODY)
    return older


def id_of(server: MemoryServer, name: str) -> str:
    return server.services.credentials.show(f"run-as/{name}").credential_id


# --- rows ------------------------------------------------------------------------------------------------


def test_a_row_of_an_older_copy_is_put_back(full: MemoryServer) -> None:
    older, one = edited(full, "one"), id_of(full, "one")
    assert recoverable(full) == 2
    full.copy_database()
    assert recoverable(full) == 3
    write(full, lambda state: state.rows.update({one: older.rows[one]}))
    assert told(full) == [f"At least one credential of key was put back to an older state {_BY}."]
    assert recoverable(full) == 0
    assert not full.services.check.execute(NOBODY).fits
    assert full.drill("latest").reached is Proof.KEYS_MATCH


def test_rows_are_deleted(full: MemoryServer) -> None:
    one, two = id_of(full, "one"), id_of(full, "two")
    write(full, lambda state: [state.rows.pop(gone) for gone in (one, two)])
    assert told(full) == [f"2 credentials of key were removed {_BY}."]
    assert recoverable(full) == 0
    assert full.drill("latest").reached is Proof.KEYS_MATCH


def test_only_the_older_seal_is_put_back(full: MemoryServer) -> None:
    older, one = edited(full, "one"), id_of(full, "one")
    blob = older.rows[one].blob
    write(full, lambda state: state.rows.update({one: state.rows[one]._replace(blob=blob)}))
    assert told(full) == [f"At least one credential of key was changed {_BY}."]
    assert recoverable(full) == 0
    with pytest.raises(NskeysError):
        full.services.credentials.reveal(full.services.credentials.show("run-as/one"), NOBODY)


def test_somebody_who_knows_the_key_seals_a_row(full: MemoryServer) -> None:
    """An old backup gives the key away: what is sealed under it opens, and is no row of ours."""
    one = id_of(full, "one")
    with full.key_store.unlock(NOBODY) as keys, SecretBytes(b"mine") as secret:
        sealer = Sealer(full.cmdb.cmdb_id(), full.active(), keys.key(full.active()))
        forged = sealer.seal(full.cmdb.state.rows[one].credential, secret)
    write(full, lambda state: state.rows.update({one: forged}))
    assert told(full) == [f"At least one credential of key was changed {_BY}."]
    assert recoverable(full) == 0
    assert full.drill("latest").reached is Proof.KEYS_MATCH


def test_an_edit_of_a_row_that_was_put_back_leaves_the_difference(full: MemoryServer) -> None:
    older, one = edited(full, "one"), id_of(full, "one")
    write(full, lambda state: state.rows.update({one: older.rows[one]}))
    edited(full, "one")
    assert told(full) == [f"At least one credential of key was put back to an older state {_BY}."]


# --- keys, rotation, register ----------------------------------------------------------------------------


def test_a_rotation_is_planted(full: MemoryServer) -> None:
    kid, now = full.active(), full.clock.now()
    planted = Rotation(1, kid, RotationStage.RESEALING, now, now)
    write(full, lambda state: state.rotations.update({1: planted}))
    assert told(full) == [f"The record of the key rotation was changed {_BY}."]
    with pytest.raises(ChangeWaits):
        full.rotate(without_backup=True)
    assert recoverable(full) == 0


def test_a_deactivated_key_is_made_active(full: MemoryServer) -> None:
    stolen = full.active()
    full.rotate(without_backup=True)
    full.drill(full.back_up().copy.address)
    swapped = {KeyState.ACTIVE: KeyState.DEACTIVATED, KeyState.DEACTIVATED: KeyState.ACTIVE}

    def swap(state: State) -> None:
        state.keys = {kid: key._replace(state=swapped[key.state]) for kid, key in state.keys.items()}

    write(full, swap)
    assert told(full) == [f"The rows of the keys (states, counts) were changed {_BY}."]
    with pytest.raises(ChangeWaits):
        full.add("four")
    assert all(row.credential.kid != stolen for row in full.cmdb.state.rows.values())
    assert recoverable(full) == 0


def test_a_retired_copy_is_made_to_count_by_its_older_signature(full: MemoryServer) -> None:
    older = dict(full.cmdb.state.register)
    [copy] = full.services.register.copies()
    full.services.register.retire(full.services.register.plan_retire(copy), NOBODY)
    assert recoverable(full) == 0
    write(full, lambda state: setattr(state, "register", older))
    assert told(full) == [
        f"The register of backups was changed {_BY}.",
    ]
    assert recoverable(full) == 0


def test_the_register_is_flooded(full: MemoryServer) -> None:
    key, row = next(iter(full.cmdb.state.register.items()))
    document = json.loads(row.text)

    def flood(state: State) -> None:
        for number in range(200):
            text = json.dumps({**document, "address": f"/x/{number}.zip"})
            state.register[key[0], f"/x/{number}.zip"] = RegisterRow(text, bytes(64))

    write(full, flood)
    assert told(full) == [
        f"The register of backups was changed {_BY}: it has 202 rows and had 2.",
    ]
    assert recoverable(full) == 0


# --- the trail -------------------------------------------------------------------------------------------


def chained(server: MemoryServer, lines: list[str]) -> list[AuditEntry]:
    """Lines with the digests that a forger computes for them."""
    digest, entries = first_digest(server.cmdb.cmdb_id()), []
    for number, line in enumerate(lines, 1):
        digest = next_digest(digest, line)
        entries.append(AuditEntry(number, line, digest))
    return entries


def revealed(server: MemoryServer) -> None:
    server.services.credentials.reveal(server.services.credentials.show("run-as/one"), NOBODY).wipe()


def never_healed(server: MemoryServer) -> None:
    """Neither a change that waits nor one that goes on makes the trail whole."""
    assert recoverable(server) == 3, "the answer stays"
    assert not server.services.audit.verify().whole
    with pytest.raises(ChangeWaits):
        server.add("four")
    assert not server.services.check.execute(NOBODY).fits
    server.back_up()
    assert not server.services.audit.verify().whole


def test_the_line_of_a_reveal_is_taken_out_and_the_hashes_are_made_anew(full: MemoryServer) -> None:
    revealed(full)
    full.back_up()
    lines = [entry.line for entry in full.cmdb.state.audit if "credential-revealed" not in entry.line]
    invented = lines[-1].replace("backed-up", "restored")
    write(full, lambda state: setattr(state, "audit", chained(full, [*lines, invented])))
    [sentence] = told(full)
    now = f"it ends with {len(lines) + 1} lines, "
    assert sentence.startswith(f"The audit trail was cut, lengthened or edited: {now}")
    never_healed(full)


def test_the_last_lines_are_cut(full: MemoryServer) -> None:
    revealed(full)
    revealed(full)
    now = f"it ends with {len(full.cmdb.state.audit) - 2} lines, "
    write(full, lambda state: setattr(state, "audit", state.audit[:-2]))
    [sentence] = told(full)
    assert sentence.startswith(f"The audit trail was cut, lengthened or edited: {now}")
    never_healed(full)


def test_a_line_is_put_behind_the_signed_head(full: MemoryServer) -> None:
    lines = [entry.line for entry in full.cmdb.state.audit]
    write(full, lambda state: setattr(state, "audit", chained(full, [*lines, lines[-1]])))
    [sentence] = told(full)
    now = f"it ends with {len(lines) + 1} lines, "
    assert sentence.startswith(f"The audit trail was cut, lengthened or edited: {now}")
    with pytest.raises(ChangeWaits):
        full.add("four")
    assert not full.services.check.execute(NOBODY).fits
    assert lines[-1] in full.cmdb.state.notes, "it is kept, and is no part of the trail"
    verdict = full.services.audit.verify()
    assert (verdict.unexplained, verdict.whole) == (True, False)
    full.services.checkpoint.accept(full.services.checkpoint.show(), "looked into", NOBODY)
    assert full.services.audit.verify().whole


@pytest.mark.parametrize("edit", ["edited", "taken out"])
def test_within_the_trail_a_line_is_edited_or_taken_out(full: MemoryServer, edit: str) -> None:
    def change(state: State) -> None:
        entry = state.audit.pop(2)
        if edit == "edited":
            state.audit.insert(2, entry._replace(line=entry.line.replace("two", "2wo")))

    write(full, change)
    assert told(full) == [
        "Line 3 of the audit trail was edited or taken out by something other than nskeys.",
    ]
    assert recoverable(full) == 3, "the answer stays"
    assert not full.services.audit.verify().whole
    with pytest.raises(ChangeWaits):
        full.add("four")
    full.drill(full.back_up().copy.address)
    assert not full.services.audit.verify().whole
    full.accept()
    full.add("four")
    assert told(full) == []
    assert full.services.audit.verify().whole, "a person said so, and the statement says what of"
    full.back_up()
    write(full, lambda state: state.audit.insert(1, state.audit.pop(1)._replace(line="another")))
    assert told(full) == [
        "Line 2 of the audit trail was edited or taken out by something other than nskeys.",
    ]
    assert not full.services.audit.verify().whole, "what is edited later is another thing"


def test_of_a_long_trail_the_look_at_everything_reads_each_line_and_changes_wait_from_then_on(
    full: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "_LINES_AT_A_CHANGE", 3)
    write(full, lambda state: state.audit.insert(1, state.audit.pop(1)._replace(line="another")))
    full.add("four")
    report = full.services.check.execute(NOBODY)
    assert [one.what for one in report.mismatches] == [MismatchKind.AUDIT_LINE]
    with pytest.raises(ChangeWaits):
        full.add("five")
    full.accept()
    assert full.services.check.execute(NOBODY).fits
    full.add("five")


# --- everything ------------------------------------------------------------------------------------------


def test_the_database_is_put_back_as_a_whole(full: MemoryServer) -> None:
    older = full.cmdb.state.copy()
    full.add("four")
    revealed(full)
    number = full.cmdb.state.number
    write(full, lambda state: vars(state).update(vars(older.copy())))
    assert told(full) == [f"The database went back from change {number} to {number - 2}."]
    assert recoverable(full) == 0
    assert not full.services.audit.verify().whole
    with pytest.raises(ChangeWaits):
        full.add("five")
