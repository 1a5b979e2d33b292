"""Outside text on a terminal: made safe, measured in cells, cut, padded and wrapped."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

ELLIPSIS = "…"

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
"""Assigned, yet drawn as nothing: with them two different names could look the same."""
_ZWNJ, _ZWJ, _TEXT_STYLE, _EMOJI_STYLE = "\u200c", "\u200d", "\ufe0e", "\ufe0f"
_KEYCAP, _KEYCAP_BASES = "\u20e3", "#*0123456789"
_VIRAMA = 9
"""Combining class of the signs after which Indic scripts write joiners (RFC 5892, A.1 and A.2)."""
_CLUSTER_LIMIT = 31
"""A base and 30 marks, as in the Stream-Safe Text Format (Unicode Standard Annex 15, 13)."""


def safe(text: str) -> str:
    """Return `text` in one line, with nothing in it that a terminal obeys or a reader cannot see.

    Written as escapes are controls (C0, C1, DEL), format characters (bidi controls, tags, zero-width ones),
    line and paragraph separators, surrogates, private and unassigned characters, and marks without a base.
    All else stays: CJK, combining marks, emoji, and a joiner or variation selector where it changes what is
    drawn. `safe(safe(text)) == safe(text)`.
    """
    if _is_plain(text):
        return text
    written = []
    cluster = ""
    for character, following in zip(text, [*text[1:], ""], strict=True):
        if not _may_stay(cluster, character, following):
            written.append(_escape(character))
            cluster = ""
        else:
            written.append(character)
            cluster = cluster + character if _attaches(cluster, character) else character
    return "".join(written)


def safe_lines(text: str) -> list[str]:
    """Return each line of `text`, made safe; line breaks are LF and CR LF."""
    return [safe(line) for line in text.replace("\r\n", "\n").split("\n")]


def width(text: str) -> int:
    """Return how many cells safe `text` takes, after Unicode Standard Annex 11."""
    if _is_plain(text):
        return len(text)
    return sum(_cells(cluster) for cluster in _clusters(text))


def fit(text: str, cells: int, *, ellipsis: str = ELLIPSIS) -> str:
    """Return safe `text` in at most `cells` cells; the end of a longer one is replaced by `ellipsis`."""
    if width(text) <= cells:
        return text
    room = cells - width(ellipsis)
    if room < 0:
        return ""
    kept = []
    for cluster in _clusters(text):
        room -= _cells(cluster)
        if room < 0:
            break
        kept.append(cluster)
    return "".join(kept) + ellipsis


def middle(text: str, cells: int, ellipsis: str = ELLIPSIS) -> str:
    """Return safe `text` in at most `cells` cells; `ellipsis` stands for the middle of a longer one, since
    both ends of a path say more."""
    if width(text) <= cells:
        return text
    room = cells - width(ellipsis)
    if room < 2:
        return fit(text, cells, ellipsis=ellipsis)
    end = ""
    for cluster in reversed(list(_clusters(text))):
        if width(cluster + end) > (room + 1) // 2:
            break
        end = cluster + end
    return fit(text, room - width(end), ellipsis="") + ellipsis + end


def pad(text: str, cells: int, *, right: bool = False, ellipsis: str = ELLIPSIS) -> str:
    """Return safe `text` in exactly `cells` cells, cut or filled up with spaces (`right`: in front)."""
    fitted = fit(text, cells, ellipsis=ellipsis)
    spaces = " " * (cells - width(fitted))
    return spaces + fitted if right else fitted + spaces


def shown(text: str, cells: int = 200) -> str:
    """Return outside text as a part of a sentence: safe, cut where it is too long, named where it is
    empty."""
    return fit(safe(text), cells) or "(empty)"


def _is_plain(text: str) -> bool:
    """Return whether the text is printable Latin throughout: every character is safe and takes one cell."""
    return text.isprintable() and max(text, default="") < "\u0300"


def _escape(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _may_stay(cluster: str, character: str, following: str) -> bool:
    if character in (_ZWJ, _ZWNJ):
        return _joins(cluster, character, following)
    if character in _BLANK or unicodedata.category(character) in _UNSEEN:
        return False
    if _is_selector(character):
        return _selects(cluster, character, following)
    return not _is_mark(character) or 0 < len(cluster) < _CLUSTER_LIMIT


def _joins(cluster: str, joiner: str, following: str) -> bool:
    """Return whether a joiner is spelling: after a virama, in an emoji sequence, in Arabic script."""
    if not cluster or len(cluster) >= _CLUSTER_LIMIT:
        return False
    if unicodedata.combining(cluster[-1]) == _VIRAMA:
        return True
    if joiner == _ZWJ:
        return cluster[-1] != _ZWJ and _is_picture(cluster[0]) and _is_picture(following)
    return cluster[-1] != _ZWNJ and _is_arabic(cluster[0]) and _is_arabic(following)


def _selects(cluster: str, selector: str, following: str) -> bool:
    """Return whether a variation selector follows a character that it can vary; elsewhere it is only
    invisible."""
    if selector not in (_TEXT_STYLE, _EMOJI_STYLE):
        return len(cluster) == 1 and _is_wide(cluster)
    if not cluster or _is_selector(cluster[-1]):
        return False
    return _is_picture(cluster[-1]) or (cluster in _KEYCAP_BASES and following == _KEYCAP)


def _attaches(cluster: str, character: str) -> bool:
    """Return whether `character` is drawn together with what stands before it."""
    if not cluster:
        return False
    if character in (_ZWJ, _ZWNJ) or cluster[-1] == _ZWJ or _is_mark(character):
        return True
    return _is_skin_tone(character) and _is_picture(cluster[0])


def _clusters(text: str) -> Iterator[str]:
    cluster = ""
    for character in text:
        if _attaches(cluster, character):
            cluster += character
        else:
            if cluster:
                yield cluster
            cluster = character
    if cluster:
        yield cluster


def _cells(cluster: str) -> int:
    base = cluster[0]
    if _is_mark(base) or unicodedata.category(base) in _UNSEEN or _is_joined_jamo(base):
        return 0
    return 2 if _EMOJI_STYLE in cluster or _is_wide(base) else 1


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


def _is_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in ("W", "F")


def _is_joined_jamo(character: str) -> bool:
    """Return whether it is a Hangul vowel or final, drawn inside the cell of the initial before it."""
    return "\u1160" <= character <= "\u11ff" or "\ud7b0" <= character <= "\ud7ff"


def _is_picture(character: str) -> bool:
    """Return whether it is an emoji, approximately: an assigned symbol of the blocks that hold them."""
    if not ("\u2190" <= character <= "\u2bff" or "\U0001f000" <= character <= "\U0001faff"):
        return False
    return unicodedata.category(character) in ("So", "Sm")


def _is_skin_tone(character: str) -> bool:
    return "\U0001f3fb" <= character <= "\U0001f3ff"


def _is_arabic(character: str) -> bool:
    return character != "" and unicodedata.bidirectional(character) == "AL" and character.isalpha()


_PIECE = 8
"""Cells at the end of a line from which it is worth beginning a word that needs several lines anyway."""


def broken(text: str, cells: int) -> list[str]:
    """Return lines of at most `cells` (2 or more), broken at spaces; a word longer than a line is broken
    anywhere. Nothing is left out, since the end of a path says most. At least one line, empty for no
    text."""
    lines, line = [], ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if width(joined) <= cells:
            line = joined
            continue
        if line and (width(word) <= cells or cells - width(line) - 1 < _PIECE):
            lines.append(line)
            joined = word
        while width(joined) > cells:
            head = _head(joined, cells)
            lines.append(head)
            joined = joined[len(head) :]
        line = joined
    return [*lines, line]


def _head(word: str, cells: int) -> str:
    """Return as much of a word as fits, and at least one character, so that a loop over a character wider
    than the line ends."""
    return fit(word, cells, ellipsis="") or word[:1]
