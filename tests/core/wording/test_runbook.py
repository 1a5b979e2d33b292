"""The runbook in words: in the right order, complete, without a secret, and nothing in it can bite."""

import shlex
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from nskeys.model.destinations import LocatedAt, Location, LocationReason
from nskeys.model.findings import Finding, FindingKind, Severity
from nskeys.model.halves import Lack
from nskeys.model.keys import Kid
from nskeys.model.recoverability import Totals
from nskeys.model.recovery import (
    NO_RECOVERY,
    EarlierIdentity,
    IdentityKind,
    Recovery,
    RecoveryIdentity,
)
from nskeys.model.register import BackupCopy, BackupIdentity, CopyStatus, Proof, Protection
from nskeys.model.runbook import Runbook
from nskeys.wording.page import Commands, page_html, page_lines
from nskeys.wording.runbook import NO_GOOD_COPY, NO_SOURCE, file_problem, is_html, runbook_page
from tests.core.wording.commands import is_valid
from tests.fakes.backups import a_database_copy

MOMENT = datetime(2026, 11, 22, 13, 2, tzinfo=UTC)
IDENTITY = BackupIdentity(
    kms_sha256="a" * 64,
    archive_sha256="b" * 64,
    archive_name="ns01-5ac19e2b-20261122T130200Z.zip",
    size=11_400,
    server="ns01.example.net",
    cmdb_id="5ac19e2b" * 4,
    server_key="c" * 64,
    created=MOMENT,
    generation=41,
    previous=None,
    kids=(Kid("d" * 64), Kid("e" * 64)),
    protection=Protection.PASSWORD,
    recipients=(),
    hint="the sealed envelope",
)
COPY = BackupCopy(
    backup=IDENTITY,
    destination="/mnt/vault",
    address="/mnt/vault/ns01-5ac19e2b-20261122T130200Z.zip",
    where=LocatedAt(Location.ELSEWHERE, LocationReason.NETWORK_MOUNT, "nfs4 vault02:/backups"),
    proofs=(),
    status=CopyStatus.GOOD,
    look_moment=MOMENT,
    good_moment=MOMENT,
    signed=True,
).with_proof(Proof.CREDENTIALS_OPEN, MOMENT)
RUNBOOK = Runbook(
    server="ns01.example.net",
    home="/var/lib/nskeys",
    cmdb_id="5ac19e2b" * 4,
    cmdb="SQLite",
    cmdb_address="/var/lib/nskeys/cmdb.sqlite3",
    cmdb_url="",
    protector="tpm2",
    server_key="c" * 64,
    reader_sha256="f" * 64,
    kinds=(("hierarchy", 2), ("run-as", 12)),
    totals=Totals(total=14, recoverable=14, at_risk=0, lost=0, opens_here=14),
    good=(COPY,),
    others=(),
    taken=MOMENT,
)


def text(runbook: Runbook) -> str:
    """As one line: how it is wrapped does not matter here."""
    return " ".join(" ".join(page_lines(runbook_page(runbook))).split())


def typed(runbook: Runbook) -> list[str]:
    """Every line that is to be typed."""
    parts = [part for chapter in runbook_page(runbook).chapters for part in chapter.parts]
    return [line for part in parts if isinstance(part, Commands) for line in part.lines]


def test_it_says_database_then_keys_then_proof() -> None:
    titles = [chapter.title for chapter in runbook_page(RUNBOOK).chapters]
    steps = [title for title in titles if title.startswith("Step")]
    assert steps == ["Step 1: the database", "Step 2: the keys", "Step 3: the proof"]
    lines = typed(RUNBOOK)
    order = ["install -m 0600", "sha256sum", "nskeys inspect", "nskeys restore", "nskeys verify", "age -d"]
    places = [next(n for n, line in enumerate(lines) if line.startswith(words)) for words in order]
    assert places == sorted(places)


def test_where_a_database_copy_is_at_hand_nothing_is_put_in_place_by_hand() -> None:
    said = "Leave this step out where a database copy from the list above is at hand"
    assert said in text(replace(RUNBOOK, databases=(a_database_copy(),)))
    assert said not in text(RUNBOOK)


