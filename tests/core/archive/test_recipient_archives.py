"""Archives to recipients: written, looked at without a secret, opened, forged."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nskeys.archive.age.identity_files import read_identities, write_identity
from nskeys.archive.age.recipients import encrypt_to, parse_recipient
from nskeys.archive.age.x25519 import X25519Identity
from nskeys.archive.canonical_zip import build
from nskeys.archive.cross_check import OpenedWith, confirm
from nskeys.archive.inspection import inspect
from nskeys.archive.manifest import manifest_bytes, signed_manifest
from nskeys.archive.opening import open_backup, open_backup_by, open_identity
from nskeys.archive.reader import READER_SHA256
from nskeys.archive.restore_text import restore_text
from nskeys.archive.writing import write_to
from nskeys.errors import (
    BackupDamaged,
    BackupForged,
    IdentityNotRecipient,
    RecipientRefused,
    SecretUnavailable,
    WrongPassword,
)
from nskeys.model.backup import BackupFacts, Inspected
from nskeys.model.recovery import RecoveryIdentity
from nskeys.model.register import Protection
from tests.core.archive.samples import (
    BACKED_UP,
    CUSTODIANS,
    KEYS,
    LOG_N,
    PASSWORD,
    SEED,
    ToRecipients,
    fact,
    members_of,
    password,
    to_recipients,
)
from tests.end_to_end.pty_session import PtySession
from tests.fakes.programs import need

SAMPLE = to_recipients(custodians=True)
WRITTEN = SAMPLE.written
MEMBERS = members_of(WRITTEN.data)
SYSTEM_PYTHON = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable
WAYS = [("identity.age", PASSWORD), ("identity-custodians.age", CUSTODIANS)]
needs_age = pytest.mark.skipif(shutil.which("age") is None, reason="age is not installed")


def _inspected(data: bytes = WRITTEN.data) -> Inspected:
    return inspect("/mnt/a.zip", data)


# --- what is written ---------------------------------------------------------------------------------


def test_its_members_are_in_their_order() -> None:
    assert list(MEMBERS) == [
        "RESTORE.txt",
        "open_kms.py",
        "manifest.json",
        "identity.age",
        "identity-custodians.age",
        "keys.kms",
    ]


def test_it_is_looked_at_without_a_secret() -> None:
    inspected = _inspected()
    assert inspected.protection is Protection.RECIPIENTS
    assert inspected.manifest is not None
    assert inspected.manifest.facts == WRITTEN.facts
    assert dict(inspected.identities).keys() == {"identity.age", "identity-custodians.age"}
    assert [one.number for one in WRITTEN.facts.identities] == [2, 1]
    assert [one.number for one in WRITTEN.facts.earlier] == [1]


def test_the_writer_opens_it_once_and_the_second_reader_too() -> None:
    contents = open_backup_by(_inspected(), [SAMPLE.once])
    assert [key.material.reveal() for key in contents.keys] == [key.material.reveal() for key in KEYS]
    with SAMPLE.once.spelled() as line:
        confirm(WRITTEN.kms, line, WRITTEN.payload_sha256, OpenedWith.IDENTITY)


@pytest.mark.parametrize(("number", "secret"), [(0, PASSWORD), (1, CUSTODIANS)])
def test_the_password_of_each_identity_opens_it(number: int, secret: str) -> None:
    inspected = _inspected()
    with_password = open_identity(inspected, WRITTEN.facts.identities[number], password(secret))
    assert open_backup_by(inspected, [with_password]).facts == WRITTEN.facts
    with pytest.raises(WrongPassword) as raised:
        open_identity(inspected, WRITTEN.facts.identities[number], password("wrong"))
    assert raised.value.what == "identity"


def test_somebody_else_s_identity_does_not_open_it() -> None:
    with pytest.raises(IdentityNotRecipient):
        open_backup_by(_inspected(), [X25519Identity.new()])
    with pytest.raises(SecretUnavailable) as raised:
        open_backup(_inspected(), password())
    assert raised.value.wanted == "identity"


def test_ssh_keys_may_stand_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "key"
    need("ssh-keygen")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    line = parse_recipient(path.with_suffix(".pub").read_text("utf-8")).text
    written = to_recipients(line).written
    inspected = _inspected(written.data)
    assert written.facts.recipients[-1] == line
    assert open_backup_by(inspected, read_identities(path.read_bytes(), "key")).facts == written.facts


def test_what_cannot_be_addressed_is_not_written() -> None:
    once = parse_recipient(X25519Identity.new().recipient)
    addressed = replace(WRITTEN.facts, identities=(), members=())
    with pytest.raises(RecipientRefused):
        write_to(replace(addressed, recipients=("age1nobody",)), KEYS, SEED, {}, once)
    twice = (WRITTEN.facts.recipients[0],) * 2
    for wrong in (
        replace(addressed, recipients=twice),
        replace(addressed, protection=Protection.PASSWORD),
        replace(WRITTEN.facts, members=()),
    ):
        with pytest.raises(ValueError, match=r"backup|facts"):
            write_to(wrong, KEYS, SEED, {}, once)


# --- with nothing but unzip, age and open_kms.py -----------------------------------------------------


@needs_age
@pytest.mark.parametrize(("member", "secret"), WAYS)
def test_the_lines_of_the_instructions_work(tmp_path: Path, member: str, secret: str) -> None:
    (tmp_path / "ARCHIVE.zip").write_bytes(WRITTEN.data)
    lines = [line.strip() for line in MEMBERS["RESTORE.txt"].decode("ascii").split("\n")]
    unzip, age = f"unzip -o ARCHIVE.zip keys.kms {member}", f"age -d -i {member} keys.kms"
    assert unzip in lines
    assert age in lines
    script = f"{unzip} >/dev/null && {age}"
    with PtySession(["sh", "-c", script], directory=str(tmp_path)) as session:
        session.wait_for(lambda now: b"assphrase" in now.raw)
        session.write(secret + "\n")
        assert session.wait_end() == 0
        assert b'"kty":"oct"' in session.raw


@pytest.mark.parametrize(("member", "secret"), WAYS)
def test_the_reader_in_the_archive_opens_it(tmp_path: Path, member: str, secret: str) -> None:
    for name, data in MEMBERS.items():
        (tmp_path / name).write_bytes(data)
    ran = _read(tmp_path, secret, member)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert b'"kty":"oct"' in ran.stdout
    wrong = _read(tmp_path, "wrong", member)
    assert (wrong.returncode, wrong.stdout) == (1, b"")
    assert wrong.stderr == b"The password does not open it. Try again.\n"


def _read(folder: Path, secret: str, *more: str) -> subprocess.CompletedProcess[bytes]:
    command = [SYSTEM_PYTHON, "-I", "open_kms.py", "keys.kms", *more]
    return subprocess.run(
        command, cwd=folder, input=secret.encode() + b"\n", capture_output=True, check=False
    )


def test_the_reader_takes_an_identity_in_the_clear_and_says_whose_it_is_not(tmp_path: Path) -> None:
    for name, data in MEMBERS.items():
        (tmp_path / name).write_bytes(data)
    for name, identity in (("ours", SAMPLE.person), ("theirs", X25519Identity.new())):
        with identity.spelled() as line:
            (tmp_path / name).write_bytes(b"# an identity\n" + line.reveal() + b"\n")
    assert _read(tmp_path, "", "ours").returncode == 0
    theirs = _read(tmp_path, "", "theirs")
    assert (theirs.returncode, theirs.stderr) == (1, b"That identity is none of its recipients.\n")
    none = _read(tmp_path, "", "RESTORE.txt")
    assert (none.returncode, none.stderr) == (1, b"There is no identity of age in that file.\n")
    alone = _read(tmp_path, "")
    assert alone.returncode == 1
    assert b"name an identity too" in alone.stderr
    kms = MEMBERS["keys.kms"]
    (tmp_path / "keys.kms").write_bytes(kms[:-1] + bytes([kms[-1] ^ 1]))
    damaged = _read(tmp_path, "", "ours")
    assert damaged.returncode == 1
    assert b"damaged" in damaged.stderr


def test_the_instructions_say_who_opens_it_and_fit_a_terminal() -> None:
    both = MEMBERS["RESTORE.txt"].decode("ascii")
    for told in (
        "Opened by     the password of recovery identity 2",
        "or by         3 of the 5 shares of custodians' identity 1",
        "shamir recover",
        READER_SHA256,
        *WRITTEN.facts.recipients,
    ):
        assert told in both
    other = replace(WRITTEN.facts, identities=(), recipients=WRITTEN.facts.recipients[:1])
    for text in (both, restore_text(other).decode("ascii"), restore_text(_with_ssh()).decode("ascii")):
        assert max(map(len, text.split("\n"))) <= 78
        assert "\n\n\n\n" not in text
        assert not any(line != line.rstrip() for line in text.split("\n"))


def _with_ssh() -> BackupFacts:
    return replace(WRITTEN.facts, recipients=(*WRITTEN.facts.recipients, "ssh-rsa " + "A" * 372))


# --- forged ------------------------------------------------------------------------------------------


def _retold(change: Callable[[BackupFacts], BackupFacts], **members: bytes) -> bytes:
    """The archive as a careful forger makes it: everything outside of the `.kms` follows the new facts."""
    changed = MEMBERS | {name.replace("_", "-") + ".age": data for name, data in members.items()}
    told = change(WRITTEN.facts)
    text = restore_text(told)
    changed["RESTORE.txt"] = text
    names = ["RESTORE.txt", "open_kms.py", *(one.member for one in told.identities)]
    told = replace(told, members=tuple((name, fact(changed[name])) for name in names))
    told = replace(
        told,
        identities=tuple(replace(one, sha256=fact(changed[one.member]).sha256) for one in told.identities),
    )
    manifest = signed_manifest(told, fact(WRITTEN.kms), SEED)
    changed["manifest.json"] = manifest_bytes(manifest)
    order = ["RESTORE.txt", "open_kms.py", "manifest.json", *names[2:], "keys.kms"]
    return build(tuple((name, changed[name]) for name in order))


def _forged(data: bytes, part: str) -> None:
    with pytest.raises(BackupForged) as raised:
        inspect("/mnt/a.zip", data)
    assert raised.value.part == part


def _more(facts: BackupFacts) -> BackupFacts:
    return replace(facts, recipients=(*facts.recipients, X25519Identity.new().recipient))


def _fewer(facts: BackupFacts) -> BackupFacts:
    return replace(facts, recipients=facts.recipients[:1], identities=facts.identities[:1])


def _misspelt(facts: BackupFacts) -> BackupFacts:
    return replace(facts, recipients=(*facts.recipients[:2], "age1moon"))


@pytest.mark.parametrize("change", [_more, _fewer, _misspelt])
def test_another_list_than_the_header_s_is_forged(change: Callable[[BackupFacts], BackupFacts]) -> None:
    _forged(_retold(change), "manifest.json")


def test_an_identity_file_of_any_other_kind_is_forged_before_a_password_is_asked() -> None:
    for data in (b"", b"x", encrypt_to([parse_recipient(SAMPLE.once.recipient)], b"x"), bytes(70_000)):
        _forged(_retold(lambda facts: facts, identity=data), "identity.age")


def test_an_identity_that_was_exchanged_is_not_the_one_that_the_facts_name() -> None:
    """Who exchanges the file may learn a password by it, but is found out before anything is restored."""
    theirs = write_identity(X25519Identity.new(), BACKED_UP, password("theirs"), LOG_N)
    inspected = _inspected(_retold(lambda facts: facts, identity=theirs))
    assert inspected.manifest is not None
    identity = inspected.manifest.facts.identities[0]
    with pytest.raises(BackupForged) as raised:
        open_identity(inspected, identity, password("theirs"))
    assert raised.value.part == "identity.age"


def test_facts_that_only_the_outside_tells_are_forged_when_it_is_opened() -> None:
    def renumbered(facts: BackupFacts) -> BackupFacts:
        one: RecoveryIdentity = replace(facts.identities[0], number=7)
        return replace(facts, identities=(one, facts.identities[1]))

    with pytest.raises(BackupForged):
        open_backup_by(_inspected(_retold(renumbered)), [SAMPLE.once])


def test_a_member_that_the_facts_do_not_name_is_forged() -> None:
    members = {name: data for name, data in MEMBERS.items() if name != "identity-custodians.age"}
    _forged(build(tuple(members.items())), "manifest.json")


def test_members_in_another_order_are_damage() -> None:
    order = ["RESTORE.txt", "open_kms.py", "manifest.json", "identity-custodians.age", "identity.age"]
    with pytest.raises(BackupDamaged):
        inspect("", build(tuple((name, MEMBERS[name]) for name in (*order, "keys.kms"))))


def test_a_sample_is_what_it_says() -> None:
    assert isinstance(SAMPLE, ToRecipients)
    assert SAMPLE.person.recipient == WRITTEN.facts.recipients[0]
