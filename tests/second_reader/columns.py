"""The columns of the CMDB's tables (section 14)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column: its name, what it holds (`number`, `text` or `bytes`), whether it may be null."""

    name: str
    type: str
    nullable: bool = False


def columns(numbers: str = "", texts: str = "", octets: str = "", order: str = "") -> tuple[Column, ...]:
    """Make the columns of a table; a name that ends in `?` may be null; `order` puts them in order."""
    found = {}
    for type_name, names in (("number", numbers), ("text", texts), ("bytes", octets)):
        for name in names.split():
            found[name.rstrip("?")] = Column(name.rstrip("?"), type_name, name.endswith("?"))
    return tuple(found[name] for name in (order.split() or found))


COLUMNS: dict[str, tuple[Column, ...]] = {
    "meta": columns(texts="name value"),
    "keys": columns(
        numbers="key_no created state_since seals resealed counted"
        " hierarchy_rows pcanywhere_rows run_as_rows",
        texts="kid state hierarchy_number_sum pcanywhere_number_sum run_as_number_sum",
        octets="row_sum",
    ),
    "credentials": columns(
        numbers="key_no number created updated",
        texts="id kind name target account note",
        octets="sealed",
        order="id key_no kind name target account note number created updated sealed",
    ),
    "register": columns("number", "kms_sha256 address body", "signature?"),
    "recovery": columns("number", "body", "signature"),
    "statements": columns("number", "label body", "signature"),
    "drills": columns("number", "body", "signature?"),
    "rotations": columns("number begun changed gate_skipped", "kid stage"),
    "audit": columns("no", "line", "digest"),
    "checkpoint": columns("one", "body", "signature"),
}
