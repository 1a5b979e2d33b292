"""Why credentials are at risk: which half of their backup is missing, and how."""

from collections.abc import Mapping
from types import MappingProxyType

from nskeys.model.findings import Reason, Shelter
from nskeys.model.halves import Lack

SHELTERS: Mapping[Reason | None, str] = MappingProxyType(
    {
        Shelter.NONE: "in no backup",
        Shelter.ONLY_HERE: "backed up only here",
        Shelter.NONE_THAT_COUNTS: "in no backup that counts",
    }
)
LACKS: Mapping[Reason | None, tuple[str, ...]] = MappingProxyType(
    {
        Lack.CHANGED: ("changed since the last database copy", "changed since their copy"),
        Lack.DATABASE: ("in no database copy that counts", "in no database copy"),
        Lack.COPY_KEY: ("no key backup opens their database copy", "no key opens their copy"),
    }
)


def why_at_risk(reason: Reason | None) -> str:
    """Return it in words: `changed since the last database copy`."""
    return LACKS[reason][0] if reason in LACKS else SHELTERS[reason]
