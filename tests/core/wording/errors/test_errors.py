"""Every error is told in two sentences that a tired administrator can act on."""

import re

import pytest
from hypothesis import given, settings, strategies as st

from nskeys import errors
from nskeys.errors import BadRow, NskeysError
from nskeys.reasons import (
    FieldProblem,
    ForeignReason,
    HintProblem,
    IdentityProblem,
    ImportProblem,
    MismatchKind,
    MoveProblem,
    NoProof,
    Opens,
    Operation,
    OwnershipProblem,
    PasswordProblem,
    Problem,
    ProtectorProblem,
    RecipientProblem,
    RecoveryProblem,
    ScheduleProblem,
    SealProblem,
    ShareProblem,
    SheetsProblem,
    UnitProblem,
    Versioned,
    Wanted,
)
from nskeys.wording.errors import UNFORESEEN, rows, say
from nskeys.wording.errors.credentials import bad_row
from nskeys.wording.text.sentence import Sentence
from nskeys.wording.text.terminal import safe
from tests.core.wording.commands import commands, is_valid
from tests.core.wording.samples import error_classes, sample
from tests.fakes.examples import examples

CHECKSUM = (
    "The words are all in the list, but their checksum does not match: one is another word on the sheet, "
    "or two changed places."
)
TOLD: list[tuple[NskeysError, str]] = [
    (errors.NotSetUp("/var/lib/nskeys"), "Nothing is set up in /var/lib/nskeys."),
    (
        errors.NotSetUp("/var/lib/nskeys", 14),
        "The CMDB of /var/lib/nskeys holds 14 credentials, but no keys are here.",
    ),
    (errors.AlreadySetUp("/h"), "/h is set up already and has keys, so nothing was changed."),
    (errors.HomeUnreadable("/h"), "/h is there, but this user may not read it."),
    (
        errors.HomeUnreachable("/h", Problem.LINK_LOOP),
        "The home /h cannot be opened: its links lead in a circle.",
    ),
    (
        errors.HomeNotSafe("/h", "/h/store", OwnershipProblem.OTHERS_WRITE, "root", "root"),
        "Other users may write to /h/store, so nothing there can be believed and no key is opened.",
    ),
    (
        errors.NewerVersion(Versioned.STORE, 3, 1),
        "The key store was written by a newer nskeys (version 3 of its format; this nskeys knows up to 1).",
    ),
    (
        errors.ConfigurationInvalid("/h/config.toml", Problem.NOT_TOML, "line 3"),
        "/h/config.toml cannot be used: it is not TOML (line 3).",
    ),
    (
        errors.CredentialsWithoutKeys(1),
        "The CMDB holds 1 credential whose keys are not here, so no first key was made.",
    ),
    (
        errors.LossCountWrong(12, 14),
        "--accept-loss says 12, but the number of credentials without keys is 14.",
    ),
    (errors.Locked("root", 4711, "making a backup", ""), "root (process 4711) is making a backup."),
    (errors.Locked("", 0, "", ""), "Somebody else is changing this installation."),
    (
        errors.PlanOutdated(Operation.RESTORE),
        "Something changed since the restore was planned, so nothing was done.",
    ),
    (
        errors.ChangeWaits((errors.Mismatch(MismatchKind.WENT_BACK, "812", "640"),)),
        (
            "Nothing was changed, since something does not fit the last checkpoint: the database went back "
            "from change 812 to 640."
        ),
    ),
    (
        errors.KeyIsActive("7f3a91c2" + "0" * 56),
        "Key 7f3a91c2 is the one that seals, so another one has to take its place first.",
    ),
    (errors.NothingToAccept(), "There is nothing to accept: everything fits the last checkpoint."),
    (errors.Cancelled(Operation.IMPORT), "The import was stopped; nothing is left half done."),
    (errors.Cancelled(), "The work was stopped; nothing is left half done."),
    (errors.NotPermitted("/h"), "The operating system does not permit access to /h."),
    (errors.WrongPassword(Opens.BACKUP), "That password does not open this backup."),
    (errors.WrongPassword(Opens.BACKUP, "a.zip"), "That password does not open this backup (a.zip)."),
    (errors.WrongPassword(Opens.KEY_STORE), "That passphrase does not open the key store."),
    (errors.WrongPassword(Opens.IDENTITY), "That password does not open the identity."),
    (
        errors.HostKeyUnknown("vault02", 22, "ssh-ed25519", "SHA256:abc", "AAAA"),
        "The server vault02 is not known yet; it shows the ED25519 host key SHA256:abc.",
    ),
    (
        errors.HostKeyChanged("vault02", 2222, "ssh-rsa", "SHA256:new", ("SHA256:old",), "/h/known_hosts"),
        (
            "The server vault02:2222 shows another host key than the known one: "
            "SHA256:new (RSA) in place of SHA256:old."
        ),
    ),
    (
        errors.HostKeyRevoked("vault02", 22, "SHA256:old", "/etc/ssh/ssh_known_hosts", 3),
        (
            "The server vault02 shows the host key SHA256:old, which was revoked in "
            "/etc/ssh/ssh_known_hosts line 3."
        ),
    ),
    (
        errors.HostKeyRevoked("vault02", 22, "", "/etc/ssh/ssh_known_hosts", 0),
        "The server vault02 shows a host key that was revoked in /etc/ssh/ssh_known_hosts.",
    ),
    (
        errors.DestinationUnreachable("sftp://vault02/b", Problem.GREETING, said="Welcome\nto vault02"),
        (
            "The destination sftp://vault02/b cannot be reached: it sends something else before SFTP "
            "begins ('Welcome\\nto vault02')."
        ),
    ),
    (
        errors.BackupNotProven("/mnt/a.zip", Problem.MISSING),
        "/mnt/a.zip was written, and there is no such file now, so there is no backup.",
    ),
    (
        errors.FingerprintDiffers("vault02", 22, "SHA256:abc", "SHA256:xyz"),
        "The server vault02 shows the host key SHA256:abc, not SHA256:xyz, so it was not trusted.",
    ),
    (
        errors.ServerSecretWanted(Wanted.SSH_PASSWORD, "backup@vault02"),
        "The server wants the password of backup@vault02.",
    ),
    (
        errors.ServerSecretWanted(Wanted.SSH_PASSPHRASE, "/root/.ssh/id", refused=True),
        "That passphrase does not open the key file /root/.ssh/id.",
    ),
    (
        errors.DestinationUnreachable(
            "sftp://vault02/b", Problem.CONNECTION_LOST, "sftp://vault02/b/.nskeys-1.part"
        ),
        (
            "The destination sftp://vault02/b cannot be reached: the connection was lost; "
            "the temporary file sftp://vault02/b/.nskeys-1.part was left there."
        ),
    ),
    (errors.PasswordRefused(PasswordProblem.DIFFERS), "The two passwords differ."),
    (errors.HintRefused(HintProblem.CONTAINS_PASSWORD), "The hint contains the password, or most of it."),
    (
        errors.NotEnoughMemory(1_024),
        "Deriving a key from the password needs 1,024 MiB of memory, and this machine did not give it.",
    ),
    (
        errors.SecretUnavailable(Wanted.BACKUP_PASSWORD),
        "The password of the backup is needed, and nobody could be asked for it.",
    ),
    (errors.ShareRefused(ShareProblem.CHECKSUM), CHECKSUM),
    (errors.ShareRefused(ShareProblem.WORD, word=7, line=2), "Line 2: word 7 is not in the list."),
    (errors.ShareRefused(ShareProblem.COUNT, word=19), "A share has 20 words, and this has 19."),
    (errors.ShareRefused(ShareProblem.GIVEN, share=4), "Share 4 was given already."),
    (errors.SharesIncomplete(2, 3), "3 shares are needed, and 2 were given."),
    (errors.SharesDisagree((2,)), "The other shares do not confirm share 2: altered, or of another set."),
    (
        errors.SharesDisagree(),
        (
            "Each of these shares is whole, but together they give no secret: one was altered, or is of "
            "another set."
        ),
    ),
    (
        errors.SheetsRefused("/var/lib/nskeys", SheetsProblem.IN_HOME),
        (
            "No sheets are written into /var/lib/nskeys: it is the home of this installation, lies in it, "
            "or holds it."
        ),
    ),
    (
        errors.NotForCustodians("a.zip"),
        "There is no custodians' identity in a.zip, so no shares open it.",
    ),
    (
        errors.NoCustodians(),
        "No custodians were chosen on this server, so there are no shares to check.",
    ),
    (errors.SplitRefused(17, 3), "No secret can be split into 17 shares of which 3 are needed."),
    (
        errors.KeyStoreDamaged("protector.json", Problem.NOT_JSON),
        "protector.json in the key store is not what was written: it is not JSON.",
    ),
    (
        errors.KeyStoreElsewhere("tpm2"),
        "The keys here are bound to another machine (protector: TPM 2.0) and do not open on this one.",
    ),
    (
        errors.KeyStoreOfAnotherCmdb("a" * 32, "b" * 32),
        "The key store belongs to CMDB aaaaaaaa, but the configured CMDB is bbbbbbbb.",
    ),
    (
        errors.ProtectorUnavailable("tpm2", ProtectorProblem.NOT_ROOT),
        "The protector TPM 2.0 cannot be used on this machine: only root may use it.",
    ),
    (errors.NoSuchKey("7f"), "No key here begins with 7f."),
    (errors.NoSuchKey("7f3a91c2" + "0" * 56), "No key here is 7f3a91c2."),
    (
        errors.AmbiguousKey("7f", ("7f" + "1" * 62, "7f" + "2" * 62)),
        "2 keys begin with 7f: 7f111111 and 7f222222.",
    ),
    (
        errors.KeyUsedUp("7f" + "1" * 62),
        "Key 7f111111 may seal no more than 4,294,967,296 secrets, and that number is reached.",
    ),
    (errors.KeyNotUsable(), "No key of this server is active, so nothing can be sealed."),
    (
        errors.KeyStoreUnreached("tpm2", ProtectorProblem.NO_DEVICE),
        ("The keys here are bound to TPM 2.0, which cannot be asked on this machine: no TPM was found."),
    ),
    (
        errors.NoProvenBackup(),
        "No proven backup elsewhere holds every key of this server, so nothing was changed.",
    ),
    (errors.RotationNotOpen(), "No rotation is open, so there is nothing to go on with."),
    (errors.FieldInvalid("name", FieldProblem.EMPTY), "The name is empty."),
    (
        errors.FieldInvalid("secret", FieldProblem.TOO_LONG, 65_535),
        "The secret is longer than 65,535 bytes.",
    ),
    (
        errors.FieldInvalid("server", FieldProblem.TOO_LONG, 100),
        "The name of the server is longer than 100 characters.",
    ),
    (errors.FieldInvalid("target", FieldProblem.NOT_URL), "The target is not a URL of another server."),
    (errors.NameTaken("run-as", "deploy"), "There is a run-as credential named deploy already."),
    (errors.NoSuchCredential("run-as/x"), "No credential is called run-as/x."),
    (
        errors.AmbiguousCredential("00", ("run-as/a", "run-as/b", "run-as/c")),
        "00 stands for 3 credentials: run-as/a, run-as/b and run-as/c.",
    ),
    (
        errors.SealDoesNotOpen("00ff", "run-as", "x", SealProblem.TAMPERED),
        "run-as/x does not open: its row in the CMDB was changed after it was sealed, or is damaged.",
    ),
    (
        errors.CredentialWaits("00ff", "run-as", "x"),
        "Nothing was changed, since run-as/x does not open: its row in the CMDB is not what nskeys wrote.",
    ),
    (
        errors.ImportRefused("e.csv", (BadRow(1, "a", "account", FieldProblem.EMPTY),)),
        "1 row of e.csv cannot be taken, so nothing was imported.",
    ),
    (
        errors.ImportUnreadable("e.csv", ImportProblem.UNTERMINATED_QUOTE, 7),
        "e.csv opens a quote and never closes it (line 7).",
    ),
    (
        errors.NoCopyMade(
            (
                ("/a", errors.CannotCreate("/a", Problem.NO_SPACE)),
                ("/b", errors.DestinationUnreachable("/b", Problem.GONE)),
            )
        ),
        (
            "No backup was made, for none of 2 destinations got a copy: /a (/a cannot be written: the disk "
            "is full, or a quota is) and /b (The destination /b cannot be reached: the file system does "
            "not answer)."
        ),
    ),
    (
        errors.ScheduleRefused(ScheduleProblem.NO_IDENTITY),
        "There is no recovery identity, and a timed backup cannot ask for a password.",
    ),
    (
        errors.ScheduleRefused(ScheduleProblem.ODD_PATH, "/a\n"),
        "/a\\n holds characters that no unit of systemd can name.",
    ),
    (errors.UnitNotOurs("/etc/x", UnitProblem.FOREIGN), "/etc/x is not ours, so no unit was changed."),
    (
        errors.UnitNotOurs("/etc/x", UnitProblem.OTHER_HOME),
        "/etc/x was written by nskeys for another home, so no unit was changed.",
    ),
    (
        errors.ScheduleNotStarted("systemctl daemon-reload"),
        "The units are written, but systemd did not take them.",
    ),
    (
        errors.NotABackup("a.txt", Problem.NEITHER_ZIP_NOR_AGE),
        "a.txt is not a backup: it is neither a ZIP archive nor an age file.",
    ),
    (
        errors.BackupDamaged("a.zip", "keys.kms", Problem.PAYLOAD),
        "a.zip is damaged in keys.kms: its content was changed.",
    ),
    (
        errors.BackupForged("a.zip", "open_kms.py"),
        "open_kms.py in a.zip is not what nskeys writes: somebody changed it.",
    ),
    (
        errors.BackupForeign("a.zip", (ForeignReason.OTHER_SIGNER, ForeignReason.OTHER_CMDB), "ab" * 32),
        (
            "a.zip does not prove that it comes from this server: it is signed by another server's key "
            f"and it belongs to another CMDB; server key {'ab' * 32} signed it."
        ),
    ),
    (
        errors.NoBackupKnown(("sftp://vault02/b.zip",)),
        (
            "The register names a backup that was not tried, because nothing on this machine vouches for "
            "it: sftp://vault02/b.zip."
        ),
    ),
    (
        errors.BackupNotProven("/mnt/a.zip", Problem.DIFFERS),
        (
            "A file was written to /mnt/a.zip, but reading it back failed: what lies there is not what was "
            "written, so it is no backup."
        ),
    ),
    (errors.NoBackupKnown(), "The register knows no backup that can be read from here."),
    (
        errors.PartsMissing("/srv/a-cmdb-1of3.zip", (2,), 3),
        "/srv/a-cmdb-1of3.zip is a part of a database copy of 3 parts, and part 2 is not there.",
    ),
    (
        errors.PartsMixed("/srv/a-cmdb-1of2.zip", "/srv/b-cmdb-2of2.zip"),
        "/srv/a-cmdb-1of2.zip and /srv/b-cmdb-2of2.zip are parts of different database copies.",
    ),
    (
        errors.CopyKeyMissing("/srv/a-cmdb-1of1.zip", "ab" * 32),
        (
            "The database copy /srv/a-cmdb-1of1.zip is encrypted to the copy key abababab, which is not in "
            "the key backup that was opened."
        ),
    ),
    (
        errors.NoSuchBackup("41"),
        "The register has no backup, or more than one, that is called 41.",
    ),
    (
        errors.RecipientRefused("age1x", RecipientProblem.DAMAGED),
        '"age1x" is not whole: a letter of it is missing or wrong.',
    ),
    (
        errors.RecipientRefused("", RecipientProblem.SECRET),
        "What was given as a recipient is a private key.",
    ),
    (errors.RecipientRefused("list.txt", RecipientProblem.NONE), "list.txt names no recipient."),
    (
        errors.RecipientRefused("101", RecipientProblem.TOO_MANY),
        "A backup cannot go to 101 recipients; 100 are the most.",
    ),
    (
        errors.IdentityUnusable("key.txt", IdentityProblem.RECIPIENT),
        "key.txt cannot be used as an identity: it holds a public key, and the private one is needed.",
    ),
    (
        errors.IdentityNotRecipient("a.zip"),
        "This identity is none of the recipients of a.zip.",
    ),
    (
        errors.IdentityNotProven("/h/recovery/identity.age"),
        (
            "The new identity for /h/recovery/identity.age did not open a test file with its password, "
            "so nothing was changed."
        ),
    ),
    (
        errors.RecoveryDamaged("/h/recovery/identity.age", RecoveryProblem.IDENTITY_CHANGED),
        (
            "The recovery identity kept at /h/recovery/identity.age cannot be used: "
            "it is not the identity that was made here."
        ),
    ),
    (
        errors.DestinationInvalid("ftp://x", Problem.UNKNOWN_SCHEME),
        "ftp://x cannot be used as a destination: nskeys does not know this kind of address.",
    ),
    (
        errors.DestinationUnreachable("/mnt/vault", Problem.MISSING_FOLDER),
        "The destination /mnt/vault cannot be reached: its folder does not exist.",
    ),
    (
        errors.CannotRemove("/mnt/a.zip", Problem.READ_ONLY),
        "/mnt/a.zip cannot be removed: the file system is read-only.",
    ),
    (
        errors.CannotCreate("/mnt/a.zip", Problem.NO_SPACE),
        "/mnt/a.zip cannot be written: the disk is full, or a quota is.",
    ),
    (
        errors.NothingToRestore("/mnt/vault", 2, ("/mnt/vault/a.zip",)),
        "There is no key backup in /mnt/vault, but 2 database copies; /mnt/vault/a.zip cannot be used.",
    ),
    (
        errors.SeveralServers("/mnt", ("ab" * 32, "ef" * 32)),
        "Archives of more than one server key or CMDB lie in /mnt, signed by abababab and efefefef.",
    ),
    (
        errors.CmdbNotEmpty("/srv/cmdb.sqlite3", 14),
        (
            "The CMDB /srv/cmdb.sqlite3 is not empty: it holds 14 credentials; "
            "a database copy replaces none."
        ),
    ),
    (
        errors.ProvesNothing("/srv/r.sqlite3", NoProof.SHOWS_THE_CHANGE, "812"),
        (
            "The database /srv/r.sqlite3 proves nothing of a backup: it has change 812, which this check "
            "made only just now: it is the CMDB itself, or follows it."
        ),
    ),
    (
        errors.ProvesNothing("/srv/r.sqlite3", NoProof.DAMAGED, "drills"),
        "The database /srv/r.sqlite3 proves nothing of a backup: it is damaged, its table drills.",
    ),
    (
        errors.OtherDatabaseUnreachable("postgresql://restored/nskeys", Problem.NO_CONNECTION, "refused"),
        (
            "The database postgresql://restored/nskeys cannot be opened: no connection could be made "
            "(refused)."
        ),
    ),
    (errors.AlreadyDeclared("to tape"), 'The database backup "to tape" is declared already.'),
    (errors.NotDeclared("", ()), "No database backup of somebody else is declared."),
    (
        errors.NotDeclared("", ("to tape", "Veeam")),
        'More than one database backup is declared: "to tape", "Veeam".',
    ),
    (errors.NotDeclared("disk", ("to tape",)), 'No database backup "disk" is declared.'),
    (
        errors.MoveRefused("postgresql://db/nskeys", MoveProblem.NOT_EMPTY, "14"),
        "The database postgresql://db/nskeys is not empty: it is a CMDB already.",
    ),
    (
        errors.MoveRefused("/srv/cmdb.sqlite3", MoveProblem.DIFFERS, "audit"),
        (
            "What was read back from /srv/cmdb.sqlite3 is not what was written (table audit); the CMDB was "
            "not moved."
        ),
    ),
    (
        errors.MoveWaits("/srv/cmdb.sqlite3", MoveProblem.ROWS_CHANGED, "7f3a91c2"),
        "Nothing was moved, for credentials of 7f3a91c2 are not what they must be.",
    ),
    (errors.FileUnreadable("a.zip", Problem.MISSING), "a.zip cannot be read: there is no such file."),
    (
        errors.CmdbUnreachable("postgresql://db/cmdb", Problem.REFUSED, "port 5432"),
        "The CMDB postgresql://db/cmdb cannot be opened: the server refused the connection (port 5432).",
    ),
    (
        errors.CmdbUnreachable("pg://db", Problem.STANDBY),
        "The CMDB pg://db can only be read: its server is a standby or read-only.",
    ),
    (
        errors.CmdbUnreachable("pg://db", Problem.OUTCOME_UNKNOWN),
        (
            "The connection to the CMDB pg://db was lost while a change was committed: all of it was "
            "made, or nothing."
        ),
    ),
    (
        errors.CmdbUnreachable("pg://db", Problem.STATEMENT_TIMEOUT, "canceling statement"),
        (
            "The server of the CMDB pg://db cancelled a statement: its 'statement_timeout' was over, "
            "or somebody did it (canceling statement)."
        ),
    ),
    (
        errors.CmdbForbids("pg://db", Problem.ROLE_FORBIDDEN, "permission denied for table keys"),
        (
            "The server of the CMDB pg://db does not let this role do that (permission denied for "
            "table keys)."
        ),
    ),
    (
        errors.CmdbFull("pg://db", Problem.FULL),
        "The server of the CMDB pg://db has no connection free.",
    ),
    (
        errors.CmdbAltered("pg://db", ("trigger t on register", "view v")),
        (
            "The CMDB pg://db has what nskeys did not make: trigger t on register and view v; "
            "nothing of it was used."
        ),
    ),
    (errors.CmdbBusy("cmdb.sqlite3"), "Another program holds the lock of the CMDB cmdb.sqlite3."),
    (
        errors.CmdbDamaged("credentials", Problem.WRONG_VALUE, ("3", "7")),
        (
            "The table credentials of the CMDB is not what nskeys writes: a value in it cannot be right "
            "(rows 3 and 7)."
        ),
    ),
]


