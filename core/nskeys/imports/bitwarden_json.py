"""The JSON that Bitwarden exports: an individual vault's, or an organization's; under a password in
`bitwarden_encrypted`.

    {"encrypted": false,
     "folders": [{"id": "...", "name": "Run-as/EMEA"}],              (an organization: "collections")
     "items": [{"type": 1, "name": "...", "notes": null, "folderId": "...", "collectionIds": null,
                "login": {"uris": [{"match": null, "uri": "..."}], "username": "...",
                          "password": "...", "totp": null, "fido2Credentials": []},
                "favorite": false, "reprompt": 0, "fields": [...], "passwordHistory": null, ...}]}

`type`: 1 login, 2 secure note, 3 card, 4 identity, 5 SSH key, and later more.
"""

from collections.abc import Iterator, Mapping

from nskeys.errors import ImportUnreadable
from nskeys.imports import bitwarden_encrypted
from nskeys.imports.parsing import Collector, Value, parse, text_of
from nskeys.model.imports import Deleted, ImportFormat, ParsedExport
from nskeys.ports import ExportUnlock
from nskeys.reasons import FieldProblem, ImportProblem

_LOGIN = 1
_STRUCTURE = frozenset(
    {
        "object",
        "id",
        "organizationId",
        "folderId",
        "collectionIds",
        "type",
        "name",
        "notes",
        "login",
        "deletedDate",
    }
)
"""Names of an item that are understood, or that only say where it hangs in Bitwarden."""
_TELLING = frozenset({"type", "login", "folderId", "collectionIds", "reprompt"})
_LOGIN_TAKEN = frozenset({"uris", "username", "password"})


def matches(value: Value) -> bool:
    """Return whether this is an export of Bitwarden, encrypted or not: other vaults have a list `items`
    too."""
    if not isinstance(value, dict):
        return False
    if value.get("encrypted") is True:
        return bitwarden_encrypted.matches(value)
    items = value.get("items")
    return value.get("encrypted") is False and isinstance(items, list) and not _of_others(items)


def _of_others(items: list[Value]) -> bool:
    """Return whether no item has a name that Bitwarden's items have."""
    held = [one.keys() for one in items if isinstance(one, dict)]
    return len(held) == len(items) and any(held) and not any(names & _TELLING for names in held)


def read(source: str, value: Value, unlock: ExportUnlock) -> ParsedExport:
    """Return every login; those in the trash are marked as deleted. Other items have no account to log in
    with and are bad rows. Asks for the password of an export that has one."""
    if isinstance(value, dict) and value.get("encrypted") is True:
        value = parse(source, bitwarden_encrypted.opened(source, value, unlock))
    if not matches(value) or not isinstance(value, dict):
        raise ImportUnreadable(source, ImportProblem.ENCRYPTED)
    items = value["items"]
    places = {**_places(value.get("folders")), **_places(value.get("collections"))}
    findings = Collector(source, ImportFormat.BITWARDEN_JSON)
    for row, item in enumerate(items if isinstance(items, list) else (), 1):
        if isinstance(item, dict):
            _read_item(findings, places, row, item)
        else:
            findings.refuse(row, "", "row", FieldProblem.NOT_AN_OBJECT)
    return findings.parsed()


def _read_item(findings: Collector, places: Mapping[str, str], row: int, item: dict[str, Value]) -> None:
    title = text_of(item.get("name"))
    if title is None:
        findings.refuse(row, "", "name", FieldProblem.WRONG_TYPE)
        return
    login = item.get("login") or {}
    if item.get("type") != _LOGIN or not isinstance(login, dict):
        findings.refuse(row, title, "type", FieldProblem.NOT_A_LOGIN)
        return
    uris = _uris(login.get("uris"))
    texts = {
        "account": text_of(login.get("username")),
        "secret": text_of(login.get("password")),
        "target": uris[0] if uris else "",
        "note": text_of(item.get("notes")),
    }
    for field, text in texts.items():
        if text is None:
            findings.refuse(row, title, field, FieldProblem.WRONG_TYPE)
            return
    held = _ids(item)
    groups = [places.get(identity, "") for identity in held]
    findings.drop(title, _dropped(item, login, several=(len(held) > 1, len(uris) > 1)))
    findings.take(
        row,
        group=groups[0] if groups else "",
        title=title,
        username=texts["account"] or "",
        url=texts["target"] or "",
        notes=texts["note"] or "",
        secret=texts["secret"] or "",
        further=tuple(filter(None, groups[1:])),
        deleted=Deleted.YES if item.get("deletedDate") else Deleted.NO,
    )


def _places(value: Value) -> dict[str, str]:
    """Return the names of folders or collections by id."""
    found = {}
    for place in value if isinstance(value, list) else ():
        if isinstance(place, dict):
            identity, name = place.get("id"), place.get("name")
            if isinstance(identity, str) and isinstance(name, str):
                found[identity] = name
    return found


def _ids(item: Mapping[str, Value]) -> list[str]:
    """Return the folder, then the collections that an item lies in."""
    collections = item.get("collectionIds")
    held = [item.get("folderId"), *(collections if isinstance(collections, list) else ())]
    return [identity for identity in held if isinstance(identity, str)]


def _uris(value: Value) -> list[str | None]:
    """Return each URI as text, None for one that is no text; those that are empty say nothing."""
    entries = value if isinstance(value, list) else []
    texts = [text_of(entry.get("uri")) if isinstance(entry, dict) else None for entry in entries]
    return [text for text in texts if text != ""]


def _dropped(
    item: Mapping[str, Value], login: Mapping[str, Value], several: tuple[bool, bool]
) -> Iterator[str]:
    collections, uris = several
    if collections:
        yield "collectionIds"
    if uris:
        yield "login.uris"
    yield from (name for name, value in item.items() if value and name not in _STRUCTURE)
    yield from (f"login.{name}" for name, value in login.items() if value and name not in _LOGIN_TAKEN)