def test_everything_that_one_needs_stands_in_it() -> None:
    said = text(RUNBOOK)
    for fact in (
        "ns01.example.net",
        RUNBOOK.cmdb_id,
        RUNBOOK.server_key,
        RUNBOOK.reader_sha256,
        COPY.address,
        IDENTITY.archive_sha256,
        IDENTITY.kms_sha256,
        "the sealed envelope",
        "nfs4 vault02:/backups",
        "dddddddd",
        "every credential of its keys opened, 2026-11-2",
        "There is no secret in it",
        "hierarchy 2, run-as 12",
    ):
        assert fact in said, fact


def test_what_is_to_be_typed_can_be_typed() -> None:
    for runbook in (RUNBOOK, replace(RUNBOOK, home="/srv/my home", cmdb_url="sqlite:////srv/x y")):
        ours = [line for line in typed(runbook) if line.startswith("nskeys")]
        assert len(ours) >= 7
        for line in ours:
            words = [word.replace(" ", "_") for word in shlex.split(line)]
            if words[1] == "--home":
                words = [words[0], *words[3:], *words[1:3]]
            for option in ("--server-name", "--protector"):  # of a home that is set up by the restore
                if option in words:
                    place = words.index(option)
                    del words[place : place + 2]
            assert is_valid(" ".join(words)), line


def test_a_home_and_a_database_of_ones_own_are_named() -> None:
    runbook = replace(RUNBOOK, home="/srv/my home", cmdb_url="sqlite:////srv/x.sqlite3")
    restore = [line for line in typed(runbook) if " restore " in line]
    told = "--server-name ns01.example.net --cmdb sqlite:////srv/x.sqlite3 --protector tpm2"
    done = f"nskeys --home '/srv/my home' restore \"$backup\" {told}"
    assert restore == [f"{done} --plan", done]


@pytest.mark.parametrize(
    ("protector", "uri", "option", "means"),
    [
        ("passphrase", "", " --protector passphrase", "put under a passphrase again"),
        ("tpm2", "", " --protector tpm2", "Where it has none: '--protector passphrase'"),
        (
            "pkcs11",
            "pkcs11:token=a%20b;serial=1",
            " --protector 'pkcs11:token=a%20b;serial=1'",
            "the same security token again",
        ),
        ("file", "", "", "Else they lie in a plain file, as they did here"),
    ],
)
def test_the_keys_are_bound_as_they_were(protector: str, uri: str, option: str, means: str) -> None:
    runbook = replace(RUNBOOK, protector=protector, protector_uri=uri)
    plan, restore = [line for line in typed(runbook) if " restore " in line]
    assert restore.endswith(f"--server-name ns01.example.net{option}")
    assert plan == f"{restore} --plan"
    assert means in text(runbook)


def test_it_says_where_nskeys_comes_from_or_that_nobody_said_so() -> None:
    assert f"! {NO_SOURCE}" in text(RUNBOOK)
    said = text(replace(RUNBOOK, source="https://git.example.net/nskeys"))
    assert "4. A machine with nskeys from https://git.example.net/nskeys, or with unzip and age" in said
    assert NO_SOURCE not in said


def test_the_hint_is_spoken_of_only_where_there_is_one() -> None:
    assert "the hint says where to look" in text(RUNBOOK)
    without = replace(COPY, backup=IDENTITY._replace(hint=""))
    assert "the hint says" not in text(replace(RUNBOOK, good=(without,)))


def test_without_nskeys_the_reader_shows_the_credentials_themselves() -> None:
    assert not [line for line in typed(RUNBOOK) if " --rows " in line]
    runbook = replace(RUNBOOK, databases=(a_database_copy(),))
    [rows] = [line for line in typed(runbook) if " --rows " in line]
    parts = [part.name for part in a_database_copy().parts]
    assert rows == f"python3 -I open_kms.py keys.kms --rows {' '.join(parts)}"


def test_numbers_and_places_are_named_not_pointed_at() -> None:
    said = text(RUNBOOK)
    assert "This has to be the SHA-256 of that backup above" in said
    assert "a DESTINATION that outlives this machine" in said


def test_where_backups_go_is_said_again_as_the_register_knows_it() -> None:
    declared = LocatedAt(Location.ELSEWHERE, LocationReason.DECLARED, "tape to the safe")
    other = replace(COPY, destination="/srv/my backups", where=declared)
    adds = [line for line in typed(replace(RUNBOOK, good=(COPY, COPY, other))) if " add " in line]
    assert adds == [
        "nskeys destination add /mnt/vault",
        "nskeys destination add '/srv/my backups' --elsewhere 'tape to the safe'",
    ]


