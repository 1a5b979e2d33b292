"""The words of guided flows: the names of their stops, and what Enter does at each step."""

from collections.abc import Mapping
from types import MappingProxyType

from nskeys.services.flows.route import Route, Stop

_NAMES = MappingProxyType(
    {
        Stop.DESTINATION: "Destination",
        Stop.FILE: "File",
        Stop.CONTENTS: "Contents",
        Stop.PASSWORD: "Password",
        Stop.STATE: "In force",
        Stop.NUMBERS: "Numbers",
        Stop.CHOICE: "Choice",
        Stop.PLAN: "Plan",
        Stop.PROTECTOR: "Protector",
        Stop.PLACE: "Place",
        Stop.SHEETS: "Sheets",
        Stop.NEW_KEY: "New key",
        Stop.BACKUP: "Backup",
        Stop.RESEAL: "Re-seal",
        Stop.CHECK: "Check",
        Stop.PROOF: "Proof",
        Stop.RESULT: "Result",
    }
)


def stop_names(route: Route) -> tuple[tuple[str, ...], int]:
    """Return the name of every stop, and the index of the present one."""
    return tuple(_NAMES[stop] for stop in route.stops), route.stops.index(route.here)


Acts = Mapping[str, str]
"""What Enter does at a step, in a word or two for the line of keys."""

CLOSE = "Close"
BACKUP_ACTS: Acts = MappingProxyType({"review": "Write backup", "done": CLOSE})
RESTORE_ACTS: Acts = MappingProxyType({"contents": "Open", "plan": "Restore", "done": CLOSE})
DRILL_ACTS: Acts = MappingProxyType({"contents": "Drill", "done": CLOSE})
ROTATION_ACTS: Acts = MappingProxyType(
    {"create": "Make key", "activate": "Re-seal", "resume": "Re-seal the rest", "done": CLOSE}
)
RECOVERY_ACTS: Acts = MappingProxyType({"shown": "New identity", "review": "Make identity", "done": CLOSE})
CUSTODIANS_ACTS: Acts = MappingProxyType(
    {
        "plan": "Choose place",
        "handover": "Show sheet",
        "sheet": "Sheet is copied",
        "shown": "Check shares",
        "printed": "Check shares",
        "done": CLOSE,
    }
)
PRUNE_ACTS: Acts = MappingProxyType({"plan": "Delete", "done": CLOSE})
PROTECTOR_ACTS: Acts = MappingProxyType({"review": "Change protector", "done": CLOSE})
CHOOSE_PROTECTOR = "Choose protector"
SO_FAR = "so far"
YOUR_PASSWORD = "the password that you chose"
