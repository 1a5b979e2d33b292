"""Thirty texts that a terminal would obey, a markup would take for its own, or a reader would not see."""

SENTINELS = (
    "\x1b[2Jescape",
    "\x1b]0;title\x07osc",
    "\x1b]52;c;bGVhaw==\x07clipboard",
    "\x1b]8;;http://evil.example\x1b\\link",
    "\x1bPq#0~\x1b\\sixel",
    "\x1b[6n\x1b[c report",
    "\x1b[?1049h screen",
    "\x1b(0 charset",
    "\x9b31mcsi",
    "\x9d0;title\x9costring",
    "\x90dcs\x9c",
    "\x07bell",
    "\x08\x08\x08back",
    "\x0bvertical",
    "\x0cform",
    "\x0eshift",
    "\x7fdelete",
    "\x85next",
    "\u202egnp.exe",
    "\u2066isolate\u2069",
    "\u200fmark",
    "\u061carabic",
    "\u2028line",
    "\u2029paragraph",
    "\u200bzero",
    "\ufeffbom",
    "\U000e0041tag",
    "[bold red]markup[/]",
    "[/closing] [@click=app.quit]x[/]",
    "[link=file:///etc/passwd]y",
)
assert len(SENTINELS) == 30

_RANGES = ((0x00, 0x1F), (0x7F, 0x9F), (0x202A, 0x202E), (0x2066, 0x2069), (0xE0000, 0xE007F))
_SINGLE = "\u00ad\u061c\u200b\u200e\u200f\u2028\u2029\u2060\ufeff"
OBEYED = {chr(code) for first, last in _RANGES for code in range(first, last + 1)} | set(_SINGLE)
"""What no terminal must get from outside; of the controls a program's own lines need the line feed."""


def obeyed(text: str) -> set[str]:
    """What of `text` a terminal would obey or a reader not see."""
    return OBEYED.intersection(text) - {"\n"}