def test_a_postgresql_database_is_brought_back_on_its_server() -> None:
    url = "postgresql://nskeys@db01/nskeys"
    said = text(replace(RUNBOOK, cmdb="PostgreSQL", cmdb_address=url, cmdb_url=url))
    assert url in said
    assert "passfile" in said
    assert "install -m" not in said


def test_of_many_copies_the_newest_are_told_in_full_and_every_address_stands_there() -> None:
    copies = tuple(
        replace(COPY, address=f"/mnt/vault/{number}.zip", backup=IDENTITY._replace(generation=number))
        for number in range(60, 40, -1)
    )
    said = text(replace(RUNBOOK, good=copies))
    assert all(copy.address in said for copy in copies)
    assert said.count("Opens with") == 3
    assert (
        said.index("/mnt/vault/60.zip") < said.index("/mnt/vault/59.zip") < said.index("/mnt/vault/41.zip")
    )
    assert typed(replace(RUNBOOK, good=copies))[2] == "backup=/mnt/vault/60.zip"


def test_one_archive_has_one_code_wherever_it_lies() -> None:
    twice = replace(RUNBOOK, good=(COPY, replace(COPY, address="/mnt/other/a.zip")))
    assert page_html(runbook_page(twice)).count("<figure>") == 1
    assert page_html(runbook_page(RUNBOOK)).count("<figure>") == 1


def test_without_a_copy_that_counts_it_says_that_it_leads_nowhere() -> None:
    said = text(replace(RUNBOOK, good=()))
    assert f"! {NO_GOOD_COPY}" in said
    assert "backup=FILE" in said
    here = replace(COPY, where=LocatedAt(Location.HERE, LocationReason.LOCAL_DISK))
    said = text(replace(RUNBOOK, good=(), others=(here,)))
    assert "(lies on this machine)" in said
    assert f"backup={COPY.address}" in said


def test_credentials_that_would_not_come_back_are_counted() -> None:
    lost = Finding(FindingKind.LOST, Severity.CRITICAL)
    at_risk = Finding(FindingKind.AT_RISK, Severity.WARNING, count=2, reason=Lack.CHANGED)
    said = text(replace(RUNBOOK, totals=Totals(14, 11, 2, 1, 13), findings=(lost, at_risk)))
    assert "! If this server died now, 11 of 14 credentials would come back." in said
    assert "2 at risk: changed since the last database copy" in said
    assert "1 lost" in said


SSH = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO operator@example.net"
PERSON = RecoveryIdentity(IdentityKind.PERSON, 2, "age1person", MOMENT, "1" * 64)
CUSTODIANS = RecoveryIdentity(
    IdentityKind.CUSTODIANS, 1, "age1custodians", MOMENT, "2" * 64, 5, 3, "academic acid"
)


def for_recipients(*recipients: str, recovery: Recovery = NO_RECOVERY) -> Runbook:
    backup = IDENTITY._replace(protection=Protection.RECIPIENTS, recipients=recipients, hint="")
    return replace(RUNBOOK, good=(replace(COPY, backup=backup),), recovery=recovery)


def test_a_backup_for_recipients_is_opened_by_their_identity() -> None:
    runbook = for_recipients("age1abc", SSH)
    said, lines = text(runbook), typed(runbook)
    assert "the age identity of age1abc" in said
    assert f"the ssh key {SSH}" in said
    assert "3. One of these, which nskeys keeps nowhere: the age identity of age1abc; the ssh key" in said
    assert "The password of that backup" not in said
    assert "none was given" not in said
    assert any(line.startswith("nskeys restore") and "--identity IDENTITY_FILE" in line for line in lines)
    assert "age -d -i IDENTITY_FILE keys.kms" in lines
    assert "python3 -I open_kms.py keys.kms IDENTITY_FILE" in lines
    assert "no ssh keys" in said


