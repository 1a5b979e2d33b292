"""What a person is asked about the columns of a CSV."""

from collections.abc import Mapping, Sequence

from nskeys.model.imports import ENCODINGS, NEEDED_FIELDS, CsvPreview
from nskeys.wording.fields import field_label
from nskeys.wording.imports import delimiter_name
from nskeys.wording.text.sentence import listed
from nskeys.wording.text.terminal import fit, pad, safe

COLUMNS_HELP = (
    "No program that nskeys knows wrote this CSV: say what its columns hold. Move to a column and press "
    "the key of what it holds; the same key again takes that back. Name, account and secret are needed."
)
COLUMN_KEYS = (
    "The column holds: n name, a account, s secret, t target, o note, f group, i kind. "
    "e encoding, d delimiter, r remember, u use."
)
ENCODING_HELP = (
    "The file does not say in which code page it was saved. Choose that of the computer it comes from."
)
REMEMBER_PROMPT = "The next CSV with these columns is read by this name."
HIDDEN = "********"
_FIELD_CELLS = 8
_SECRETS = (
    *("pass", "pwd", "secret", "kennwort", "geheim", "mot de passe", "contrase", "senha", "parola", "hasl"),
    *(
        "heslo",
        "wachtwoord",
        "\u043f\u0430\u0440\u043e\u043b",
        "\u5bc6\u7801",
        "\u30d1\u30b9",
    ),
)
"""Parts of what columns with passwords are called, in some languages; their cells are hidden."""
_ENCODING_NAMES: Mapping[str, str] = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "cp1250": "Windows-1250, Central Europe",
    "cp1251": "Windows-1251, Cyrillic",
    "cp1252": "Windows-1252, Western Europe",
    "cp1253": "Windows-1253, Greek",
    "cp1254": "Windows-1254, Turkish",
    "cp1257": "Windows-1257, Baltic",
    "cp437": "DOS 437, United States",
    "cp850": "DOS 850, Western Europe",
    "cp852": "DOS 852, Central Europe",
    "cp866": "DOS 866, Cyrillic",
    "iso-8859-1": "ISO 8859-1, Western Europe",
    "iso-8859-2": "ISO 8859-2, Central Europe",
    "iso-8859-15": "ISO 8859-15, with the euro sign",
    "shift_jis": "Shift JIS, Japanese",
    "gbk": "GBK, Chinese",
    "big5": "Big5, Chinese in traditional characters",
    "euc-kr": "EUC-KR, Korean",
}


def encodings() -> tuple[tuple[str, str], ...]:
    """Return each encoding with its name and where it is used."""
    return tuple((name, _ENCODING_NAMES[name]) for name in ENCODINGS)


def column_line(preview: CsvPreview, place: int, held: str) -> str:
    """Return what a column holds and its first cells: `account   LAB\\svc, LAB\\till`. Secrets are
    hidden, also where only the column's name says that it holds some."""
    cells = [row[place] for row in preview.rows if row[place]]
    name = preview.columns[place].casefold()
    if held == "secret" or (not held and any(word in name for word in _SECRETS)):
        cells = [HIDDEN for _ in cells]
    what = pad(field_label(held).lower() if held else "", _FIELD_CELLS)
    return f"{what}  {', '.join(fit(safe(cell), 24) for cell in cells)}"


def reading_line(preview: CsvPreview) -> str:
    """Return how the file was read: `Read as UTF-8, with semicolons between the cells.`"""
    encoding = _ENCODING_NAMES.get(preview.reading.encoding, preview.reading.encoding)
    return f"Read as {encoding}, with {delimiter_name(preview.reading.delimiter)} between the cells."


def missing_line(held: Sequence[str]) -> str:
    """Return which columns are still needed; empty where none is."""
    missing = tuple(field_label(name).lower() for name in NEEDED_FIELDS if name not in held)
    return f"Still needed: {listed(missing)}." if missing else ""
