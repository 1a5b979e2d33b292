"""What a worker is asked: every method of the port that could hang, and nothing else."""

from pathlib import Path

import pytest

from nskeys.destinations.local.folder import FolderDestination
from nskeys.destinations.worker import answer
from nskeys.destinations.workers.proxy import METHODS, question
from nskeys.model.destinations import DestinationInfo, Mounted
from nskeys.ports import Destination

NEVER_ASKED = {"live", "address_of", "flushes"}
"""The first two look at nothing, and what was flushed comes with the answer of what was written."""


def test_every_method_of_the_port_that_looks_there_can_be_asked() -> None:
    port = {name for name in vars(Destination) if not name.startswith("_")}
    assert port - NEVER_ASKED == METHODS.keys()


@pytest.mark.parametrize(
    ("method", "told", "value"),
    [
        ("publish", {"name": "a.zip", "data": b"\x00backup"}, "a.zip"),
        ("read", {"name": "there.zip", "limit": 10}, b"\xff there"),
    ],
)
def test_bytes_travel_as_they_are(
    tmp_path: Path, method: str, told: dict[str, str | bytes | int], value: object
) -> None:
    (tmp_path / "there.zip").write_bytes(b"\xff there")
    asked = question(DestinationInfo(str(tmp_path)), method, 1.0, told)
    said = answer(asked, {})
    assert (said.body or said.head[0]) == value


def test_what_was_declared_of_a_place_reaches_the_worker(tmp_path: Path) -> None:
    mounted = Mounted("/mnt/vault", "nfs4", "vault:/backups")
    info = DestinationInfo(str(tmp_path), "vault", mounted=mounted)
    said = answer(question(info, "where", 1.0, {}), {})
    assert said.head == [*_place(FolderDestination(info))]


def _place(place: Destination) -> tuple[str, str, str]:
    where = place.where()
    return (where.location.value, where.reason.value, where.detail)
