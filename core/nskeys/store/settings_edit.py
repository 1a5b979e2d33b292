"""Editing the text of `config.toml` so that comments and layout stay.

The text is cut into the part before the first `[[destination]]`, `[retention]` or `[columns]` and one
block for each of these, with the comment lines directly above its header. Blocks are kept, dropped and
added whole.
"""

import re
import tomllib
from itertools import pairwise

import tomlkit
from tomlkit.exceptions import TOMLKitError

from nskeys.model.destinations import DestinationInfo
from nskeys.model.imports import Reading
from nskeys.model.monitoring import CHECK_DAYS, DATABASE_CHECK_DAYS, DRILL_DAYS, EXPOSURE_HOURS
from nskeys.model.retention import DEFAULT_RETENTION, Retention
from nskeys.ports import Settings

_HEADER = re.compile(r"\s*(\[\[\s*destination\s*\]\]|\[\s*(?:retention|columns)\s*\])\s*(#[^\n]*)?\n?")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def changed(text: str, settings: Settings) -> str | None:
    """Return `text`, which is TOML, with these settings; None where its layout cannot be edited here. The
    caller parses the result and compares."""
    head, *blocks = _cut(text)
    try:
        found = [(block, tomllib.loads(block)) for block in blocks]
        present = {
            table["destination"][0]["address"]: block for block, table in found if "destination" in table
        }
        retained = [block for block, table in found if "retention" in table]
        named = [block for block, table in found if "columns" in table]
        columns = _changed_columns(head, named, settings.columns)
        retention = _changed_retention(head, retained, settings.retention)
        places = [
            _changed_block(present.get(info.address, _block_for(info.address)), info)
            for info in settings.destinations
        ]
        # What stood first stays first.
        rest = [*retention, *places] if retained == blocks[:1] else [*places, *retention]
        parts = [_changed_head(head, settings), *rest, *columns]
    except (tomllib.TOMLDecodeError, TOMLKitError):
        return None
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _cut(text: str) -> list[str]:
    """Return the head, then the block of each destination and of the retention."""
    lines = _LINE.findall(text)
    starts = []
    for number, line in enumerate(lines):
        if _HEADER.fullmatch(line):
            while number > 0 and lines[number - 1].startswith("#"):
                number -= 1
            starts.append(number)
    return ["".join(lines[start:end]) for start, end in pairwise([0, *starts, len(lines)])]


def _changed_head(head: str, settings: Settings) -> str:
    document = tomlkit.parse(head)
    if document.get("server_name") != settings.server_name:
        document["server_name"] = settings.server_name
    for name, value in (
        ("cmdb", settings.cmdb),
        ("source", settings.source),
        ("default_destination", settings.default_destination),
    ):
        if value and document.get(name) != value:
            document[name] = value
        elif not value:
            document.pop(name, None)
    for name, number, default in (
        ("drill_days", settings.drill_days, DRILL_DAYS),
        ("check_days", settings.check_days, CHECK_DAYS),
        ("exposure_hours", settings.exposure_hours, EXPOSURE_HOURS),
        ("database_check_days", settings.database_check_days, DATABASE_CHECK_DAYS),
    ):
        if document.get(name, default) != number:
            document[name] = number
    for name in ("audit_journal", "audit_syslog"):
        wanted = getattr(settings, name)
        if wanted is None:
            document.pop(name, None)
        elif document.get(name) != wanted:
            document[name] = wanted
    return tomlkit.dumps(document)


def _changed_retention(head: str, blocks: list[str], wanted: Retention) -> list[str]:
    """Return the block of the retention, unchanged where it says what is wanted; none where nothing needs
    saying."""
    present = tomllib.loads("".join([head, *blocks])).get("retention", {})
    if DEFAULT_RETENTION._replace(**present) == wanted:
        return blocks
    return [tomlkit.dumps({"retention": wanted._asdict()})]


def _changed_columns(head: str, blocks: list[str], wanted: tuple[tuple[str, Reading], ...]) -> list[str]:
    """The block of the columns; those that say what is wanted stay as they are."""
    document = tomlkit.parse("".join(blocks) or "[columns]\n")
    if not wanted or "columns" in tomllib.loads(head):
        return blocks
    table = document["columns"]
    for name, reading in wanted:
        told = {**dict(reading.columns), "encoding": reading.encoding, "delimiter": reading.delimiter}
        told = {key: value for key, value in told.items() if value}
        if table.get(name) != told:
            inline = tomlkit.inline_table()
            inline.update(told)
            table[name] = inline
    return [tomlkit.dumps(document)]


def _block_for(address: str) -> str:
    table = tomlkit.table()
    table["address"] = address
    return tomlkit.dumps({"destination": [table]})


def _changed_block(block: str, info: DestinationInfo) -> str:
    document = tomlkit.parse(block.rstrip() + "\n")
    table = document["destination"][0]
    for name, value in (("elsewhere", info.declared_elsewhere), ("key_file", info.key_file)):
        if value and table.get(name) != value:
            table[name] = value
        elif not value:
            table.pop(name, None)
    mounted_values = info.mounted._asdict() if info.mounted is not None else {}
    mounted = {name: value for name, value in mounted_values.items() if value}
    if mounted and table.get("mounted") != mounted:
        inline = tomlkit.inline_table()
        inline.update(mounted)
        table["mounted"] = inline
    elif not mounted:
        table.pop("mounted", None)
    return tomlkit.dumps(document)
