"""1PUX, the archive that 1Password 8 exports: a ZIP with `export.data` (JSON) and attachments.

{"accounts": [{"vaults": [{"attrs": {"name": "Run-as"}, "items": [
  {"state": "active", "categoryUuid": "001",
   "details": {"loginFields": [{"designation": "username", "value": "..."},
                               {"designation": "password", "value": "..."}],
               "notesPlain": "...", "sections": [...], "passwordHistory": [...]},
   "overview": {"title": "...", "url": "...", "urls": [{"url": "..."}], "tags": ["..."]}}]}]}]}
"""

import io
import zipfile
import zlib
from collections.abc import Iterator

from nskeys.errors import ImportUnreadable
from nskeys.imports.encoding import UTF_8, decode
from nskeys.imports.parsing import Collector, Value, parse, text_of
from nskeys.model.imports import Deleted, ImportFormat, ParsedExport
from nskeys.reasons import FieldProblem, ImportProblem

_MEMBER = "export.data"
_WITH_PASSWORD = frozenset({"001", "005"})
"""Categories: logins, and passwords without an account."""


def read(source: str, data: bytes, limit: int) -> ParsedExport:
    """Return every login of every vault. The JSON in it may have `limit` bytes. Raises ImportUnreadable."""
    text = _member(data, limit)
    if text is None:
        raise ImportUnreadable(source, ImportProblem.ZIP_DAMAGED)
    if len(text) > limit:
        raise ImportUnreadable(source, ImportProblem.TOO_LARGE)
    value = parse(source, decode(source, text, UTF_8)[0])
    if not isinstance(_object(value).get("accounts"), list):
        raise ImportUnreadable(source, ImportProblem.ZIP_DAMAGED)
    findings = Collector(source, ImportFormat.ONEPUX)
    for row, (vault, item) in enumerate(_items(value), 1):
        _read_item(findings, row, vault, item)
    return findings.parsed()


def _member(data: bytes, limit: int) -> bytes | None:
    """Return `export.data`, one byte more than `limit` at most, since the size in its directory may be
    false."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(_MEMBER) as member:
            return member.read(limit + 1)
    except (zipfile.BadZipFile, KeyError, RuntimeError, NotImplementedError, EOFError, OSError, zlib.error):
        return None


def _items(value: Value) -> Iterator[tuple[str, dict[str, Value]]]:
    for account in _objects(_object(value).get("accounts")):
        for vault in _objects(account.get("vaults")):
            name = text_of(_object(vault.get("attrs")).get("name")) or ""
            for item in _objects(vault.get("items")):
                yield name, item


def _read_item(findings: Collector, row: int, vault: str, item: dict[str, Value]) -> None:
    overview, details = _object(item.get("overview")), _object(item.get("details"))
    title = text_of(overview.get("title")) or ""
    if item.get("categoryUuid") not in _WITH_PASSWORD:
        findings.refuse(row, title, "type", FieldProblem.NOT_A_LOGIN)
        return
    fields = {
        field.get("designation"): field.get("value") for field in _objects(details.get("loginFields"))
    }
    urls = [text_of(url.get("url")) for url in _objects(overview.get("urls"))]
    texts = {
        "account": text_of(fields.get("username")),
        "secret": text_of(fields.get("password") or details.get("password")),
        "target": text_of(overview.get("url")) or next(filter(None, urls), ""),
        "note": text_of(details.get("notesPlain")),
    }
    for name, text in texts.items():
        if text is None:
            findings.refuse(row, title, name, FieldProblem.WRONG_TYPE)
            return
    tags = overview.get("tags")
    groups = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    findings.drop(title, _dropped(item, details, fields, urls))
    findings.take(
        row,
        group=vault,
        title=title,
        username=texts["account"] or "",
        url=texts["target"] or "",
        notes=texts["note"] or "",
        secret=texts["secret"] or "",
        further=tuple(groups),
        deleted=Deleted.YES if item.get("state") in ("trashed", "deleted") else Deleted.NO,
    )


def _dropped(
    item: dict[str, Value], details: dict[str, Value], fields: dict[Value, Value], urls: list[str | None]
) -> Iterator[str]:
    if len(set(filter(None, urls))) > 1:
        yield "urls"
    if any(value for name, value in fields.items() if name not in ("username", "password")):
        yield "loginFields"
    if any(_objects(section.get("fields")) for section in _objects(details.get("sections"))):
        yield "sections"
    yield from (name for name in ("passwordHistory", "documentAttributes", "passkey") if details.get(name))
    if item.get("file"):
        yield "file"


def _object(value: Value) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}


def _objects(value: Value) -> list[dict[str, Value]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
