"""An S3 server in a process of its own: moto's, over HTTP on this machine, with buckets and keys."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KEY_ID, SECRET = (
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
)  # as in Amazon's own examples
_SECONDS = 60.0
_OF_ITS_OWN = 9_000
"""The port on another machine, where everything is free."""


@dataclass
class S3Server:
    """A running server. The login that `login_files` writes may do everything there."""

    host: str
    port: int
    tls: bool = False
    key_id: str = KEY_ID
    secret: str = field(default=SECRET, repr=False)

    @property
    def endpoint(self) -> str:
        """As it stands in an address."""
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.endpoint}"

    def address(self, bucket: str, prefix: str = "") -> str:
        """The address of a bucket there, in its one spelling."""
        path = f"/{prefix}" if prefix else ""
        return f"s3://{bucket}{path}?endpoint={self.endpoint}" + ("" if self.tls else "&tls=no")

    def make_bucket(self, name: str) -> None:
        self.client().create_bucket(Bucket=name)

    def objects(self, bucket: str) -> dict[str, bytes]:
        """Everything that lies there."""
        client = self.client()
        found = client.list_objects_v2(Bucket=bucket).get("Contents", [])
        return {
            item["Key"]: client.get_object(Bucket=bucket, Key=item["Key"])["Body"].read() for item in found
        }

    def put(self, bucket: str, key: str, data: bytes) -> None:
        """Whatever lay there."""
        self.client().put_object(Bucket=bucket, Key=key, Body=data)

    def lose(self, bucket: str, key: str) -> None:
        self.client().delete_object(Bucket=bucket, Key=key)

    def client(self, service: str = "s3") -> Any:
        """Amazon's own client, as the administrator of the bucket would use it."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            service,
            endpoint_url=self.url,
            aws_access_key_id=self.key_id,
            aws_secret_access_key=self.secret,
            region_name="us-east-1",
            config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}),
        )

    def enforce(self, *actions: str) -> None:
        """From now on every key must be known, every signature right, and the policy kept to: the login may
        do these actions, or all."""
        iam = self.client("iam")
        iam.create_user(UserName="nskeys")
        made = iam.create_access_key(UserName="nskeys")["AccessKey"]
        statement = {"Effect": "Allow", "Action": list(actions) or ["s3:*"], "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName="nskeys", PolicyName="nskeys", PolicyDocument=policy)
        self.key_id, self.secret = made["AccessKeyId"], made["SecretAccessKey"]
        words = {"Content-Type": "text/plain"}  # a form's body would be taken apart
        request = urllib.request.Request(f"{self.url}/moto-api/reset-auth", b"0", words, method="POST")
        urllib.request.urlopen(request).close()

    def login_files(self, folder: Path, profile: str = "default", **more: str) -> dict[str, str]:
        """The AWS files with this server's login, and the environment that leads there."""
        keys = {"aws_access_key_id": self.key_id, "aws_secret_access_key": self.secret, **more}
        path = folder / "aws-credentials"
        path.write_text(
            f"[{profile}]\n" + "".join(f"{name} = {value}\n" for name, value in keys.items()), "utf-8"
        )
        path.chmod(0o600)
        return {
            "AWS_SHARED_CREDENTIALS_FILE": str(path),
            "AWS_CONFIG_FILE": str(folder / "no-aws-config"),
        }


@contextmanager
def s3_server(
    host: str = "127.0.0.1", certificate: Path | None = None, within: Sequence[str] = ()
) -> Iterator[S3Server]:
    """One that answers until the block ends. `certificate` (PEM, with its key) makes it speak TLS; `within`
    is the command that runs it on another machine, whose address is `host`."""
    port = _OF_ITS_OWN if within else _free_port(host)
    arguments = ["-H", host, "-p", str(port)]
    if certificate is not None:
        arguments += ["-c", str(certificate), "-k", str(certificate)]
    process = subprocess.Popen(
        [*within, sys.executable, "-m", "moto.server", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # In a logged-in administrator's shell these would lead it elsewhere.
        env={name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        start_new_session=True,
    )
    try:
        _wait_for(process, host, port)
        yield S3Server(host, port, certificate is not None)
    finally:
        process.kill()
        process.wait()


@contextmanager
def silent_server(host: str = "127.0.0.1") -> Iterator[S3Server]:
    """One that accepts every connection and never says a word."""
    with socket.create_server((host, 0)) as listening:
        yield S3Server(host, listening.getsockname()[1])


def _free_port(host: str) -> int:
    with socket.create_server((host, 0)) as probe:
        return int(probe.getsockname()[1])


def _wait_for(process: subprocess.Popen[bytes], host: str, port: int) -> None:
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), socket.create_connection((host, port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError("moto's S3 server did not start")
