"""From the bytes of a file to its text: an encoding that shows in the bytes is recognised, any other is
asked for."""

from nskeys.errors import ImportUnreadable
from nskeys.reasons import ImportProblem

UTF_8, UTF_16 = "utf-8", "utf-16"
_MARKS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_SAMPLE = 4_096
_FEW_ZEROS = 8
"""As many zeros in every other byte alone are no chance."""


def decode(source: str, data: bytes, given: str = "") -> tuple[str, str]:
    """Return the text without a byte order mark, and the encoding it was read in. Raises ImportUnreadable.

    UTF-8 (RFC 3629) and UTF-16 (RFC 2781) are told by their bytes. Any other bytes are text in every
    code page, so `code_page` asks for `given`; what is not valid in that is `not_in_encoding`. Both have
    the line. Text that is UTF-8 and not ASCII is not read in a code page that was given: it would be
    stored changed (`utf8`). Bytes with zeros are text in none (`unknown_format`).
    """
    detected = _detected(data)
    if given and given != UTF_16 and detected != UTF_8:
        # A code page has no NUL bytes: read as one, UTF-16 would be stored with a NUL between its letters.
        raise ImportUnreadable(source, ImportProblem.UTF16)
    encoding = given if given not in ("", UTF_16) else detected
    if given == UTF_16 and detected == UTF_8:
        raise ImportUnreadable(source, ImportProblem.NOT_IN_ENCODING, 1)
    if encoding == UTF_8:
        encoding = "utf-8-sig"
    elif detected == UTF_8 and not data.isascii() and _is_utf8(data):
        raise ImportUnreadable(source, ImportProblem.UTF8)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].decode(encoding, "replace").count("\n") + 1
    else:
        known = UTF_16 if encoding.startswith(UTF_16) else given or UTF_8
        return text.removeprefix("\ufeff"), known
    # Raised here and not in the handler: UnicodeDecodeError carries the whole file.
    if detected == UTF_8 and 0 in data:
        raise ImportUnreadable(source, ImportProblem.UNKNOWN_FORMAT)
    asked = bool(given) or detected != UTF_8
    raise ImportUnreadable(
        source, ImportProblem.NOT_IN_ENCODING if asked else ImportProblem.CODE_PAGE, line
    )


def _detected(data: bytes) -> str:
    """Return UTF-16 by its mark, or by zeros in every other byte, of which separators alone have some;
    else UTF-8."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    sample = data[:_SAMPLE]
    half = max(len(sample) // 2, 1)
    least = min(half // 2 + 1, _FEW_ZEROS)
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd >= least and not even:
        return "utf-16-le"
    if even >= least and not odd:
        return "utf-16-be"
    return UTF_8


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode(UTF_8)
    except UnicodeDecodeError:
        return False
    return True
