"""The runbook: what to do, for a person who was not there when this server died.

Database, then keys, then proof. It holds no secret, and says so; what comes from outside (names, paths,
hints) is made safe here, and quoted where it stands in a command.
"""

import shlex
from collections.abc import Iterator

from nskeys.model.backup import READER_NAME
from nskeys.model.destinations import LocatedAt, LocationReason
from nskeys.model.register import BackupCopy, Protection
from nskeys.model.runbook import Runbook
from nskeys.wording.copies import backup_name, why_not
from nskeys.wording.destinations import location_name
from nskeys.wording.fetch_commands import fetched_as, fetching
from nskeys.wording.findings import finding_on_paper
from nskeys.wording.labels import kid_name, kind_counts, proof_words, protector_words
from nskeys.wording.page import Chapter, Code, Commands, Page, Pairs, Part, Words
from nskeys.wording.reports import summary_line
from nskeys.wording.runbook_copies import copy_parts
from nskeys.wording.text.numbers import count, number, size
from nskeys.wording.text.sentence import listed
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import when
from nskeys.wording.unlock import (
    asked_by_restore,
    opened_with_age,
    opened_with_reader,
    openers,
    restore_option,
    what_one_needs,
)

NO_GOOD_COPY = "No backup elsewhere counts, so this runbook is of no use once this machine is gone."
NO_SOURCE = (
    'Where nskeys is to be had is not said. Set it in config.toml (source = "...") and print this anew: a '
    "package of that name elsewhere may be anybody's."
)
READING = "Looking at every backup …"
SAVE_PROMPT = "Paths, file names, hashes, and who can open what. No secrets."
FILE_HELP = "A name that ends with .html makes a page to print, with a QR code; any other one plain text."
_SYSTEM_HOME = "/var/lib/nskeys"
_IN_FULL = 3
"""Copies that are described in full; of the others the address says where to look."""
_NO_FILE = "FILE"
_BACKUP = '"$backup"'
_SHOWN_KEYS = 8


def runbook_page(runbook: Runbook) -> Page:
    return Page(
        f"Runbook: bringing back the credentials of {safe(runbook.server)}",
        (
            Chapter("What this is", tuple(_about(runbook))),
            Chapter("What you need", tuple(_needs(runbook))),
            Chapter("The backups, newest first", tuple(_backups(runbook))),
            Chapter("The database copies, newest first", tuple(copy_parts(runbook.databases))),
            Chapter("Step 1: the database", tuple(_database(runbook))),
            Chapter("Step 2: the keys", tuple(_keys(runbook))),
            Chapter("Step 3: the proof", tuple(_proof(runbook))),
            Chapter("If nskeys is not at hand", tuple(_without_nskeys(runbook))),
        ),
    )


def file_problem(name: str) -> str:
    """Return why a runbook's file cannot have this name; empty where it can."""
    return "" if name.strip() else "Type the name of a new file."


def is_html(name: str) -> bool:
    """Return whether a file of this name is to hold HTML."""
    return name.lower().endswith((".html", ".htm"))


# --- before -----------------------------------------------------------------------------------------


def _about(runbook: Runbook) -> Iterator[Part]:
    yield Words(
        f"Made {when(runbook.taken)} by 'nskeys runbook'. There is no secret in it. Print it, keep it "
        "where this server is not, and make it anew after each backup. Take your time: nothing changes "
        "before 'nskeys restore' without '--plan', and a wrong password does no harm."
    )
    yield Pairs(
        (
            ("Server", safe(runbook.server)),
            ("CMDB id", runbook.cmdb_id),
            ("Database", f"{runbook.cmdb}, {safe(runbook.cmdb_address)}"),
            ("Home", safe(runbook.home)),
            ("Server key", runbook.server_key),
            *(("Before it", thumbprint) for thumbprint in runbook.earlier),
            ("Credentials", _credentials(runbook)),
            ("Protector", protector_words(runbook.protector)),
        )
    )
    missing = tuple(words for one in runbook.findings if (words := finding_on_paper(one, runbook.taken)))
    yield Words(summary_line(runbook.totals), mark=bool(missing))
    if missing:
        yield Words(f"{'; '.join(missing)}. These would have to be re-entered.")


