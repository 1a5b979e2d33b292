"""How a terminal wants to be painted, as its environment says: on a light or a dark background, in plain
ASCII, without colours."""

from collections.abc import Mapping
from types import MappingProxyType

ASCII = str.maketrans(
    {
        sign: plain
        for plain, signs in {
            "-": "─━▔▁·–—",
            "=": "═",
            "|": "│┃║▏▕▂▃▅▆▇",
            "+": "╭╮╰╯┌┐└┘├┤┬┴┼╔╗╚╝✓✔",
            "#": "█▉▊▋▌▐▀▄▒▓",
            ".": "░",
            "*": "•●◉",
            "o": "○",
            "~": "…",
            "x": "×✗✘",
            ">": "→▸▶",
            "<": "←◂◀⏎",
            "^": "↑▲",
            "v": "↓▼",
            "?": "▯",
            "'": "‘’",
            '"': "“”",
        }.items()
        for sign in signs
    }
)
"""Every sign the program draws with, and an ASCII sign of the same width."""


def wants_ascii(environment: Mapping[str, str], encoding: str) -> bool:
    """Return whether this terminal draws only ASCII: the Linux console, old terminals, other encodings than
    UTF-8, a locale that knows no more. `NSKEYS_ASCII` overrides this (`0` for no)."""
    if chosen := environment.get("NSKEYS_ASCII"):
        return chosen != "0"
    if environment.get("LC_ALL") in ("C", "POSIX"):
        return True  # Python writes UTF-8 in that locale all the same
    kind = environment.get("TERM", "")
    return kind.startswith(("linux", "vt1", "vt2", "dumb")) or "utf" not in encoding.lower()


def wants_light(environment: Mapping[str, str]) -> bool:
    """Return whether the background is light: what `NSKEYS_THEME` says, else the terminal's `COLORFGBG`."""
    chosen = environment.get("NSKEYS_THEME", "")
    background = environment.get("COLORFGBG", "").rpartition(";")[2]
    return chosen == "light" if chosen in ("light", "dark") else background in ("7", "15")


def sgr_of(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return the parameters of the SGR sequence of each paint of `spans.Span`."""
    if "NO_COLOR" in environment:
        return _PLAIN
    return _LIGHT if wants_light(environment) else _DARK


_PLAIN: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("", "hint", "good"), ""),
        **dict.fromkeys(("bold", "accent", "warning", "error"), "1"),
        **dict.fromkeys(("dim", "quiet"), "2"),
        "reverse": "7",
    }
)


def _coloured(accent: str, warning: str) -> Mapping[str, str]:
    colours = {
        "hint": accent,
        "accent": f"1;{accent}",
        "warning": f"1;{warning}",
        "error": "1;31",
        "good": "32",
    }
    return MappingProxyType({**_PLAIN, **colours})


_DARK = _coloured(accent="36", warning="33")
"""Cyan and yellow."""
_LIGHT = _coloured(accent="34", warning="35")
"""Blue and magenta, for where those can hardly be read."""


MODES_OFF = b"\x1b[?2004l\x1b[?7h\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
"""Paste brackets, keyboard protocol, alternate screen and focus reports off; line wrap and cursor on."""
