"""What was done, in sentences that claim no more than was done."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from nskeys.errors import BadRow, CmdbBusy
from nskeys.model.audit import AuditHead
from nskeys.model.backup import BackupFacts, Inspected, KeyFact
from nskeys.model.credentials import Credential, CredentialFields, CredentialKind
from nskeys.model.destinations import LocatedAt, Location, LocationReason
from nskeys.model.imports import DroppedField, ImportedCredential, ImportFormat, ImportPlan, ImportReport
from nskeys.model.keys import KeyFate, KeyInfo, KeyState, Kid
from nskeys.model.plans import (
    BackupReport,
    CredentialProof,
    DrillReport,
    PlannedKey,
    ProofReport,
    RestorePlan,
    RestoreReport,
    RotationReport,
    SetUpReport,
)
from nskeys.model.recoverability import DueReason, Totals
from nskeys.model.recovery import IdentityKind, Recovery, RecoveryIdentity
from nskeys.model.register import BackupCopy, BackupIdentity, CopyStatus, Proof, Protection, Signer
from nskeys.reasons import FailureReason, FieldProblem, ForeignReason
from nskeys.services.status.audit import AuditVerdict
from nskeys.wording import imports, proofs, reports
from nskeys.wording.next_steps import Voice
from tests.core.wording.commands import commands, is_valid

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KID, OTHER = Kid("7f3a91c2" * 8), Kid("1b44e0aa" * 8)
HERE = LocatedAt(Location.HERE, LocationReason.LOCAL_DISK)
AWAY = LocatedAt(Location.ELSEWHERE, LocationReason.DECLARED, "tape to the safe")
INFO = KeyInfo(KID, NOON, KeyState.ACTIVE, NOON)
FACTS = BackupFacts(
    server="ns01", cmdb_id="ab" * 16, server_key="cd" * 32, server_public=b"p" * 32, created=NOON,
    generation=41, previous=None, keys=(KeyFact(INFO, 14),), kinds=(("hierarchy", 14),),
    audit=AuditHead(3, b"\0" * 32), protection=Protection.PASSWORD,
)  # fmt: skip
CREDENTIAL = Credential(
    "0f" * 16, CredentialFields(CredentialKind.RUN_AS, "deploy\x1b", "x", "svc"), KID, NOON, NOON, 7
)


def copy(where: LocatedAt = AWAY, address: str = "/mnt/vault/b.zip") -> BackupCopy:
    """Backup 41, opened."""
    identity = BackupIdentity(
        kms_sha256="ef" * 32, archive_sha256="01" * 32, archive_name="b.zip", size=12_000, server="ns01",
        cmdb_id="ab" * 16, server_key="cd" * 32, created=NOON, generation=41, previous=None, kids=(KID,),
        protection=Protection.PASSWORD, recipients=(), hint="",
    )  # fmt: skip
    fresh = BackupCopy(identity, "/mnt/vault", address, where, (), CopyStatus.GOOD, NOON, NOON, signed=True)
    return fresh.with_proof(Proof.OPENED, NOON)


def proof(opened: int, *reasons: FailureReason) -> ProofReport:
    """So many opened, and one failed for each reason."""
    return ProofReport(opened, tuple(CredentialProof(CREDENTIAL, reason) for reason in reasons))


CUSTODIANS = RecoveryIdentity(IdentityKind.CUSTODIANS, 1, "age1q", NOON, "ab" * 32, 5, 3)


def plan(**changes: object) -> RestorePlan:
    """A restore of one key into a home that lacks it."""
    inspected = Inspected("/mnt/vault/b.zip", b"", "ef" * 32, "01" * 32, 12_000, None, Protection.PASSWORD)
    fresh = RestorePlan(
        inspected=inspected, facts=FACTS, foreign=(),
        keys=(PlannedKey(INFO, KeyFate.NEW, KeyState.ACTIVE, 14),),
        opens_before=0, opens_after=14, total=14, newer_known=None, sets_up=False, fingerprint="",
    )  # fmt: skip
    return replace(fresh, **changes)  # type: ignore[arg-type]  # fields of the test's choice


def whole(lines: Iterable[str]) -> str:
    """The lines as one text, after looking at each: safe, and every command can be typed."""
    told = list(lines)
    for line in told:
        assert line
        assert line.isprintable(), line
        assert all(map(is_valid, commands(line))), line
    return "\n".join(told)


def test_a_set_up_says_what_protects_the_keys_and_that_no_backup_is_there() -> None:
    report = SetUpReport("ns01\x1b", "/x", "ab" * 16, "/home", "file", KID)
    said = whole(reports.set_up_lines(report, 0))
    assert "Notification Server ns01\\x1b is set up." in said
    assert "Keys in a plain file: whoever copies this disk has the keys." in said
    assert "No backup was made yet; 'nskeys backup' makes one." in said
    assert "12 credentials stay without keys" in whole(reports.set_up_lines(report, 12))


def test_a_backup_here_is_complete_and_does_not_help() -> None:
    here = whole(reports.backup_lines(BackupReport((copy(HERE),), 14)))
    assert here.startswith("Backup of Notification Server cryptographic keys is complete.\n")
    assert "if its disk fails, both are lost" in here
    assert whole(reports.backup_lines(BackupReport((copy(),), 14))) == reports.BACKUP_COMPLETE
    assert "No backup is needed: backup 41 of" in whole(reports.not_needed_lines((copy(),)))
    assert "both are lost" in whole(reports.not_needed_lines((copy(HERE),)))


@pytest.mark.parametrize("reason", list(DueReason))
def test_a_backup_that_is_due_says_why_and_how(reason: DueReason) -> None:
    said = whole(reports.due_lines([reason]))
    assert said.endswith("A backup is due; 'nskeys backup' makes one.")
    assert len(said.splitlines()) == 2
    assert reports.due_lines([]) == ()


def test_a_rotation_says_what_comes_next() -> None:
    waits = whole(reports.rotation_lines(RotationReport(KID, KeyState.PRE_ACTIVE, 0, (), (), waits=True)))
    assert "Key 7f3a91c2 is made and waits" in waits
    assert "A backup is due: 'nskeys backup --to DESTINATION', then 'nskeys key rotate' again." in waits
    left = (CredentialProof(CREDENTIAL, FailureReason.TAMPERED),)
    done = whole(reports.rotation_lines(RotationReport(KID, KeyState.ACTIVE, 13, left, ())))
    assert "Key 7f3a91c2 is active, and 13 credentials were re-sealed under it." in done
    assert "1 credential could not be re-sealed: run-as/deploy\\x1b (its row was changed" in done
    assert "due" not in done
    many = whole(reports.rotation_lines(RotationReport(KID, KeyState.ACTIVE, 1, left * 9, ())))
    assert "9 credentials could not be re-sealed" in many
    assert "4 more" in many


def test_a_rotation_that_was_held_back_says_what_it_would_put_at_risk() -> None:
    held = RotationReport(KID, KeyState.ACTIVE, 0, (), tuple(DueReason), waits=True, exposes=1)
    first, risk, way = reports.rotation_lines(held)
    assert first == "Key 7f3a91c2 is active, and the rest waits: no proven backup elsewhere holds it yet."
    assert risk == "Now 1 credential would come back. Re-sealed before that, it would not."
    assert way.startswith("A backup is due: 'nskeys backup --to DESTINATION'")


def test_one_reason_that_implies_others_is_said_alone() -> None:
    said = reports.due_words([DueReason.NEVER, DueReason.KEY_MISSING, DueReason.NO_GOOD_COPY])
    assert said == ("No backup was made yet.", "The last backup lacks a key of this server.")


@pytest.mark.parametrize(
    ("totals", "said"),
    [
        ((0, 0), "There are no credentials yet, so none could be lost."),
        ((1, 1), "If this server died now, 1 of 1 credential would come back."),
        ((14, 12), "If this server died now, 12 of 14 credentials would come back."),
        ((100_000, 0), "If this server died now, 0 of 100,000 credentials would come back."),
    ],
)
def test_the_headline_is_the_answer(totals: tuple[int, int], said: str) -> None:
    total, recoverable = totals
    assert whole([reports.summary_line(Totals(total, recoverable, total - recoverable, 0, total))]) == said


def test_remarks_name_keys_and_rows() -> None:
    whole([reports.put_back_line([KID]), reports.put_back_line([KID, OTHER]), reports.ROTATION_DUE])
    assert "(7f3a91c2 and 1b44e0aa)" in whole([reports.arrived_line([KID, OTHER])])
    assert "1 row of the register" in whole([reports.unreadable_line(1)])
    assert "/mnt/x\\x1b.zip" in whole([reports.remembered_line(copy(address="/mnt/x\x1b.zip"))])
    assert (reports.in_backups(0), reports.in_backups(3)) == ("in no backup", "in 3 backups")
    assert "in the future" in whole([reports.registry_future(NOON)])


def test_destinations_and_copies_are_named() -> None:
    added = whole(reports.destination_lines("/mnt/\x1b", HERE))
    assert "/mnt/\\x1b is a destination now: here" in added
    assert "both are lost" in added
    whole([reports.destination_removed("/x"), reports.destination_works("/x")])
    whole([reports.copy_added(copy()), reports.copy_retired(copy())])
    assert whole([reports.copies_seen([copy()])]) == "1 copy looked at, none is missing or changed."
    missing = replace(copy(), status=CopyStatus.MISSING)
    assert "b.zip is missing." in whole([reports.copies_seen([copy(), missing])])


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (AuditVerdict(0, None, None), "No valid signature covers the audit trail (0 lines)."),
        (AuditVerdict(3, None, None), "No valid signature covers the audit trail (3 lines)."),
        (AuditVerdict(3, 2, 3), "The audit trail is not what was written: look at line 2."),
        (
            AuditVerdict(3, None, 3),
            (
                "The audit trail is whole up to line 3, which the server key signed last. "
                "There is no backup yet that it could be compared with."
            ),
        ),
        (
            AuditVerdict(9, None, 8, (), ("/a.zip",), 6),
            ("Line 9 was added by something other than nskeys: the server key did not sign that."),
        ),
        (
            AuditVerdict(3, None, 3, (), ("/a.zip",), 2, ("/b.zip",)),
            (
                "The audit trail is whole up to line 3, which the server key signed last. "
                "Compared up to line 2 with 1 backup copy: /a.zip. "
                "1 backup copy could not be asked: /b.zip."
            ),
        ),
        (
            AuditVerdict(3, None, 3, (), (), 0, ("/b.zip",)),
            (
                "The server key signed the audit trail up to line 3, and nothing was changed since. "
                "Whether it is an older trail that was put back cannot be told. "
                "1 backup copy could not be asked: /b.zip."
            ),
        ),
        (
            AuditVerdict(3, None, 3, (), (), 0, (), lags=2),
            (
                "The server key signed the audit trail up to line 3. The database is that of a standby "
                "without the last 2 changes: whether it is an older trail that was put back cannot be told."
            ),
        ),
    ],
)
def test_a_check_of_the_audit_trail(found: AuditVerdict, said: str) -> None:
    assert whole(reports.audit_lines(found)).replace("\n", " ") == said


def test_a_cut_audit_trail_names_the_backup_that_knows_better() -> None:
    cut = AuditVerdict(3, None, 3, ("/mnt/vault/b.zip",), (), 0, ("/c.zip",))
    said = whole(reports.audit_lines(cut))
    assert "does not hold what /mnt/vault/b.zip says" in said
    assert "could not be asked: /c.zip" in said


def test_each_credential_that_was_tried_is_a_line() -> None:
    row = ("0f" * 16, "run-as", "deploy\x1b", "x", "svc", "", 7, 0, 0, b"")
    assert whole([proofs.proof_line(row, None)]) == "opened   run-as/deploy\\x1b"
    failed = whole([proofs.proof_line(row, FailureReason.KEY_MISSING)])
    assert failed == "failed   run-as/deploy\\x1b: its key is missing"


def test_a_proof_says_how_many_opened() -> None:
    assert proofs.proof_sentence(proof(0)) == "There are no credentials, so none could be opened."
    assert proofs.proof_sentence(proof(14)) == "Every credential opened (14)."
    missing = proof(12, FailureReason.KEY_MISSING, FailureReason.TAMPERED)
    assert proofs.proof_sentence(missing) == "12 of 14 credentials opened, 2 did not."
    assert len(whole(proofs.failure_lines(missing)).splitlines()) == 2
    assert proofs.failure_lines(proof(14)) == ()


def test_a_restore_is_planned_in_words() -> None:
    said = whole(proofs.plan_lines(plan()))
    assert said == "14 of 14 credentials will open; now 0 do."
    more = whole(
        proofs.plan_lines(
            plan(
                sets_up=True,
                foreign=(ForeignReason.NOT_VOUCHED, ForeignReason.OTHER_CMDB),
                newer_known=copy(),
                recovery=Recovery((CUSTODIANS,)),
            )
        )
    )
    assert "This home is set up" in more
    assert f"It is signed by server key {'cd' * 32}. Anybody can make a server key: compare" in more
    assert "Backups go to custodians' identity 1 (3 of 5 shares) from then on." in more
    assert (
        "You are asked before it is restored; a script gives '--server-key THUMBPRINT': nothing on this "
        "machine tells whose server key signed it and it belongs to another CMDB."
    ) in more
    assert "The register knows a newer one: backup 41 of" in more
    missing_at = whole(proofs.plan_lines(plan(elsewhere=True, foreign=("lacks_keys",), stranded=(OTHER,))))
    assert "keys of this server are not in it, and stay unreadable here." in missing_at
    assert f"Not in this backup: key {OTHER[:8]}." in missing_at


def test_a_restore_says_what_it_added() -> None:
    def said(added: int, present: int, *, advised: bool = False) -> str:
        report = RestoreReport((KID,) * added, (OTHER,) * present, proof(14), advised)
        return whole(proofs.restore_lines(report)).splitlines()[0]

    assert said(1, 0) == "1 key was added."
    assert said(2, 1) == "2 keys were added, 1 key was here already."
    assert said(0, 2) == "Every key was here already, so none was added."
    going = RestoreReport((KID,), (), proof(14), rotation_advised=True, goes_to="/media/stick")
    assert "the next backup goes to /media/stick." in whole(proofs.restore_lines(going))
    moved = RestoreReport((KID,), (), proof(14), rotation_advised=True)
    assert "other hardware" in whole(proofs.restore_lines(moved))
    assert "at risk until the next one; 'nskeys backup' makes one." in whole(proofs.restore_lines(moved))
    assert "at risk until the next one; b makes one." in whole(proofs.restore_lines(moved, Voice.KEY))
    left = whole(proofs.restore_lines(replace(moved, stranded=(OTHER,), kept_generation=3)))
    assert f"the backup lacked it: key {OTHER[:8]}." in left
    assert "store/3" in left
    untold = whole(proofs.restore_lines(replace(moved, not_recorded=CmdbBusy("/x"))))
    assert "The register could not be updated" in untold


def test_a_drill_says_how_far_it_came_and_who_knows() -> None:
    report = DrillReport("/b.zip", FACTS, Proof.CREDENTIALS_OPEN, (), proof(14), recorded=True)
    assert "The result is in the register." in whole(proofs.drill_lines(report))
    unknown = whole(proofs.drill_lines(replace(report, recorded=False)))
    assert "'nskeys register add FILE' makes it known" in unknown
    foreign = whole(
        proofs.drill_lines(replace(report, recorded=False, foreign=(ForeignReason.OTHER_SIGNER,)))
    )
    assert "does not count for this server: it is signed by another server's key" in foreign
    busy = replace(report, recorded=False, not_recorded=CmdbBusy("/x"))
    assert (
        "The register could not be updated, so it counts as before. Another program holds the lock"
        in whole(proofs.drill_lines(busy))
    )


def test_a_backup_is_told_before_its_password_is_asked() -> None:
    assert proofs.contents_line(FACTS).startswith("backup 41 of ns01, made ")
    assert proofs.contents_line(FACTS).endswith("with 1 key for 14 credentials")
    assert proofs.inspected_line(plan().inspected) == proofs.BARE
    words = {signer: proofs.signer_words(signer) for signer in Signer}
    assert len(set(words.values())) == len(Signer)
    assert "there is none here to compare it with" in words[Signer.UNKNOWN]


def test_an_import_is_planned_and_reported_in_words() -> None:
    fields = CredentialFields(CredentialKind.PCANYWHERE, "db01", "db01", "operator")
    item = ImportedCredential(1, fields, "", "group", "Office/PCA\x1b", "pca")
    bad = BadRow(2, "x", "account", FieldProblem.EMPTY)
    planned = ImportPlan("e.csv", ImportFormat.KEEPASSXC_CSV, (item,), (bad,), ())
    assert whole([imports.plan_line(planned)]) == "KeePassXC CSV: 2 entries, of which 1 cannot be taken."
    assert whole([imports.kind_reason(item)]) == '"pca" in Office/PCA\\x1b'
    assert imports.kind_reason(replace(item, kind_rule="given")) == "--kind"
    assert imports.kind_reason(replace(item, kind_rule="stated")) == "stated"
    report = ImportReport(1, (bad,), (("a\x1b", "a (2)"),), (DroppedField("TOTP", 1),))
    assert whole(imports.import_lines(report)).splitlines() == [
        "1 credential was imported.",
        'skipped row 2, "x": the account is empty',
        "renamed a\\x1b to a (2)",
        "dropped TOTP (filled in 1 row)",
    ]
    whole([imports.KIND_RULE])


def test_backups_that_the_register_does_not_know_are_named_with_the_way_to_take_them_in() -> None:
    assert reports.strays_lines(()) == ()
    said = whole(reports.strays_lines(("/mnt/a.zip", "/mnt/b\x1b.zip")))
    assert (
        "2 backups that the register does not know lie where backups go: /mnt/a.zip and /mnt/b\\x1b" in said
    )
    assert "'nskeys register add FILE'" in said
