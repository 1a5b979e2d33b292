"""Spans as Textual's content."""

from collections.abc import Iterable
from types import MappingProxyType

from textual.content import Content

from nskeys_tui.presenters.spans import Span

_STYLES = MappingProxyType(
    {
        "": "",
        "bold": "bold",
        "dim": "dim",
        "accent": "bold $accent",
        "hint": "$accent",
        "warning": "bold $warning",
        "error": "bold $error",
    }
)


def painted(spans: Iterable[Span]) -> Content:
    """Return them in the colours of the theme."""
    return Content.assemble(*((text, _STYLES[paint]) for text, paint in spans))
