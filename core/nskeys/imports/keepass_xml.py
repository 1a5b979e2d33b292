"""The XML that KeePass 2 exports ("KeePass XML (2.x)"): the whole database, nothing encrypted.

    <KeePassFile>
      <Meta><RecycleBinEnabled>True</RecycleBinEnabled><RecycleBinUUID>base64</RecycleBinUUID></Meta>
      <Root><Group><UUID>base64</UUID><Name>Passwords</Name>
        <Entry><String><Key>Password</Key><Value>...</Value></String>... <History>...</History></Entry>
        <Group>...</Group>
      </Group></Root>
    </KeePassFile>

The bin is known by its UUID, so a group that is only called like one is an ordinary group.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, fromstring

from nskeys.errors import ImportUnreadable
from nskeys.imports.kdbx_worker import UNDECODABLE
from nskeys.imports.keepass_references import References
from nskeys.imports.parsing import Collector
from nskeys.model.imports import Deleted, ImportFormat, ParsedExport
from nskeys.reasons import FieldProblem, ImportProblem

DEPTH_LIMIT = 100
"""Groups in groups."""
_TAKEN = {"Title": "name", "UserName": "account", "Password": "secret", "URL": "target", "Notes": "note"}
_NO_BIN = "AAAAAAAAAAAAAAAAAAAAAA=="


@dataclass(frozen=True, slots=True)
class _Entry:
    identity: str
    path: str
    deleted: bool
    texts: Mapping[str, str]
    further: tuple[str, ...]
    """What has no place here."""
    problem: FieldProblem | None
    """Why a value cannot be taken."""


def read(source: str, text: str) -> ParsedExport:
    """Return every entry, with what its references stand for. Raises ImportUnreadable (`xml_syntax`,
    `xml_entities`)."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        # KeePass writes none; an entity could stand for another file or a thousand times its own size.
        raise ImportUnreadable(source, ImportProblem.XML_ENTITIES)
    line = 0
    try:
        # Safe without entities: nothing is expanded and nothing is fetched.
        root = fromstring(text)  # noqa: S314
    except ParseError as error:
        line = error.position[0]
    else:
        return _read(source, root)
    raise ImportUnreadable(source, ImportProblem.XML_SYNTAX, line)


def _read(source: str, root: Element) -> ParsedExport:
    findings = Collector(source, ImportFormat.KEEPASS_XML)
    enabled = root.findtext("Meta/RecycleBinEnabled", "").casefold() != "false"
    bin_id = root.findtext("Meta/RecycleBinUUID", "") if enabled else ""
    entries = [
        entry
        for group in root.findall("Root/Group")
        for entry in _entries(source, group, "", bin_id if bin_id != _NO_BIN else "", deleted=False)
    ]
    references = References((entry.identity, entry.texts) for entry in entries)
    for row, entry in enumerate(entries, 1):
        _read_entry(findings, references, row, entry)
    return findings.parsed()


def _entries(
    source: str, group: Element, above: str, bin_id: str, *, deleted: bool, depth: int = 0
) -> Iterator[_Entry]:
    if depth > DEPTH_LIMIT:
        raise ImportUnreadable(source, ImportProblem.XML_SYNTAX)
    name = group.findtext("Name", "")
    path = f"{above}/{name}" if above else name
    deleted = deleted or (bool(bin_id) and group.findtext("UUID", "") == bin_id)
    for entry in group.findall("Entry"):
        yield _entry(entry, path, deleted)
    for inner in group.findall("Group"):
        yield from _entries(source, inner, path, bin_id, deleted=deleted, depth=depth + 1)


def _entry(element: Element, path: str, deleted: bool) -> _Entry:
    texts, further = dict.fromkeys(_TAKEN.values(), ""), list[str]()
    problem = None
    for string in element.findall("String"):
        key, value = string.findtext("Key", ""), string.find("Value")
        text = "" if value is None else value.text or ""
        problem = problem or _PROTECTED.get("" if value is None else value.get("Protected", "").casefold())
        if key in _TAKEN:
            texts[_TAKEN[key]] = text
        elif text:
            further.append(key)
    further += ["attachments"] * bool(element.findall("Binary"))
    further += ["history"] * bool(element.findall("History/Entry"))
    return _Entry(element.findtext("UUID", ""), path, deleted, texts, tuple(further), problem)


_PROTECTED = {
    # Only the XML inside a database is marked so: its values are encrypted by the database's stream.
    "true": FieldProblem.STILL_ENCRYPTED,
    UNDECODABLE: FieldProblem.NOT_TEXT,
}


def _read_entry(findings: Collector, references: References, row: int, entry: _Entry) -> None:
    title = entry.texts["name"]
    if entry.problem is not None:
        findings.refuse(row, title, "secret", entry.problem)
        return
    texts = {name: references.resolved(text) for name, text in entry.texts.items()}
    pointing = next((name for name, text in texts.items() if text is None), "")
    if pointing:
        findings.refuse(row, title, pointing, FieldProblem.REFERENCE)
        return
    findings.drop(title, entry.further)
    findings.take(
        row,
        group=entry.path,
        title=texts["name"] or "",
        username=texts["account"] or "",
        url=texts["target"] or "",
        notes=texts["note"] or "",
        secret=texts["secret"] or "",
        deleted=Deleted.YES if entry.deleted else Deleted.NO,
        marked=True,
    )
