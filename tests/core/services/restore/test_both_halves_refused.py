"""What is wrong with one of the halves has its own reason, and leaves a bare machine as bare as it was."""

import gzip
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from nskeys.archive.age.recipients import decrypt_by, encrypt_to
from nskeys.archive.age.x25519 import X25519Identity, X25519Recipient
from nskeys.archive.database_copy.facts_json import last_line
from nskeys.archive.database_copy.inspection import inspect_part
from nskeys.archive.database_copy.writing import archive_of, signed
from nskeys.errors import (
    BackupDamaged,
    CmdbNotEmpty,
    CopyKeyMissing,
    NewerVersion,
    NothingToRestore,
    PartsMissing,
    PartsMixed,
)
from nskeys.model.backup import BackupFacts, MemberFact
from nskeys.model.database_copy import CopyFacts
from nskeys.model.destinations import DestinationInfo
from nskeys.model.secret import SecretBytes
from nskeys.ports import Destination
from nskeys.reasons import Problem
from nskeys.services.database.pairs import Pair
from tests.core.archive.database_copy.samples import packed
from tests.core.services.database.test_database_copy import SMALL, copied
from tests.core.services.restore.test_both_halves import WANTED, bring_back, lived, newest
from tests.fakes.servers import NOBODY, Server, Site


def vault(server: Server) -> Destination:
    return server.installation.destinations.at(DestinationInfo(server.vault))


def names(server: Server, *, copies: bool) -> list[str]:
    """The files of one kind in the vault, the oldest first."""
    found = [file.name for file in vault(server).listing() if ("-cmdb-" in file.name) is copies]
    return found[::-1]


def put(server: Server, name: str, data: bytes) -> None:
    """Another content under a name that is there."""
    vault(server).remove(name)
    assert vault(server).publish(name, data) == name


def read(server: Server, name: str) -> bytes:
    return vault(server).read(name, 1 << 30)


def is_bare(server: Server) -> bool:
    """Whether nothing was made: no CMDB, and no keys."""
    installation = server.installation
    return not installation.cmdb.exists() and not installation.key_store.exists()


@pytest.fixture
def dead(site: Site) -> Server:
    return lived(site.server())


@pytest.fixture
def bare(site: Site, dead: Server) -> Server:
    return site.server()


# --- files that are not what was written ------------------------------------------------------------------


def test_a_part_that_was_cut_is_found_before_anything_is_believed(dead: Server, bare: Server) -> None:
    (name,) = names(dead, copies=True)
    whole = read(dead, name)
    put(dead, name, whole[: len(whole) - 600])
    with pytest.raises(BackupDamaged) as refused:
        bring_back(bare, newest(bare, dead.vault))
    assert refused.value.path.endswith(name)
    assert is_bare(bare)
    put(dead, name, whole)
    _, report = bring_back(bare, newest(bare, dead.vault))
    assert report.proof.whole


def test_a_key_backup_that_was_cut_is_named_and_the_one_before_it_taken(dead: Server, bare: Server) -> None:
    dead.clock.advance(minutes=5)
    dead.back_up_keys()
    cut = names(dead, copies=False)[-1]
    put(dead, cut, read(dead, cut)[:-700])
    pair = newest(bare, dead.vault)
    assert [(one.address.endswith(cut), type(one.error)) for one in pair.not_used] == [
        (True, BackupDamaged)
    ]
    plan, report = bring_back(bare, pair)
    assert plan.database is not None
    assert plan.database.later, "a newer backup says that more was changed"
    assert report.proof.whole


def test_files_that_are_no_archives_are_named(dead: Server, bare: Server) -> None:
    vault(dead).publish("holiday.zip", b"PK\x03\x04 something else")
    vault(dead).publish("cut.zip", read(dead, names(dead, copies=False)[0])[:2_000])
    left_out = newest(bare, dead.vault).not_used
    assert sorted(one.address.rpartition("/")[2] for one in left_out) == ["cut.zip", "holiday.zip"]


def test_a_copy_of_a_newer_version_is_named(dead: Server, bare: Server) -> None:
    (name,) = names(dead, copies=True)
    newer = _laid_out_again(read(dead, name), lambda text: text.replace(b"nskeys/cmdb/1", b"nskeys/cmdb/2"))
    put(dead, name, newer)
    pair = newest(bare, dead.vault)
    assert pair.copy is None
    assert [type(one.error) for one in pair.not_used] == [NewerVersion]


