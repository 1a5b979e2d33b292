"""A database copy counts only after all its parts were read back and opened; until then nothing says there
is one, and nothing of it stays."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from nskeys.archive import cross_check
from nskeys.archive.age.scrypt import decrypt
from nskeys.archive.age.x25519 import X25519Identity
from nskeys.archive.database_copy.inspection import inspect_part, require_all
from nskeys.archive.database_copy.reading import CopyReader
from nskeys.archive.database_copy.writing import FULL, PartSize
from nskeys.bootstrap import Services
from nskeys.crypto.sealing import Sealer
from nskeys.errors import BackupNotProven, Cancelled, CannotCreate, DestinationUnreachable
from nskeys.model.database_copy import InspectedPart, Row
from nskeys.model.database_plans import DatabaseCopyReport
from nskeys.model.database_register import DatabaseCopy
from nskeys.model.database_tables import COPIED_TABLES
from nskeys.model.register import CopyStatus, Proof
from nskeys.model.secret import SecretBytes
from nskeys.ports import Progress, Purpose, SilentProgress, Stage
from nskeys.reasons import MismatchKind, Problem
from nskeys.services.database.service import DatabaseCopyService
from nskeys.services.open_backup import find_source, opened
from nskeys.store.cmdb import SqlCmdb
from tests.fakes.fixed import Answers
from tests.fakes.memory_destination import MemoryDestination
from tests.fakes.memory_site import MemoryServer
from tests.fakes.postgres import postgres_url
from tests.fakes.programs import need
from tests.fakes.real_site import RealServer, RealSite
from tests.fakes.servers import NOBODY, PASSWORD, Server, Site
from tests.fakes.watching import Watching

PASS = SecretBytes.from_text(PASSWORD)
SMALL = PartSize(packed=1_500, unpacked=1_500)


def copied(
    server: Server,
    to: str | tuple[str, ...] | None = None,
    progress: Progress | None = None,
    size: PartSize = FULL,
) -> DatabaseCopyReport:
    """A database copy, to the vault unless told otherwise; nobody is asked for anything."""
    service = DatabaseCopyService(server.installation, size)
    return service.execute(service.plan(to or server.vault), NOBODY, progress)


def parts_of(server: Server, copy: DatabaseCopy) -> list[InspectedPart]:
    """The parts as they lie there, in their order."""
    info = server.installation.destinations.configured(copy.destination)
    place = server.installation.destinations.at(info)
    parts = [inspect_part(part.name, place.read(part.name, part.size)) for part in copy.parts]
    return [parts[at] for at in require_all([(part.path, part.manifest) for part in parts])]


def rows_of(parts: list[InspectedPart], identity: X25519Identity) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {table.name: [] for table in COPIED_TABLES}
    reader = CopyReader(parts[0].facts, identity)
    for part in parts:
        for table, rows in reader.rows(part):
            found[table.name] += rows
    reader.finish()
    return found


def lying_at(server: Server, destination: str) -> list[str]:
    """The database copies' files there."""
    info = server.installation.destinations.configured(destination)
    names = [file.name for file in server.installation.destinations.at(info).listing()]
    return [name for name in names if "-cmdb-" in name]


@contextmanager
def on_postgres(tmp_path: Path) -> Iterator[Server]:
    """A server whose CMDB is in PostgreSQL."""
    server = RealSite(tmp_path).server()
    with postgres_url() as url:
        cmdb = SqlCmdb(url, server.clock)
        server.installation = replace(server.installation, cmdb=cmdb)
        server.services = Services(server.installation)
        server.set_up()
        yield server
        server.services.close()


# --- both halves together ---------------------------------------------------------------------------


