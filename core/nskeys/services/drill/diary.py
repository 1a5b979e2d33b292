"""The diary of drills: read for people, and written a line at a time.

Lines are signed by the server key. On a machine without this server's keys, or where nobody gives what
opens them, a line is written unsigned: it is shown with a mark and proves nothing.
"""

from dataclasses import replace

from nskeys.crypto.signing import sign, verify
from nskeys.errors import NskeysError
from nskeys.model.audit import Action
from nskeys.model.diary import Diary, DiaryFate, DrillEnd, DrillEntry
from nskeys.model.diary_json import from_text, to_text
from nskeys.model.secret import SecretBytes
from nskeys.ports import CmdbChange, DrillRow, OpenKeyStore, nobody
from nskeys.services.drill.lines import begun, end_of
from nskeys.services.installation import Installation
from nskeys.services.register.service import RegisterService
from nskeys.services.settling import unlocked
from nskeys.services.transaction import changes_with, write_note

_DOING = "recording a drill"


class DiaryService:
    """Reads the diary, and writes lines outside any other change."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def read(self, limit: int = 1_000) -> Diary:
        """Return the last lines, newest first. Raises NotSetUp where there is no CMDB."""
        installation = self._installation
        with installation.cmdb.reading() as view:
            rows, notes = view.drill_rows(limit), view.notes()
        public = installation.server_public()
        # Nothing vouches for a note: it was written where the server key was not at hand.
        rows = (*rows, *(DrillRow(0, text, None) for text in notes))
        entries = [entry for row in rows if (entry := _entry(row, public)) is not None]
        entries.sort(key=lambda entry: (entry.began, entry.number), reverse=True)
        return Diary(tuple(entries[:limit]), len(rows) - len(entries))

    def note(self, entry: DrillEntry) -> tuple[DiaryFate, NskeysError | None]:
        """Write a line by itself: signed where this server's keys open without a person, else unsigned. An
        error on writing is returned and not raised, since the drill itself is done."""
        installation = self._installation
        try:
            if not installation.key_store.exists():
                if installation.cmdb.outdated():
                    return DiaryFate.NOT_WRITTEN, None  # only its own server may upgrade it
                return self._write(entry, None), None
            if not installation.protectors(installation.key_store.info().protector).asks:
                with unlocked(installation, nobody) as keys:
                    return self._write(entry, keys), None
            return self._write(entry, None), None
        except NskeysError as error:
            return DiaryFate.NOT_WRITTEN, error

    def could_not_read(self, address: str, error: NskeysError) -> None:
        """Write that a registered key backup could not be tried, because it is gone, damaged or out of
        reach; nothing about any other file."""
        installation = self._installation
        end = end_of(error, 0)
        if end is None or not installation.cmdb.exists():
            return
        try:
            destination, name = installation.destinations.source(address)
            full = destination.address_of(name)
            copies = RegisterService(installation).copies(look=False)
        except NskeysError:
            return
        known = next((copy.backup for copy in copies if copy.address == full), None)
        if known is not None:
            entry = begun(installation, full, installation.clock.now(), end)
            self.note(replace(entry, archive_sha256=known.archive_sha256, generation=known.generation))

    def _write(self, entry: DrillEntry, keys: OpenKeyStore | None) -> DiaryFate:
        installation = self._installation
        proven = entry.end is DrillEnd.PROVEN
        event = installation.event(
            Action.DRILLED if proven else Action.DRILL_FAILED,
            entry.address,
            **({"opened": entry.opened, "failed": entry.failed} if proven else {"end": entry.end.value}),
        )
        if keys is None:
            write_note(installation, _DOING, to_text(entry))
            return DiaryFate.UNSIGNED
        with changes_with(installation, keys, _DOING) as changes, changes.signed(event) as change:
            write_line(change, entry, changes.server_key)
        return DiaryFate.SIGNED


def write_line(change: CmdbChange, entry: DrillEntry, server_key: SecretBytes) -> None:
    """Write one signed line in the caller's transaction."""
    text = to_text(entry)
    change.write_drill(text, sign(server_key, "drill", text.encode("utf-8")))


def _entry(row: DrillRow, public: bytes | None) -> DrillEntry | None:
    try:
        entry = from_text(row.text)
    except ValueError:
        return None
    text = row.text.encode("utf-8")
    vouched = public is not None and row.signature is not None
    signed = vouched and verify(public or b"", "drill", text, row.signature or b"")
    return replace(entry, number=row.number, signed=signed)
