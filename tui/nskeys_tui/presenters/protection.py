"""What binds the keys: how it is now, and what a change would make of it, as rows."""

from collections.abc import Sequence

from nskeys.ports import Leftover, StoreInfo
from nskeys.wording.keys import (
    ANOTHER_PASSPHRASE,
    broken_by,
    helps_against,
    helps_now,
    lost_with,
    not_here,
    protector_title,
)
from nskeys.wording.labels import protector_label
from nskeys.wording.text.numbers import number
from nskeys.wording.text.terminal import safe


def protection_rows(info: StoreInfo, left: Sequence[Leftover] = ()) -> tuple[tuple[str, str], ...]:
    """How it is now, in plain words."""
    label = protector_label(info.protector)
    return (
        ("Now", f"{label[0].upper()}{label[1:]}"),
        ("Helps against", helps_now(info.protector, left)),
        ("Is broken by", broken_by(info.protector)),
        ("Is lost with", lost_with(info.protector)),
        ("Key store", f"{safe(info.store_id)}, generation {number(info.generation)}"),
    )


def change_rows(before: str, after: str) -> tuple[tuple[str, str], ...]:
    """From one to another."""
    return (
        ("From", protector_label(before)),
        ("To", ANOTHER_PASSPHRASE if before == after else protector_label(after)),
        ("Helps against", helps_against(after)),
        ("Is broken by", broken_by(after)),
        ("Is lost with", lost_with(after)),
    )


def protector_choices(
    available: Sequence[tuple[str, bool, str]], current: str
) -> tuple[tuple[str, str, str], ...]:
    """Name, title and meaning of every protector that this machine can change to; the one that leaves
    the keys open last."""
    names = [name for name, usable, _ in available if usable and (name != current or name == "passphrase")]
    return tuple(
        (name, protector_title(name, current), f"helps against {helps_against(name)}")
        for name in sorted(names, key=lambda name: name == "file")
    )


def not_available(available: Sequence[tuple[str, bool, str]]) -> tuple[str, ...]:
    """Those that this machine does not have, and why."""
    return tuple(not_here(name, reason) for name, usable, reason in available if not usable)