def every_secret_comes_back(server: Server, size: PartSize = FULL) -> None:
    """With the key backup and the copy, and nothing else of the server."""
    wanted = {f"ns{number:02}": f"secret {number}" for number in range(12)}
    for name, secret in wanted.items():
        server.add(name, secret)
    backup = server.back_up().copy
    copy = copied(server, size=size).copies[0]
    assert copy.copy.copy_kid in backup.backup.copy_kids
    answers = Answers({Purpose.BACKUP_PASSWORD: [PASSWORD]})
    source = find_source(server.installation, backup.address)
    with opened(server.installation, source, answers, SilentProgress()) as keys:
        (held,) = [one for one in keys.contents.copy_keys if one.key.kid == copy.copy.copy_kid]
        rows = rows_of(parts_of(server, copy), X25519Identity(held.secret))
        (key,) = keys.contents.keys
        sealer = Sealer(copy.copy.cmdb_id, key.info.kid, key.material)
        sealed = [(row[0], *row[2:]) for row in rows["credentials"]]
        assert sealer.failing(sealed) == []  # type: ignore[arg-type]
    assert {str(row[3]) for row in rows["credentials"]} == wanted.keys()
    assert (len(copy.parts) > 1) is (size is SMALL)


@pytest.mark.parametrize("size", [PartSize(), SMALL], ids=["one part", "several"])
def test_copy_and_key_backup_bring_every_secret_back(server: Server, size: PartSize) -> None:
    every_secret_comes_back(server, size)


def test_the_same_from_postgresql(tmp_path: Path) -> None:
    with on_postgres(tmp_path) as server:
        every_secret_comes_back(server)
        assert parts_of(server, copied(server).copies[0])[0].facts.database == "PostgreSQL"


# --- one that succeeds ------------------------------------------------------------------------------


def test_it_is_registered_as_matching_with_the_change_that_it_holds(server: Server) -> None:
    server.add("one")
    with server.installation.cmdb.reading() as view:
        number = view.number
    report = copied(server)
    (copy,) = server.services.database.copies()
    assert (report.copies, report.whole) == ((copy,), True)
    assert (copy.proof, copy.status, copy.good) == (Proof.KEYS_MATCH, CopyStatus.GOOD, True)
    assert (copy.copy.number, copy.copy.credentials) == (number, 1)
    assert copy.copy.keys == ((server.active(), 1),)
    line = json.loads(server.audit()[-1])
    assert (line["action"], line["subject"]) == ("database-copied", server.vault)
    assert server.services.audit.verify().signed_lines == len(server.audit())


def test_backups_and_copies_do_not_take_each_other_for_their_own(server: Server) -> None:
    server.add("one")
    copied(server)
    backup = server.back_up().copy
    assert len(server.services.database.copies()) == 1
    (checked,) = server.services.register.check(NOBODY)
    assert (checked.address, checked.status) == (backup.address, CopyStatus.GOOD)


def test_a_row_that_the_server_key_did_not_sign_counts_for_nothing(server: Server) -> None:
    server.add("one")
    copied(server)
    (row,) = server.register_rows()
    server.forge_register([replace(row, body=row.body.replace('"number":', '"number":9'))])
    (copy,) = server.services.database.copies()
    assert (copy.signed, copy.good, copy.proof) == (False, False, Proof.RECORDED)


def test_it_goes_to_a_copy_key_that_a_backup_elsewhere_holds(server: Server) -> None:
    held = server.back_up().copy.backup.copy_kids
    server.back_up(server.local)  # with a newer key, which dies with this machine
    server.rotate()  # and one that no backup holds yet
    assert copied(server).copies[0].copy.copy_kid == held[-1]


def test_progress_counts_every_row(server: Server) -> None:
    server.add("one")
    progress = Watching()
    copied(server, progress=progress)
    assert progress.stages[:5] == [
        Stage.UNLOCKING,
        Stage.KEEPING_APART,
        Stage.COPYING_ROWS,
        Stage.COMPARING_ROWS,
        Stage.OPENING_PARTS,
    ]
    for stage in (Stage.COPYING_ROWS, Stage.COMPARING_ROWS, Stage.OPENING_PARTS):
        assert progress.totals[stage] == progress.advanced[stage]


