"""The worker process: `python -m nskeys.destinations.worker` does with folders and buckets what may never
come back.

It reads questions from standard input and writes one answer to each on standard output, one after the
other, until its input ends. Whoever asked kills it where an answer stays away. It gets addresses, file
names and archives, which are encrypted; never a key and never a password. The login to a bucket it reads
itself, and takes the variables that could change what a bucket's address means out of its environment.
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
        return METHODS[head["do"]].answer(_place(head, aws_environ), told)
    except NskeysError as error:
        return Message({"error": type(error).__name__, "fields": vars(error)})


def _place(head: Mapping[str, Any], aws_environ: Mapping[str, str]) -> Destination:
    mounted = None if head["mounted"] is None else Mounted(*head["mounted"])
    info = DestinationInfo(head["address"], head["declared"], mounted=mounted)
    if not info.address.startswith("s3://"):
        return FolderDestination(info)
    from nskeys.destinations.s3.bucket import S3Bucket  # here, for folders need none of it

    return S3Bucket(info, aws_environ, head["seconds"])


def _take_aws_settings(environ: MutableMapping[str, str]) -> Mapping[str, str]:
    """What Amazon's tools read, and obstore would too: an endpoint in a variable must not change where an
    address leads."""
    taken = {name: environ.pop(name) for name in tuple(environ) if name.upper().startswith("AWS_")}
    return MappingProxyType({**taken, "HOME": environ.get("HOME", "")})


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer until the questions end."""
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
