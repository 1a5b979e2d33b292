"""The worker process `python -m nskeys.destinations.worker`: runs the calls to folders and buckets that may
hang.

It reads requests from standard input and writes one answer to each on standard output, in order, until its
input ends. The caller kills it where an answer does not come. It gets addresses, file names and archives,
which are encrypted; never a key or a password. It reads the login to a bucket itself, and removes the
variables that could change the meaning of a bucket's address from its environment.
"""

import os
import sys
from collections.abc import Mapping, MutableMapping
from types import MappingProxyType
from typing import Any, BinaryIO

from nskeys.destinations.local.folder import FolderDestination
from nskeys.destinations.workers.protocol import Message, pack, unpack, wanted
from nskeys.destinations.workers.proxy import METHODS
from nskeys.errors import NskeysError
from nskeys.model.destinations import DestinationInfo, Mounted
from nskeys.ports import Destination
from nskeys.private_memory import keep_memory_private


def answer(question: Message, aws_environ: Mapping[str, str]) -> Message:
    """Do what is asked; our own errors are answers too. `aws_environ` are the variables for buckets."""
    head = question.head
    try:
        if head["do"] == "resolve":
            return Message([os.path.realpath(head["address"])])
        told = head["told"] if head["body"] is None else {**head["told"], head["body"]: question.body}
        return METHODS[head["do"]].answer(_destination(head, aws_environ), told)
    except NskeysError as error:
        return Message({"error": type(error).__name__, "fields": vars(error)})


def _destination(head: Mapping[str, Any], aws_environ: Mapping[str, str]) -> Destination:
    mounted = None if head["mounted"] is None else Mounted(*head["mounted"])
    info = DestinationInfo(head["address"], head["declared"], mounted=mounted)
    if not info.address.startswith("s3://"):
        return FolderDestination(info)
    from nskeys.destinations.s3.bucket import S3Bucket  # here, for folders need none of it

    return S3Bucket(info, aws_environ, head["seconds"])


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