def test_nothing_is_held_while_a_destination_is_written_to(server: Server) -> None:
    """A slow place keeps nobody from a change; what was changed meanwhile is not in the copy."""
    server.add("one")

    class Slow(Watching):
        def stage(self, stage: Stage, total: int | None = None) -> None:
            if stage in (Stage.COPYING_ROWS, Stage.READING_BACK) and stage not in self.stages:
                server.add(f"meanwhile {stage}")
            super().stage(stage, total)

    report = copied(server, progress=Slow())
    assert report.copies[0].copy.credentials == 1
    assert not report.differences
    assert server.lock_is_free()


# --- one that fails ---------------------------------------------------------------------------------


def nothing_of_it_stays(server: Server) -> None:
    assert server.services.database.copies() == ()
    assert lying_at(server, server.vault) == []
    if isinstance(server, RealServer):
        home = Path(server.installation.home.path)
        assert list(home.glob(".nskeys-*")) == []


@pytest.mark.parametrize("size", [PartSize(), SMALL], ids=["one part", "several"])
def test_it_can_be_stopped_anywhere(server: Server, size: PartSize) -> None:
    for number in range(8):
        server.add(f"ns{number}")
    watching = Watching()
    copied(server, progress=watching, size=size)
    (made,) = server.services.database.copies()
    lying = lying_at(server, server.vault)
    for at in range(1, watching.checkpoints + 1):
        try:
            copied(server, progress=Watching(stops_at=at), size=size)
        except Cancelled:
            assert server.services.database.copies() == (made,)
            assert lying_at(server, server.vault) == lying
        else:
            break  # so quick that it was done before anybody looked
    assert server.lock_is_free()


