"""The look of the program: two themes that keep the terminal's own colours, and a mode for plain ASCII.

Text and background are the terminal's own, and only a few of its sixteen colours are used, so both themes
fit any palette; `dark` and `light` say which terminal they are for. This also saves bytes: text in the
terminal's own colours needs no escape sequence.
"""

from collections.abc import Mapping

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter
from textual.theme import Theme

from nskeys_tui.presenters.look import ASCII, wants_light


def _theme(name: str, *, dark: bool, accent: str, warning: str) -> Theme:
    return Theme(
        name=name,
        ansi=True,
        dark=dark,
        primary=accent,
        secondary=accent,
        accent=accent,
        warning=warning,
        error="ansi_red",
        success="ansi_green",
        foreground="ansi_default",
        background="ansi_default",
        variables={
            "ansi-background": "ansi_black" if dark else "ansi_white",
            "ansi-foreground": "ansi_white" if dark else "ansi_black",
            "border": accent,
            "border-blurred": "ansi_default",
            "block-cursor-foreground": "ansi_default",
            "block-cursor-background": "ansi_default",
            "block-cursor-text-style": "reverse",
            "input-cursor-foreground": "ansi_default",
            "input-cursor-background": "ansi_default",
            "input-cursor-text-style": "reverse",
            "scrollbar": accent,
            "scrollbar-background": "ansi_default",
            "scrollbar-background-hover": "ansi_default",
            "scrollbar-background-active": "ansi_default",
        },
    )


DARK = _theme("nskeys-dark", dark=True, accent="ansi_cyan", warning="ansi_yellow")
"""For terminals with a dark background."""
LIGHT = _theme("nskeys-light", dark=False, accent="ansi_blue", warning="ansi_magenta")
"""For terminals with a light background, where yellow and cyan can hardly be read."""


class AsciiFilter(LineFilter):
    """Draws frames, bars and marks in ASCII. Letters of any script are kept: they are data."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the same segments, sign for sign."""
        return [Segment(text.translate(ASCII), style, control) for text, style, control in segments]


def starting_theme(environment: Mapping[str, str]) -> Theme:
    """Return the first theme."""
    return LIGHT if wants_light(environment) else DARK