def test_whoever_holds_the_recovery_password_opens_it() -> None:
    runbook = for_recipients("age1person", recovery=Recovery((PERSON,)))
    said, lines = text(runbook), typed(runbook)
    assert "3. This, which nskeys keeps nowhere: the password of recovery identity 2." in said
    assert 'unzip -o "$backup" keys.kms identity.age' in lines
    assert "age -d -i identity.age keys.kms" in lines
    assert "python3 -I open_kms.py keys.kms identity.age" in lines
    assert not [line for line in lines if "IDENTITY_FILE" in line or "--shares" in line]
    assert (
        "Both ask for the password of the recovery identity; the second shows the server key once more"
        in said
    )
    assert "age1person" not in said, "nobody has to type it"


def test_custodians_are_told_how_many_of_them_it_takes() -> None:
    runbook = for_recipients("age1custodians", "age1person", SSH, recovery=Recovery((PERSON, CUSTODIANS)))
    said, lines = text(runbook), typed(runbook)
    assert 'any 3 of the 5 shares of custodians\' identity 1 (each begins with "academic acid")' in said
    assert "the password of recovery identity 2" in said
    assert f"the ssh key {SSH}" in said
    assert "with '--shares' for the custodians' shares" in said
    alone = typed(for_recipients("age1custodians", recovery=Recovery((PERSON, CUSTODIANS))))
    assert any(line.startswith("nskeys restore") and " --shares " in line for line in alone)
    assert lines.index("slip39/bin/shamir recover") < lines.index(
        "age -d -i identity-custodians.age keys.kms"
    )
    assert "age -d -i identity.age keys.kms" in lines
    assert "age -d -i IDENTITY_FILE keys.kms" in lines


def test_a_backup_to_an_identity_that_was_replaced_says_so() -> None:
    before = EarlierIdentity(IdentityKind.PERSON, 1, "age1before")
    said = text(for_recipients("age1before", recovery=Recovery((PERSON,), (before,))))
    assert "the password of recovery identity 1, as it was before it was replaced" in said


def test_what_lies_on_a_server_is_fetched_first() -> None:
    address = "sftp://backup@vault02:2222/srv/it's here/ns01-5ac19e2b-20261122T130200Z.zip"
    runbook = replace(
        RUNBOOK,
        good=(replace(COPY, address=address, destination="sftp://backup@vault02:2222/srv/it's here"),),
    )
    lines = typed(runbook)
    fetch = next(line for line in lines if line.startswith("sftp "))
    assert shlex.split(fetch) == [
        "sftp", "-P", "2222", r"backup@vault02:/srv/it\'s\ here/ns01-5ac19e2b-20261122T130200Z.zip", ".",
    ]  # fmt: skip
    assert lines[lines.index(fetch) + 1] == "backup=./ns01-5ac19e2b-20261122T130200Z.zip"
    assert any(line.startswith("nskeys destination trust ") for line in lines)
    assert address in text(runbook)


def test_a_backup_of_another_server_says_so() -> None:
    theirs = replace(COPY, backup=IDENTITY._replace(server_key="9" * 64))
    said = text(replace(RUNBOOK, good=(theirs,)))
    assert "it was not made by this server" in said
    assert "9" * 64 in said
    assert "it was not made by this server" not in text(RUNBOOK)


def test_an_earlier_server_key_is_on_paper_too() -> None:
    older = replace(COPY, backup=IDENTITY._replace(server_key="9" * 64))
    said = text(replace(RUNBOOK, good=(older,), earlier=("9" * 64,)))
    assert said.count("9" * 64) == 2
    assert "it was not made by this server" not in said


def test_hostile_names_neither_steer_a_terminal_nor_a_browser_nor_a_shell() -> None:
    evil = "\x1b]0;x\x07\u202e<script>'; rm -rf / #"
    backup = IDENTITY._replace(hint=evil, archive_name=evil, server=evil)
    copy = replace(COPY, backup=backup, address=f"/mnt/{evil}", destination=f"/mnt/{evil}")
    runbook = replace(RUNBOOK, server=evil, home=f"/{evil}", cmdb_address=f"/{evil}/c", good=(copy, copy))
    assert all(line.isprintable() for line in page_lines(runbook_page(runbook)))
    assert "<script>" not in page_html(runbook_page(runbook))
    for line in typed(runbook):
        assert not {"rm", ";"} & set(shlex.split(line, comments=True)), line


def test_the_name_of_a_file_says_what_it_will_hold() -> None:
    assert is_html("runbook.HTML")
    assert is_html("a.htm")
    assert not is_html("runbook.txt")
    assert file_problem(" ")
    assert not file_problem("x")