def _check(sentence: Sentence) -> None:
    for text in (sentence.what, sentence.advice):
        assert text.endswith(".")
        assert not text.endswith("..")
        assert text == safe(text)
        assert "!" not in text
        assert not re.search(r"[.!?] [A-Z]", text), "one sentence, not two"
        assert not re.search(r"  | ,| \.$|\(\)|\bNone\b|Traceback|[Pp]lease", text)
        for command in commands(text):
            assert is_valid(command), command
    assert sentence.advice[0].isupper()


@pytest.mark.parametrize(("error", "what"), TOLD, ids=lambda value: type(value).__name__)
def test_an_error_says_what_happened(error: NskeysError, what: str) -> None:
    assert say(error).what == what
    _check(say(error))


def test_every_class_of_errors_has_its_own_words() -> None:
    classes = error_classes()
    assert set(rows()) == set(classes)
    assert {type(error) for error, _ in TOLD} == set(classes)
    first = {type(error): say(error).what for error, _ in reversed(TOLD)}
    assert len(set(first.values())) == len(classes)


@pytest.mark.parametrize("cls", error_classes(), ids=lambda cls: cls.__name__)
@settings(max_examples=examples(25), deadline=None)
@given(text=st.text(max_size=300), number=st.integers(0, 2**40))
def test_whatever_a_field_holds_the_sentences_are_safe(
    cls: type[NskeysError], text: str, number: int
) -> None:
    sentence = say(sample(cls, text, number))
    assert sentence.what == safe(sentence.what)
    assert sentence.advice == safe(sentence.advice)
    assert sentence.what.endswith(".")
    assert sentence.advice.endswith(".")
    assert len(sentence.what) < 2_000


