"""What a worker is asked: every method of the port that could hang, and nothing else."""

from pathlib import Path

import pytest

from nskeys.destinations.local.folder import FolderDestination
from nskeys.destinations.worker import answer
from nskeys.destinations.workers.pool import Workers
from nskeys.destinations.workers.protocol import Message, pack, unpack
from nskeys.destinations.workers.proxy import METHODS, ask_worker, question
from nskeys.errors import (
    CannotCreate,
    CannotRemove,
    DestinationInvalid,
    DestinationUnreachable,
    FileUnreadable,
    NskeysError,
)
from nskeys.model.destinations import DestinationInfo, Mounted
from nskeys.ports import Destination, Listing
from nskeys.reasons import Problem, SystemProblem

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


@pytest.mark.parametrize(
    "raised",
    [
        FileUnreadable("a.zip", Problem.MISSING),
        DestinationUnreachable("/mnt/vault", Problem.NOT_MOUNTED, left="/mnt/vault/.new", said="gone"),
        CannotCreate("a.zip", SystemProblem("ENOTBLK")),
        CannotRemove("a.zip", Problem.ACCESS_DENIED),
        DestinationInvalid("/mnt/vault", Problem.MISSING, there=True),
    ],
)
def test_an_error_is_raised_here_as_it_was_there(
    raised: NskeysError, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(place: Destination) -> Listing:
        raise raised

    monkeypatch.setattr(FolderDestination, "listing", fails)
    info = DestinationInfo("/")
    with pytest.raises(type(raised)) as caught:
        ask_worker(AtOnce(), "/", info, "listing", 1.0)
    assert vars(caught.value) == vars(raised)
    assert type(vars(caught.value)["problem"]) is type(vars(raised)["problem"]), "JSON knows text only"


class AtOnce(Workers):
    """A worker's answers, over what goes through its pipes, without its process."""

    def ask(self, mount: str, question: Message, seconds: float) -> Message:
        return unpack(pack(answer(unpack(pack(question)), {})))


def _place(place: Destination) -> tuple[str, str, str]:
    where = place.where()
    return (where.location.value, where.reason.value, where.detail)