def test_a_destination_that_is_full_in_the_middle_keeps_no_part(
    memory: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        memory.add(f"ns{number}")
    publish = MemoryDestination.publish

    def full(self: MemoryDestination, name: str, data: bytes) -> str:
        if "-cmdb-3of" in name:
            raise CannotCreate(name, Problem.NO_SPACE)
        return publish(self, name, data)

    monkeypatch.setattr(MemoryDestination, "publish", full)
    with pytest.raises(CannotCreate):
        copied(memory, size=SMALL)
    nothing_of_it_stays(memory)


def test_what_is_read_back_otherwise_is_no_copy(
    memory: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = MemoryDestination.read

    def broken(self: MemoryDestination, name: str, limit: int) -> bytes:
        data = read(self, name, limit)
        return data[:-1] + b"x" if "-cmdb-2of" in name else data

    for number in range(12):
        memory.add(f"ns{number}")
    monkeypatch.setattr(MemoryDestination, "read", broken)
    with pytest.raises(BackupNotProven):
        copied(memory, size=SMALL)
    assert memory.services.database.copies() == ()
    assert [name for name in lying_at(memory, memory.vault) if "-cmdb-1of" in name] == []


@pytest.mark.parametrize("answer", ["failed payload", "", "sha256 " + "0" * 64])
def test_what_the_second_reader_does_not_open_as_it_was_is_no_copy(
    site: Site, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    server = site.server()
    server.set_up()
    server.add("one")
    monkeypatch.setattr(cross_check, "second_opinion", lambda *given: answer)
    with pytest.raises(BackupNotProven) as caught:
        copied(server)
    assert caught.value.problem is Problem.SECOND_READER
    assert (lying_at(server, server.vault), server.services.database.copies()) == ([], ())


def test_one_that_fails_keeps_no_other_from_its_copy(server: Server) -> None:
    for number in range(12):
        server.add(f"ns{number}")
    service = DatabaseCopyService(server.installation, SMALL)
    plan = service.plan((server.local, server.vault))
    with server.cut_off(server.vault):
        report = service.execute(plan, NOBODY)
    assert [copy.destination for copy in report.copies] == [server.local]
    assert not report.copies[0].good  # it lies here
    assert len(report.failures) == 1
    assert not report.whole


def test_a_place_that_cannot_be_reached_is_said_before(server: Server) -> None:
    with server.cut_off(server.vault), pytest.raises((DestinationUnreachable, CannotCreate)):
        server.services.database.plan(server.vault)


# --- rows that are not as they must be --------------------------------------------------------------


def test_a_credential_that_something_else_changed_makes_a_copy_that_covers_nothing(server: Server) -> None:
    credential = server.add("one")
    server.forge_credential(credential.credential_id, note="changed behind the back")
    report = copied(server)
    assert [difference.kid for difference in report.differences] == [server.active()]
    assert not report.whole
    (copy,) = report.copies
    assert (copy.proof, copy.copy.covers_nothing, copy.good) == (Proof.OPENED, True, False)
    assert parts_of(server, copy)[0].facts.unexplained


def test_a_database_that_went_back_makes_a_copy_that_covers_nothing(tmp_path: Path) -> None:
    """Nothing is in the way of a copy, and nothing looks better by it."""
    server = RealSite(tmp_path).server()
    server.set_up()
    server.add("one")
    file = Path(server.installation.home.path) / "cmdb.sqlite3"
    before = file.read_bytes()
    server.add("two")
    file.write_bytes(before)
    report = copied(server)
    assert [mismatch.what for mismatch in report.mismatches] == [MismatchKind.WENT_BACK]
    assert not report.whole
    assert (report.copies[0].copy.covers_nothing, report.copies[0].good) == (True, False)
    server.services.close()


def test_a_row_without_a_spelling_is_left_out_and_the_copy_covers_no_credential_of_its_key(
    tmp_path: Path,
) -> None:
    import sqlite3

    server = RealSite(tmp_path).server()
    server.set_up()
    credential = server.add("one")
    server.add("two")
    with sqlite3.connect(Path(server.installation.home.path) / "cmdb.sqlite3") as file:
        file.execute(
            "UPDATE credentials SET note = CAST(x'ff' AS TEXT) WHERE id = ?", [credential.credential_id]
        )
    file.close()
    report = copied(server)
    assert [(row.table, row.problem) for row in report.left_out.rows] == [("credentials", Problem.NOT_UTF8)]
    assert report.copies[0].copy.uncovered == (server.active(),)
    assert report.copies[0].copy.credentials == 1
    server.services.close()


def test_the_copy_key_never_lies_in_the_clear(server: Server) -> None:
    server.add("one", "a secret of ours")
    copy = copied(server).copies[0]
    with ExitStack() as stack:
        keys = stack.enter_context(server.installation.key_store.unlock(NOBODY))
        secret = keys.copy_key(copy.copy.copy_kid).secret.reveal()
        for part in parts_of(server, copy):
            assert secret not in part.cmdb
            assert b"a secret of ours" not in part.cmdb
    assert SecretBytes(secret)


def test_age_and_gunzip_alone_open_it_as_restore_txt_says(tmp_path: Path) -> None:
    """With the JWK Set of the key backup and Debian's tools, and nothing of nskeys."""
    need("age", "gunzip", "unzip")
    server = RealSite(tmp_path).server()
    server.set_up()
    server.add("one", "a secret of ours")
    backup = server.back_up().copy
    copy = copied(server).copies[0]
    jwks = json.loads(decrypt(find_source(server.installation, backup.address).inspected.kms, PASS))["keys"]
    (line,) = [jwk["age"] for jwk in jwks if jwk["kid"] == copy.copy.copy_kid]
    identity = tmp_path / "identity.txt"
    identity.write_text(line + "\n")
    part = Path(copy.destination) / copy.parts[0].name
    told = subprocess.run(["unzip", "-p", str(part), "RESTORE.txt"], capture_output=True, check=True).stdout
    assert b"age -d -i IDENTITY_FILE cmdb.age | gunzip" in told
    subprocess.run(["unzip", "-q", "-o", str(part), "cmdb.age", "-d", str(tmp_path)], check=True)
    command = f"age -d -i {identity} {tmp_path}/cmdb.age | gunzip"
    lines = subprocess.run(["sh", "-c", command], capture_output=True, check=True).stdout.splitlines()
    rows = [json.loads(row) for row in lines]
    (credential,) = [row["credentials"] for row in rows if "credentials" in row]
    assert (credential["name"], credential["kind"]) == ("one", "run-as")
    (key,) = [row["keys"] for row in rows if "keys" in row]
    assert (key["key_no"], key["kid"]) == (credential["key_no"], server.active())
    server.services.close()