def _credentials(runbook: Runbook) -> str:
    kinds = ", ".join(kind_counts(runbook.kinds))
    total = number(runbook.totals.total)
    return f"{total}: {kinds}" if kinds else total


def _needs(runbook: Runbook) -> Iterator[Part]:
    yield Words(
        "1. The database: all parts of one of the database copies below, whose rows the keys open; or a "
        "copy of the database itself, from where else it is backed up."
    )
    yield Words("2. One of the backups below; the newest that can be reached is the best.")
    yield Words(f"3. {_opener(runbook)}")
    source = f" from {safe(runbook.source)}" if runbook.source else ""
    yield Words(f"4. A machine with nskeys{source}, or with unzip and age; see the last chapter.")
    if not runbook.source:
        yield Words(NO_SOURCE, mark=True)


def _opener(runbook: Runbook) -> str:
    newest = _newest(runbook)
    return "What opens that backup." if newest is None else what_one_needs(newest, runbook.recovery)


# --- the backups ------------------------------------------------------------------------------------


def _backups(runbook: Runbook) -> Iterator[Part]:
    if not runbook.good:
        yield Words(NO_GOOD_COPY, mark=True)
    drawn: set[str] = set()
    for copy in runbook.good[:_IN_FULL]:
        yield Pairs(tuple(_copy(runbook, copy)))
        if copy.backup.archive_sha256 not in drawn:
            drawn.add(copy.backup.archive_sha256)
            yield Code(f"SHA-256 of {safe(copy.backup.archive_name)}", copy.backup.archive_sha256)
    if runbook.good[_IN_FULL:]:
        yield Words("Older ones, or further copies:")
        yield Pairs(tuple(_brief(copy) for copy in runbook.good[_IN_FULL:]))
    if runbook.others:
        yield Words("These did not count when this was made, and may still help where nothing else does:")
        yield Pairs(tuple(_brief(copy, why_not(copy)) for copy in runbook.others))


def _copy(runbook: Runbook, copy: BackupCopy) -> Iterator[tuple[str, str]]:
    backup = copy.backup
    yield "File", safe(copy.address)
    yield "Where", location_name(copy.where)
    fetch = fetching(copy.address)
    if fetch is not None:
        yield "Fetch", fetch.command
    yield "Backup", f"number {number(backup.generation)}, made {when(backup.created)}, {size(backup.size)}"
    yield "SHA-256", backup.archive_sha256
    yield "keys.kms", backup.kms_sha256
    label = "Opens with"
    for way in openers(copy, runbook.recovery):
        yield label, way
        label = "or with"
    if backup.hint or backup.protection is Protection.PASSWORD:
        yield "Hint", safe(backup.hint) or "none was given"
    names = listed(tuple(kid_name(kid) for kid in backup.kids), _SHOWN_KEYS)
    yield "Keys", f"{count(len(backup.kids), 'key')}: {names}"
    if backup.cmdb_id != runbook.cmdb_id or backup.server_key not in (runbook.server_key, *runbook.earlier):
        yield "Foreign", "it was not made by this server"
    if backup.server_key != runbook.server_key:
        yield "Server key", backup.server_key
    reached = copy.reached(copy.proof)
    yield "Proof", proof_words(copy.proof) + (f", {when(reached)}" if reached else "")
    yield "Last seen", when(copy.look_moment)


def _brief(copy: BackupCopy, why: str = "") -> tuple[str, str]:
    return backup_name(copy), safe(copy.address) + (f" ({why})" if why else "")


# --- the steps --------------------------------------------------------------------------------------


