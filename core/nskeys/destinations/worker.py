"""The worker process `python -m nskeys.destinations.worker`: runs the calls to folders and buckets that may
hang.

It reads requests from standard input and writes one answer to each on standard output, in order, until its
input ends. The caller kills it where an answer does not come. It gets addresses, file names and archives,
which are encrypted; never a key or a password. It reads the login to a bucket itself, and removes the
variables that could change the meaning of a bucket's address from its environment.
"""

import dataclasses
import os
import sys
from collections.abc import Callable, Mapping, MutableMapping
from types import MappingProxyType
from typing import BinaryIO

from nskeys.destinations.local.folder import FolderDestination
from nskeys.destinations.workers.protocol import Message, pack, unpack, wanted
from nskeys.errors import NskeysError
from nskeys.model.destinations import DestinationInfo, Mounted
from nskeys.ports import Destination
from nskeys.private_memory import keep_memory_private


def _where(place: Destination, _: Message) -> Message:
    return Message(list(dataclasses.astuple(place.where())))


def _mounted(place: Destination, _: Message) -> Message:
    mounted = place.mounted()
    return Message([] if mounted is None else list(dataclasses.astuple(mounted)))


def _check(place: Destination, _: Message) -> Message:
    place.check()
    return Message([place.flushes()])


def _publish(place: Destination, question: Message) -> Message:
    return Message([place.publish(question.head["name"], question.body), place.flushes()])


def _read(place: Destination, question: Message) -> Message:
    return Message([], place.read(question.head["name"], question.head["limit"]))


def _listing(place: Destination, _: Message) -> Message:
    found = place.listing()
    return Message([[list(dataclasses.astuple(listed)) for listed in found], found.left_out])


def _remove(place: Destination, question: Message) -> Message:
    place.remove(question.head["name"])
    return Message([])


def _sweep(place: Destination, _: Message) -> Message:
    place.sweep()
    return Message([])


def _resolve(_: Destination, question: Message) -> Message:
    return Message([os.path.realpath(question.head["address"])])


Operation = Callable[[Destination, Message], Message]
OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        "where": _where,
        "mounted": _mounted,
        "check": _check,
        "publish": _publish,
        "read": _read,
        "listing": _listing,
        "remove": _remove,
        "sweep": _sweep,
        "resolve": _resolve,
    }
)
"""The operations of a worker. An answer's head is a list of values; an error names its class and fields."""


def answer(question: Message, aws_environ: Mapping[str, str]) -> Message:
    """Carry out a request; our own errors are answers too. `aws_environ` are the variables for buckets."""
    try:
        return OPERATIONS[question.head["do"]](_destination(question, aws_environ), question)
    except NskeysError as error:
        return Message({"error": type(error).__name__, "fields": vars(error)})


def _destination(question: Message, aws_environ: Mapping[str, str]) -> Destination:
    mounted_values = question.head["mounted"]
    mounted = None if mounted_values is None else Mounted(*mounted_values)
    info = DestinationInfo(question.head["address"], question.head["declared"], mounted=mounted)
    if not info.address.startswith("s3://"):
        return FolderDestination(info)
    from nskeys.destinations.s3.bucket import S3Bucket  # here, for folders need none of it

    return S3Bucket(info, aws_environ, question.head["seconds"])


def _take_aws_settings(environ: MutableMapping[str, str]) -> Mapping[str, str]:
    """Take the variables of Amazon's tools out of the environment and return them. obstore would read them
    too, and an endpoint in a variable must not change where an address leads."""
    taken = {name: environ.pop(name) for name in tuple(environ) if name.upper().startswith("AWS_")}
    return MappingProxyType({**taken, "HOME": environ.get("HOME", "")})


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until the input ends."""
    aws_environ = _take_aws_settings(os.environ)
    while True:
        received = bytearray()
        while more := wanted(received):
            piece = questions.read(more)
            if not piece:
                return
            received += piece
        answers.write(pack(answer(unpack(received), aws_environ)))
        answers.flush()


if __name__ == "__main__":
    keep_memory_private()  # logins pass through it
    serve(sys.stdin.buffer, sys.stdout.buffer)
