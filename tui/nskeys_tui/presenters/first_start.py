"""The first start's choices: a token, a label, and what it means."""

from collections.abc import Iterator

from nskeys.model.plans import HomeState
from nskeys.services.flows.first_start import FirstStart, Way
from nskeys.wording.first_start import (
    LOOK,
    NEW_INSTALLATION,
    NO_BACKUP_REMEMBERED,
    ONLY_THE_REGISTER,
    OTHER_CMDB,
    RESTORE,
    RESTORE_ANOTHER,
    TRY_AGAIN,
    first_sight,
    go_on_without,
    restore_remembered,
)

_REMEMBERED = 2
"""Copies that are offered at once; a restore lists all."""


def first_start_words(flow: FirstStart) -> tuple[str, ...]:
    """What is said above the choices."""
    sight = flow.sight
    away = sight.state in (HomeState.ELSEWHERE, HomeState.UNREACHED)
    if not away and not sight.credentials and not sight.remembered:
        return first_sight(sight)
    return (*first_sight(sight), ONLY_THE_REGISTER if flow.remembered else NO_BACKUP_REMEMBERED)


def first_start_choices(flow: FirstStart) -> tuple[tuple[str, str, str], ...]:
    """The ways, each under its token; a backup that is remembered stands under its address."""
    return tuple(choice for way in flow.ways for choice in _choices(flow, way))


def _choices(flow: FirstStart, way: Way) -> Iterator[tuple[str, str, str]]:
    match way:
        case Way.RESTORE_REMEMBERED:
            yield from ((copy.address, *restore_remembered(copy)) for copy in flow.remembered[:_REMEMBERED])
        case Way.NEW:
            yield (way, *NEW_INSTALLATION)
        case Way.RESTORE:
            yield (way, *(RESTORE_ANOTHER if flow.remembered else RESTORE))
        case Way.OTHER_CMDB:
            yield (way, *OTHER_CMDB)
        case Way.AGAIN:
            yield (way, *TRY_AGAIN)
        case Way.LOOK:
            yield (way, *LOOK)
        case Way.WITHOUT_KEYS:
            yield (way, *go_on_without(flow.sight.credentials))