@pytest.mark.parametrize("cls", error_classes(), ids=lambda cls: cls.__name__)
def test_no_sentence_shows_the_name_of_a_class(cls: type[NskeysError]) -> None:
    assert cls.__name__ not in str(say(sample(cls, "x")))


def test_a_subclass_without_its_own_words_is_told_as_its_parent() -> None:
    class Moved(errors.NoSuchKey):
        pass

    assert say(Moved("7f")).what == "No key here begins with 7f."


def test_an_error_of_no_known_class_is_told_as_a_fault_of_the_program() -> None:
    assert say(NskeysError()) == UNFORESEEN
    _check(UNFORESEEN)


def test_a_command_in_advice_can_be_typed_whatever_the_name() -> None:
    plain = say(errors.NameTaken("run-as", "deploy-finance")).advice
    assert commands(plain) == ["nskeys credential edit run-as/deploy-finance"]
    for name in ("two words", "it's", "$(rm)", "a\x1b", "-x"):
        assert commands(say(errors.NameTaken("run-as", name)).advice)[0].split()[-1] in (
            "ID",
            f"run-as/{name}",
        )
    assert commands(say(errors.NameTaken("run-as", "two words")).advice) == ["nskeys credential edit ID"]


def test_the_holder_of_the_lock_is_named_with_the_time_of_this_server() -> None:
    from_then = say(errors.Locked("root", 1, "making a backup", "2026-11-23T14:02:00Z")).what
    assert re.fullmatch(
        r"root \(process 1\) is making a backup, since 2026-11-2[234] \d\d:\d\d\.", from_then
    )
    odd = say(errors.Locked("root", 1, "making a backup", "noon\x1b")).what
    assert odd == "root (process 1) is making a backup, since noon\\x1b."


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (BadRow(3, "db01", "account", FieldProblem.EMPTY), 'row 3, "db01": the account is empty'),
        (BadRow(4, "", "name", FieldProblem.TOO_LONG), "row 4: the name is longer than 255 characters"),
        (
            BadRow(12_000, "a\x1b[2J", "secret", FieldProblem.TOO_LONG),
            'row 12,000, "a\\x1b[2J": the secret is longer than 65,535 bytes',
        ),
        (
            BadRow(5, "x", "kind", FieldProblem.KIND_UNKNOWN),
            'row 5, "x": the kind is not known: no group or folder name gives it away',
        ),
    ],
)
def test_a_bad_row_of_an_import_is_named_with_its_reason(row: BadRow, text: str) -> None:
    assert bad_row(row) == text


def test_two_sentences_make_one_text() -> None:
    assert str(Sentence("It is so.", "Do this.")) == "It is so. Do this."
