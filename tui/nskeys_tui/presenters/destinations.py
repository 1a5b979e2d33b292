"""Destinations as rows, and one of them in full."""

from nskeys.services.destinations import DestinationSight
from nskeys.wording.copies import place_word
from nskeys.wording.destinations import ready_words
from nskeys.wording.errors import say
from nskeys.wording.places import location_name
from nskeys.wording.terminal import safe


def destination_cells(sight: DestinationSight) -> tuple[str, ...]:
    """Address, place, whether it is the default one, whether backups can go there, and a mark."""
    return (
        safe(sight.info.address),
        place_word(sight.where),
        "default" if sight.default else "",
        "ready" if sight.problem is None else "not ready",
        "!" if sight.problem is not None else "",
    )


def destination_style(sight: DestinationSight) -> str:
    """`warning` where a backup cannot go."""
    return "" if sight.problem is None else "warning"


def destination_about(sight: DestinationSight) -> tuple[tuple[str, str], ...]:
    """The whole address, why it counts as what it does, and what keeps backups from it."""
    problem = say(sight.problem).what if sight.problem is not None else ""
    return (
        ("Where", location_name(sight.where)),
        ("Backups", problem or ready_words(sight.where, default=sight.default)),
        ("Address", safe(sight.info.address)),
    )
