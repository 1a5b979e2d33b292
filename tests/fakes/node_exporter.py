"""Debian's node-exporter, on loopback, as its own user, with a folder of text files and nothing else."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.fakes.monitoring import Samples, samples
from tests.fakes.programs import need, program

USER = "prometheus"
_PATIENCE = 30.0


class NodeExporter:
    """It runs."""

    def __init__(self, address: str) -> None:
        self._address = f"http://{address}/metrics"

    def scrape(self) -> Samples:
        """What Prometheus would get."""
        with urlopen(self._address, timeout=_PATIENCE) as answer:
            return samples(answer.read().decode("utf-8"))


@contextmanager
def node_exporter(folder: Path) -> Iterator[NodeExporter]:
    """One that reads `*.prom` there; skips where it is not installed or its user cannot be become."""
    need("prometheus-node-exporter")
    command = program("prometheus-node-exporter")
    if os.geteuid() != 0:
        pytest.skip("only root can start it as its user")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    options = [
        f"--web.listen-address={address}",
        "--collector.disable-defaults",
        "--collector.textfile",
        f"--collector.textfile.directory={folder}",
    ]
    process = subprocess.Popen(
        [command, *options], user=USER, group=USER, extra_groups=[], cwd="/", stderr=subprocess.DEVNULL
    )
    try:
        exporter = NodeExporter(address)
        _wait_for(exporter, process)
        yield exporter
    finally:
        process.terminate()
        process.wait(timeout=_PATIENCE)


def _wait_for(exporter: NodeExporter, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        assert process.poll() is None, "it ended at once"
        try:
            exporter.scrape()
        except URLError:
            assert time.monotonic() < end
            time.sleep(0.05)
        else:
            return
