"""Destinations as rows, and one of them in full."""

from nskeys.model.schedule import Schedule
from nskeys.services.setup.destinations import DestinationSight
from nskeys.wording.copies import place_word
from nskeys.wording.destinations import location_name, ready_words, scheduled_words
from nskeys.wording.errors import say
from nskeys.wording.text.terminal import safe


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


def destination_about(
    sight: DestinationSight, schedule: Schedule | None = None
) -> tuple[tuple[str, str], ...]:
    """Why it counts as what it does, what keeps backups from it, whether the schedule goes there, and the
    whole address."""
    problem = say(sight.problem).what if sight.problem is not None else ""
    return (
        ("Where", location_name(sight.where)),
        ("Backups", problem or ready_words(sight.where, default=sight.default)),
        ("Goes there", scheduled_words(schedule, configured=sight.configured)),
        ("Address", safe(sight.info.address)),
    )