def _database(runbook: Runbook) -> Iterator[Part]:
    if runbook.databases:
        yield Words(
            "Leave this step out where a database copy from the list above is at hand: put its parts "
            "beside the backup of step 2, and the restore makes the database from them. Otherwise:"
        )
    if runbook.cmdb != "SQLite":
        yield Words("Bring the database back on its server, until it answers at this address:")
        yield Commands((safe(runbook.cmdb_address),))
        yield Words(
            "Its password comes from the passfile (~/.pgpass of the user who runs nskeys), never from the "
            "address."
        )
        return
    path = safe(runbook.cmdb_address)
    yield Words("Put the copy of the database where it was, for root alone:")
    yield Commands(
        (
            f"install -d -m 0700 {_quoted(_folder(path))}",
            f"install -m 0600 {_quoted(path.rpartition('/')[2])} {_quoted(path)}",
        )
    )
    yield Words(
        "Where a file with the same name and '-journal' at its end lies beside the copy, it belongs to it: "
        "put it there too, before anything opens the database."
    )


def _keys(runbook: Runbook) -> Iterator[Part]:
    yield from _at_hand(runbook)
    yield Commands((f"sha256sum {_BACKUP}",))
    yield Words(
        "This has to be the SHA-256 of that backup above; if it is not, this copy is damaged: take another "
        "one. Then see what is in it. That needs no password. Anybody can make a backup: the server key "
        "that signed it has to be the one above too, digit for digit:"
    )
    yield Commands((f"nskeys{_home(runbook)} inspect {_BACKUP}",))
    newest = _newest(runbook)
    asked = "the password" if newest is None else asked_by_restore(newest, runbook.recovery)
    yield Words(
        f"See what a restore would do, and do it. Both ask for {asked}; the second shows the server key "
        "once more and asks whether it is the one above:"
    )
    identity = "" if newest is None else restore_option(newest, runbook.recovery)
    restore = f"nskeys{_home(runbook)} restore {_BACKUP}{identity}{_set_up(runbook)}"
    yield Commands((f"{restore} --plan", restore))
    yield Words(_binds(runbook))


def _at_hand(runbook: Runbook) -> Iterator[Part]:
    """Yield the steps that put the newest backup here, under one name."""
    newest = _newest(runbook)
    fetch = None if newest is None else fetching(newest.address)
    if fetch is None:
        yield Words(
            "Fetch the newest backup that you can reach, and say once where it lies. This is the path by "
            "which this server reached it; on another machine it may be mounted or copied elsewhere:"
        )
        yield Commands((_names_backup(runbook),))
        return
    yield Words(f"Fetch the newest backup that you can reach, and say once where it lies. {fetch.words}")
    yield Commands((fetch.command, _names_backup(runbook)))


def _proof(runbook: Runbook) -> Iterator[Part]:
    nskeys = f"nskeys{_home(runbook)}"
    yield Words("Open every credential, and list what did not come back:")
    yield Commands((f"{nskeys} verify", f"{nskeys} re-entry"))
    destinations = {copy.destination: copy.where for copy in runbook.good}
    if destinations:
        yield Words("Where backups go was set on the machine that is gone. Say it again:")
        yield Commands(
            tuple(
                f"{nskeys} destination add {_quoted(safe(destination))}{_declared(where)}"
                for destination, where in destinations.items()
            )
        )
    servers = [destination for destination in destinations if destination.startswith("sftp://")]
    if servers:
        yield Words(
            "A server is trusted once, by its host key. This shows the key's fingerprint; compare it with "
            "what the server itself says, and repeat the command with '--fingerprint' and that:"
        )
        yield Commands(
            tuple(f"{nskeys} destination trust {_quoted(safe(destination))}" for destination in servers)
        )
    yield Words(
        "The keys come from hardware that is gone. When all is well, seal everything under a new key, once "
        "it is backed up to a DESTINATION that outlives this machine:"
    )
    yield Commands(
        (
            f"{nskeys} key rotate",
            f"{nskeys} backup --to DESTINATION",
            f"{nskeys} key rotate",
        )
    )


