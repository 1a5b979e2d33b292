"""The list of what must be re-entered: for a person, as text; for a table, as CSV (RFC 4180). It holds no
secrets.

A spreadsheet calculates cells that begin with `=`, `+`, `-` or `@`. Such a cell gets an apostrophe before
it, so that a credential's name cannot be a formula.
"""

import csv
import io
import shlex
from collections.abc import Iterator, Sequence

from nskeys.model.credentials import Credential, UnreadableCredential
from nskeys.model.re_entry import ReEntry, ReEntryList
from nskeys.model.times import to_rfc3339
from nskeys.reasons import FailureReason
from nskeys.wording.copies import backup_name, why_not
from nskeys.wording.labels import failure_words, kid_name, kind_name
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.sentence import listed
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import when

NO_BACKUP = "no known backup holds its key"
UNVOUCHED = "and nothing here vouches for that"
NOTHING_LEFT = "Nothing has to be re-entered"
SAVE_PROMPT = "What must be re-entered: kind, name, target, account, last change. No secrets."
FILE_HELP = "A name that ends with .csv makes a table for a spreadsheet; any other one plain text."
_CALCULATES = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What begins a formula; spreadsheets take the full-width signs for the same."""
_COLUMNS = (
    "kind",
    "name",
    "target",
    "account",
    "changed",
    "why",
    "key",
    "backup",
    "address",
    "seen",
    "vouched",
)


def re_entry_sentence(found: ReEntryList) -> str:
    """Return how many credentials are on the list."""
    if not found.items:
        total = f" ({number(found.opened)})" if found.opened else ""
        return f"Nothing has to be re-entered: every credential opens{total}."
    verb = "does" if len(found.items) == 1 else "do"
    total = count(found.opened + len(found.items), "credential")
    return f"{number(len(found.items))} of {total} {verb} not open here."


def re_entry_heading(found: ReEntryList, done: int) -> str:
    """Return how many are on the list, for above it; `done` were re-entered or removed while it was
    shown."""
    left, total = number(len(found.items)), number(found.opened + len(found.items))
    if done:
        return f"{left} left, {number(done)} done"
    return f"{left} of {total} do not open here" if found.items else f"every credential opens ({total})"


def file_problem(name: str) -> str:
    """Return why the list's file cannot have this name; empty where it can."""
    return "" if name.strip() else "Type the name of a new file."


def is_csv(name: str) -> bool:
    """Return whether a file of this name is to hold a table."""
    return name.lower().endswith(".csv")


def re_entry_advice(found: ReEntryList) -> tuple[str, ...]:
    """Return what to do about them, the easier way first."""
    lines = []
    if found.in_backups:
        lines.append(
            f"For {number(found.in_backups)} of them a backup holds the key: "
            "'nskeys restore FILE' brings it back, and nothing has to be re-entered."
        )
    if found.in_lost_backups:
        lines.append(
            f"For {number(found.in_lost_backups)} the backup that holds the key was not found whole; "
            "if it turns up, a restore of it brings the key back."
        )
    if found.claimed:
        # Each backup is named, since one at hand saves typing the secrets.
        named = listed(tuple(f"{backup_name(copy)} in {safe(copy.address)}" for copy in found.claims))
        says = "says that it holds" if len(found.claims) == 1 else "say that they hold"
        file = shlex.quote(safe(found.claims[0].address))
        lines.append(
            f"For {number(found.claimed)}, {named} {says} the key, {UNVOUCHED}. Try it before anything is "
            f"typed anew: 'nskeys restore {file}'."
        )
    if found.in_backups < len(found.items):
        which = "The others need" if found.in_backups else "Else they need"
        if not found.in_backups and not found.in_lost_backups and not found.claimed:
            which = "They need"
        lines.append(f"{which} their secrets again: 'nskeys credential edit ID', or in the app.")
    return tuple(lines)


def held_words(item: ReEntry) -> str:
    """Return whether a backup holds its key: `backup 41 holds its key: /mnt/vault/...`."""
    if item.reason is FailureReason.UNREADABLE:
        return "no key opens it: its row cannot be read"
    if item.reason is not FailureReason.KEY_MISSING:
        return "no key opens it: its row was changed after it was sealed, or is damaged"
    copy, claim = item.held_by, item.claimed_by
    held = []
    if copy is not None:
        doubt = "" if copy.counts else f" ({why_not(copy)})"
        held.append(f"{backup_name(copy)} holds its key: {safe(copy.address)}{doubt}")
    if claim is not None:
        held.append(f"{backup_name(claim)} says that it holds its key, {UNVOUCHED}: {safe(claim.address)}")
    return "; ".join(held) or NO_BACKUP


def held_word(item: ReEntry) -> str:
    """Return whether a backup holds its key, for a column: `backup 41`, `in no backup`."""
    if item.reason is FailureReason.UNREADABLE:
        return "row unreadable"
    if item.reason is not FailureReason.KEY_MISSING:
        return "row changed"
    if item.held_by is None:
        return "in no backup" if item.claimed_by is None else f"{backup_name(item.claimed_by)}?"
    return backup_name(item.held_by) if item.held_by.counts else f"{backup_name(item.held_by)}?"


def re_entry_lines(found: ReEntryList) -> tuple[str, ...]:
    """Return the list to print or keep, with a box to tick for each credential."""
    lines = [f"{safe(found.server)}, {when(found.taken)}: {re_entry_sentence(found)}"]
    for item in found.items:
        fields = item.credential.fields
        lines += [
            "",
            f"[ ] {kind_name(fields.kind)}  {safe(fields.name)}",
            f"    target   {safe(fields.target)}",
            f"    account  {safe(fields.account)}",
            f"    changed  {_changed(item.credential)}",
            f"    id       {item.credential.credential_id}",
            f"    why      {_why(item)}",
        ]
    return tuple(lines)


def re_entry_csv(found: ReEntryList) -> str:
    """Return the list as a table, with a heading and CR LF. Times are RFC 3339 in UTC."""
    text = io.StringIO()
    table = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    table.writerow(_COLUMNS)
    table.writerows([_defused(cell) for cell in _cells(item)] for item in found.items)
    return text.getvalue()


def _changed(credential: Credential) -> str:
    unknown = isinstance(credential, UnreadableCredential) and "updated" in credential.ill
    return "at a time that cannot be read" if unknown else when(credential.updated)


def _why(item: ReEntry) -> str:
    if item.reason is FailureReason.KEY_MISSING:
        return f"{failure_words(item.reason)} ({kid_name(item.credential.kid)}); {held_words(item)}"
    return failure_words(item.reason)


def _cells(item: ReEntry) -> Sequence[str]:
    return tuple(_raw_cells(item))


def _raw_cells(item: ReEntry) -> Iterator[str]:
    fields, copy = item.credential.fields, item.held_by or item.claimed_by
    yield from (fields.kind.value, fields.name, fields.target, fields.account)
    yield to_rfc3339(item.credential.updated)
    yield item.reason.value
    yield item.credential.kid
    yield "" if copy is None else copy.backup.archive_name
    yield "" if copy is None else copy.address
    yield "" if copy is None else copy.status.value
    yield "" if copy is None else "yes" if copy.signed else "no"


def _defused(cell: str) -> str:
    """Return the cell in one line, without invisible characters, and never a formula, also behind
    blanks."""
    shown = safe(cell)
    return f"'{shown}" if shown.lstrip().startswith(_CALCULATES) else shown
