"""How a backup is fetched without nskeys: what is to be typed, whatever stands in the address."""

import shlex

import pytest

from nskeys.destinations.s3.address import parse as bucket
from nskeys.destinations.ssh.address import SftpAddress
from nskeys.wording.fetch_commands import fetched_as, fetching


@pytest.mark.parametrize(
    ("address", "argv"),
    [
        (SftpAddress("", "vault02", 22, "/srv/x.zip"), ["sftp", "vault02:/srv/x.zip", "."]),
        (SftpAddress("ns", "vault02", 2222, "/~/x.zip"), ["sftp", "-P", "2222", "ns@vault02:x.zip", "."]),
        (SftpAddress("a@b", "::1", 22, "/s p/x.zip"), ["sftp", r"a@b@[::1]:/s\ p/x.zip", "."]),
        (SftpAddress("ns", "v", 22, "/50%/x.zip"), ["sftp", "ns@v:/50%/x.zip", "."]),
        (SftpAddress("ns", "v", 22, "/a?b#c/x.zip"), ["sftp", r"ns@v:/a\?b\#c/x.zip", "."]),
        (SftpAddress("ns", "v", 22, "/$(id)/x.zip"), ["sftp", r"ns@v:/\$\(id\)/x.zip", "."]),
    ],
    ids=str,
)
def test_from_a_server(address: SftpAddress, argv: list[str]) -> None:
    fetch = fetching(str(address))
    assert fetch is not None
    assert shlex.split(fetch.command) == argv
    assert fetched_as(str(address)) == "./x.zip"


@pytest.mark.parametrize(
    ("address", "argv"),
    [
        ("s3://keys/ns01/x.zip", ["aws", "s3", "cp", "s3://keys/ns01/x.zip", "."]),
        (
            "s3://keys/x.zip?endpoint=minio.example.net:9000&region=eu-1&profile=backup",
            [
                "aws", "s3", "cp", "s3://keys/x.zip", ".",
                "--endpoint-url", "https://minio.example.net:9000",
                "--region", "eu-1", "--profile", "backup",
            ],
        ),
        (
            "s3://keys/x.zip?endpoint=10.1.2.3:9000&tls=no",
            ["aws", "s3", "cp", "s3://keys/x.zip", ".", "--endpoint-url", "http://10.1.2.3:9000"],
        ),
    ],
)  # fmt: skip
def test_from_a_bucket(address: str, argv: list[str]) -> None:
    fetch = fetching(str(bucket(address)))
    assert fetch is not None
    assert shlex.split(fetch.command) == argv
    assert "web console" in " ".join(fetch.words.split())
    assert fetched_as(address) == "./x.zip"


def test_what_lies_in_a_folder_is_there() -> None:
    assert fetching("/mnt/vault/x.zip") is None
    assert fetched_as("/mnt/vault/x.zip") == "/mnt/vault/x.zip"