def _laid_out_again(data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    from nskeys.archive.canonical_zip import build, split

    return build([(name, change(member) if name != "cmdb.age" else member) for name, member in split(data)])


# --- parts ------------------------------------------------------------------------------------------------


def test_a_missing_part_is_a_missing_copy_and_the_one_before_it_is_taken(
    dead: Server, bare: Server
) -> None:
    dead.add("later")
    copied(dead, size=SMALL)
    second = next(name for name in names(dead, copies=True) if "-cmdb-2of" in name)
    vault(dead).remove(second)
    pair = newest(bare, dead.vault)
    (left_out,) = pair.not_used
    assert isinstance(left_out.error, PartsMissing)
    assert left_out.error.missing == (2,)
    plan, _ = bring_back(bare, pair)
    assert plan.database is not None
    assert plan.database.later
    assert bare.secrets() == WANTED, "as of the copy before"


def test_a_part_of_another_copy_in_its_place_is_no_part_of_it(dead: Server, bare: Server) -> None:
    copied(dead, size=SMALL)
    first = [name for name in names(dead, copies=True) if "of1" not in name]
    dead.clock.advance(minutes=5)
    copied(dead, size=SMALL)
    second = [name for name in names(dead, copies=True) if "of1" not in name and name not in first]
    pair = newest(bare, dead.vault)
    assert pair.copy is not None
    assert list(pair.copy.names) == second
    put(dead, second[1], read(dead, first[1]))
    with pytest.raises(PartsMixed) as mixed:  # while it is restored
        bring_back(bare, pair)
    assert mixed.value.other.endswith(second[1])
    assert is_bare(bare)
    after = newest(bare, dead.vault)
    assert after.copy is not None
    # Under whichever name, the second part of the first copy is what it is.
    assert set(after.copy.names) <= {*first, second[1]}
    assert after.copy.facts.number < pair.copy.facts.number


def test_another_servers_archives_are_no_halves_of_this_one(site: Site, dead: Server, bare: Server) -> None:
    other = site.server()
    other.set_up()
    other.add("theirs", "not ours")
    other.back_up_keys()
    copied(other)
    lying = bare.services.pairs.look(dead.vault)
    assert lying is not None
    assert {one.cmdb_id for one in lying.owners()} == {
        one.installation.cmdb.cmdb_id() for one in (dead, other)
    }
    for owner in lying.owners():
        pair = bare.services.pairs.newest(lying, owner)
        assert pair.copy is not None
        assert pair.copy.facts.server_key == owner.server_key
        assert pair.source.facts is not None
        assert pair.source.facts.server_key == owner.server_key


def test_a_copy_alone_is_not_enough(dead: Server, bare: Server) -> None:
    for name in names(dead, copies=False):
        vault(dead).remove(name)
    lying = bare.services.pairs.look(dead.vault)
    assert lying is not None
    (owner,) = lying.owners()
    with pytest.raises(NothingToRestore) as refused:
        bare.services.pairs.newest(lying, owner)
    assert refused.value.copies == 1
    with pytest.raises(NothingToRestore) as named:
        bare.services.pairs.named(f"{dead.vault}/{names(dead, copies=True)[0]}")
    assert named.value.copies == 1


def test_a_copy_key_that_no_backup_at_hand_holds_is_said(dead: Server, bare: Server) -> None:
    dead.clock.advance(minutes=5)
    dead.back_up_keys()  # under a password: with a new copy key
    dead.add("later")
    copied(dead)
    vault(dead).remove(names(dead, copies=False)[-1])
    pair = newest(bare, dead.vault)
    assert [type(one.error) for one in pair.not_used] == [CopyKeyMissing]
    assert pair.copy is not None
    plan, _ = bring_back(bare, pair)
    assert plan.database is not None
    assert plan.database.later
    assert bare.secrets() == WANTED


# --- what is signed, and not so ---------------------------------------------------------------------------


def forged(
    dead: Server,
    change: Callable[[list[bytes]], list[bytes]],
    told: Callable[[CopyFacts], CopyFacts] = lambda facts: facts,
    pack: Callable[[Sequence[bytes]], bytes] = packed,
) -> None:
    """The copy in the vault with other rows, signed by the server itself: what only a checkpoint tells."""
    (name,) = names(dead, copies=True)
    part = inspect_part(name, read(dead, name))
    with dead.installation.key_store.unlock(NOBODY) as keys:
        identity = X25519Identity(keys.copy_key(part.facts.copy_key.kid).secret)
        lines = gzip.decompress(decrypt_by(part.cmdb, [identity])).splitlines(keepends=True)
        kept = change(lines[:-1])
        kept.append(last_line(len(kept), hashlib.sha256(b"".join(kept)).hexdigest()))
        cmdb = encrypt_to([X25519Recipient.parse(identity.recipient)], pack(kept))
        (fact,) = part.facts.parts
        fact = replace(
            fact,
            member=MemberFact(hashlib.sha256(cmdb).hexdigest(), len(cmdb)),
            unpacked=len(b"".join(kept)),
            rows=len(kept) - 2,
        )
        facts = told(replace(part.facts, parts=(fact,)))
        key = SecretBytes(keys.server_key().reveal())
        put(dead, name, archive_of(signed(facts, key), 1, cmdb).data)


def without_one(facts: CopyFacts) -> CopyFacts:
    """As if there were one credential fewer."""

    def fewer(pairs: tuple[tuple[str, int], ...], name: str) -> tuple[tuple[str, int], ...]:
        return tuple((one, count - 1 if one == name else count) for one, count in pairs)

    ((kid, count),) = facts.keys
    return replace(
        facts,
        tables=fewer(facts.tables, "credentials"),
        kinds=fewer(facts.kinds, "run-as"),
        keys=((kid, count - 1),),
    )


def drop_a_credential(lines: list[bytes]) -> list[bytes]:
    gone = next(line for line in lines if line.startswith(b'{"credentials"'))
    told = lines[0].replace(b'"credentials":12', b'"credentials":11')
    return [told, *(line for line in lines[1:] if line is not gone)]


def test_rows_that_are_not_those_of_the_checkpoint(dead: Server, bare: Server) -> None:
    forged(dead, drop_a_credential, without_one)
    assert _refused(bare, dead) is Problem.ROWS_AND_CHECKPOINT


def test_a_row_that_was_edited(dead: Server, bare: Server) -> None:
    def edit(lines: list[bytes]) -> list[bytes]:
        return [line.replace(b"finance-*", b"finance-x") for line in lines]

    forged(dead, edit)
    assert _refused(bare, dead) is Problem.ROWS_AND_CHECKPOINT


def test_gzip_that_was_cut(dead: Server, bare: Server) -> None:
    forged(dead, lambda lines: lines, pack=lambda lines: packed(lines)[:-40])
    assert _refused(bare, dead) is Problem.TRUNCATED


def test_a_bomb_is_left_at_the_size_that_it_declares(dead: Server, bare: Server) -> None:
    forged(dead, lambda lines: lines, pack=lambda lines: packed([*lines, bytes(100 << 20)]))
    assert _refused(bare, dead) is Problem.TOO_LARGE


def _refused(bare: Server, dead: Server) -> Problem | str | None:
    """Why, once it is seen that nothing was left."""
    with pytest.raises(BackupDamaged) as refused:
        bring_back(bare, newest(bare, dead.vault))
    assert is_bare(bare)
    return refused.value.problem


# --- what is here already ---------------------------------------------------------------------------------


def test_a_cmdb_with_rows_is_kept(site: Site, dead: Server) -> None:
    copied(dead)
    other = site.with_database_of(dead)
    plan, report = bring_back(other, newest(other, dead.vault))
    assert plan.database is None or plan.database.here
    assert report.proof.whole


def test_a_cmdb_of_somebody_else_is_never_replaced(site: Site, dead: Server) -> None:
    stranger = site.server()
    stranger.set_up()
    stranger.add("theirs", "not ours")
    other = site.with_database_of(stranger)
    with pytest.raises(CmdbNotEmpty) as refused:
        other.services.pairs.named(f"{dead.vault}/{names(dead, copies=True)[0]}")
    assert refused.value.credentials == 1
    pair = newest(other, dead.vault)
    assert other.services.pairs.planned(pair, _facts(pair)) is None
    with pytest.raises(CmdbNotEmpty), other.installation.cmdb.filling() as new:
        new.finish(None)
    assert other.installation.cmdb.cmdb_id() == stranger.installation.cmdb.cmdb_id()


def _facts(pair: Pair) -> BackupFacts:
    assert pair.source.facts is not None
    return pair.source.facts
