"""The kinds of address that are no folder, by the name before `://`."""

from collections.abc import Mapping

from nskeys.destinations.buckets import Buckets
from nskeys.destinations.scheme import Scheme


def remote_schemes() -> Mapping[str, Scheme]:
    """Every kind, made for one run of the program."""
    return {"s3": Buckets()}