def _without_nskeys(runbook: Runbook) -> Iterator[Part]:
    yield Words("unzip and age (the package 'age' of the distribution) show the keys:")
    newest = _newest(runbook)
    yield Commands((_names_backup(runbook),))
    if newest is not None:
        yield from opened_with_age(newest, runbook.recovery, _BACKUP)
        yield from _reader(runbook, newest)
        yield from _rows(runbook, newest)
    yield Words(
        "The keys are shown as a JWK Set (RFC 7517). RESTORE.txt in the archive says what they "
        "are and how a credential is opened with them. Do not leave them in a file: they open everything."
    )


def _reader(runbook: Runbook, newest: BackupCopy) -> Iterator[Part]:
    ssh = " It takes identities of age, and no ssh keys." if newest.backup.recipients else ""
    yield Words(
        f"So does {READER_NAME}, which lies in the archive and needs only Python 3.8 or newer.{ssh} Run "
        "it only if its checksum is this one: an exchanged reader could keep the password."
    )
    yield Commands((f"unzip -o {_BACKUP} {READER_NAME}", f"sha256sum {READER_NAME}"))
    yield Pairs((("SHA-256", runbook.reader_sha256),))
    yield Commands((f"python3 -I {opened_with_reader(newest, runbook.recovery)}",))


def _rows(runbook: Runbook, newest: BackupCopy) -> Iterator[Part]:
    """Yield the step by which the reader shows the credentials themselves, where a copy is known."""
    copy = next((one for one in runbook.databases if not one.declared), None)
    if copy is None:
        return
    yield Words(
        f"With every part of a database copy beside it, {READER_NAME} shows each credential and its secret:"
    )
    parts = " ".join(_quoted(safe(part.name)) for part in copy.parts)
    yield Commands((f"python3 -I {opened_with_reader(newest, runbook.recovery)} --rows {parts}",))


# --- parts of commands ------------------------------------------------------------------------------


def _newest(runbook: Runbook) -> BackupCopy | None:
    return next(iter((*runbook.good, *runbook.others)), None)


def _names_backup(runbook: Runbook) -> str:
    """Return the command that names the backup for the later ones, so that its path is typed only once from
    paper."""
    newest = _newest(runbook)
    return f"backup={_NO_FILE if newest is None else _quoted(fetched_as(newest.address))}"


def _home(runbook: Runbook) -> str:
    return "" if runbook.home == _SYSTEM_HOME else f" --home {_quoted(safe(runbook.home))}"


def _set_up(runbook: Runbook) -> str:
    """Return the options that tell a new machine about this one. A plain file binds least, so it is not
    asked for: the new machine takes the best that it has."""
    cmdb = f" --cmdb {_quoted(safe(runbook.cmdb_url))}" if runbook.cmdb_url else ""
    bound = runbook.protector_uri or runbook.protector
    protector = "" if bound == "file" else f" --protector {_quoted(safe(bound))}"
    return f" --server-name {_quoted(safe(runbook.server))}{cmdb}{protector}"


def _binds(runbook: Runbook) -> str:
    """Return what '--protector' in the restore's line is for, and what to do where it cannot be."""
    otherwise = "'--protector passphrase' asks for one, '--protector file' binds them to nothing."
    match runbook.protector:
        case "passphrase":
            return "The keys are put under a passphrase again: a new one is asked for, twice."
        case "tpm2":
            return f"The keys are bound to the new machine's TPM 2.0. Where it has none: {otherwise}"
        case "pkcs11":
            return (
                "The keys are bound to the same security token again, whose PIN is asked for. With another "
                f"token, name that one: 'nskeys restore --help' says how. Without one: {otherwise}"
            )
        case _:
            return (
                "The keys are bound to the new machine's TPM 2.0 where it has one. Else they lie in a "
                "plain file, as they did here; '--protector passphrase' puts them under a passphrase."
            )


def _declared(where: LocatedAt) -> str:
    """Return the option that makes a place count as elsewhere where only a person's word does."""
    if where.reason is not LocationReason.DECLARED:
        return ""
    return f" --elsewhere {_quoted(safe(where.detail))}"


def _folder(path: str) -> str:
    return path.rpartition("/")[0] or "/"


def _quoted(text: str) -> str:
    return shlex.quote(text)
