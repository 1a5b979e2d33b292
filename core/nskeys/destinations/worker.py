"""The worker process: `python -m nskeys.destinations.worker` does with folders what may never come back.

It reads questions from standard input and writes one answer to each on standard output, one after the
other, until its input ends. Whoever asked kills it where an answer stays away. It gets addresses, file
names and archives, which are encrypted; never a key and never a password.
"""

import dataclasses
import os
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import BinaryIO

from nskeys.destinations.folder import FolderDestination
from nskeys.destinations.frames import Message, packed, unpacked, wanted
from nskeys.errors import NskeysError
from nskeys.model.places import DestinationInfo


def _where(folder: FolderDestination, _: Message) -> Message:
    return Message(list(dataclasses.astuple(folder.where())))


def _check(folder: FolderDestination, _: Message) -> Message:
    folder.check()
    return Message([])


def _publish(folder: FolderDestination, question: Message) -> Message:
    return Message([folder.publish(question.head["name"], question.body)])


def _read(folder: FolderDestination, question: Message) -> Message:
    return Message([], folder.read(question.head["name"], question.head["limit"]))


def _listing(folder: FolderDestination, _: Message) -> Message:
    return Message([list(dataclasses.astuple(listed)) for listed in folder.listing()])


def _remove(folder: FolderDestination, question: Message) -> Message:
    folder.remove(question.head["name"])
    return Message([])


def _sweep(folder: FolderDestination, _: Message) -> Message:
    folder.sweep()
    return Message([])


def _resolve(_: FolderDestination, question: Message) -> Message:
    return Message([os.path.realpath(question.head["address"])])


Deed = Callable[[FolderDestination, Message], Message]
DEEDS: Mapping[str, Deed] = MappingProxyType(
    {
        "where": _where,
        "check": _check,
        "publish": _publish,
        "read": _read,
        "listing": _listing,
        "remove": _remove,
        "sweep": _sweep,
        "resolve": _resolve,
    }
)
"""What can be asked for. An answer's head is a list of values; an error names its class and fields."""


def answer(question: Message) -> Message:
    """Do what is asked; our own errors are answers too."""
    head = question.head
    folder = FolderDestination(DestinationInfo(head["address"], head["declared"]))
    try:
        return DEEDS[head["do"]](folder, question)
    except NskeysError as error:
        return Message({"error": type(error).__name__, "fields": vars(error)})


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer until the questions end."""
    while True:
        received = bytearray()
        while more := wanted(received):
            piece = questions.read(more)
            if not piece:
                return
            received += piece
        answers.write(packed(answer(unpacked(received))))
        answers.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
