"""Buckets on a real server: what it refuses, what it does not say, and what it must never learn."""

import http.client
import http.server
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nskeys.destinations.resolver import AllDestinations
from nskeys.destinations.s3.bucket import S3Bucket
from nskeys.destinations.s3.destination import S3Scheme
from nskeys.destinations.s3.errors import problem_in
from nskeys.destinations.workers.pool import TimeLimits, Workers
from nskeys.errors import (
    Cancelled,
    CannotCreate,
    CannotRemove,
    DestinationUnreachable,
    FileUnreadable,
    NskeysError,
)
from nskeys.model.destinations import DestinationInfo, Location, LocationReason
from nskeys.ports import Destination
from nskeys.wording.errors import say
from tests.fakes.certificates import Authority
from tests.fakes.s3_server import KEY_ID, S3Server, s3_server, silent_server

NAME = "ns01-01234567-20261123T140200Z.zip"


@pytest.fixture
def buckets() -> Iterator[S3Scheme]:
    buckets = S3Scheme()
    yield buckets
    buckets.close()


@pytest.fixture
def bucket(s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    return a_bucket(s3, tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def strict() -> Iterator[S3Server]:
    """A server that checks every key, signature and policy; it has the bucket `strict`."""
    with s3_server() as server:
        server.make_bucket("strict")
        server.enforce()
        yield server


def a_bucket(server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    log_in(server, tmp_path, monkeypatch)
    name = f"b-{os.urandom(8).hex()}"
    server.make_bucket(name)
    return name


def log_in(server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **more: str) -> None:
    for variable, value in server.login_files(tmp_path, **more).items():
        monkeypatch.setenv(variable, value)


def at(buckets: S3Scheme, address: str, declared: str = "") -> Destination:
    known = buckets.parse(address)
    return buckets.at(known, DestinationInfo(str(known), declared))


USES: dict[str, Callable[[Destination], object]] = {
    "check": lambda place: place.check(),
    "publish": lambda place: place.publish(NAME, b"backup"),
    "read": lambda place: place.read(NAME, 100),
    "listing": lambda place: place.listing(),
    "remove": lambda place: place.remove(NAME),
}


def test_a_second_put_of_a_name_is_refused_by_the_server_itself(
    s3: S3Server, buckets: S3Scheme, bucket: str
) -> None:
    place = at(buckets, s3.address(bucket, "ns01"))
    s3.put(bucket, f"ns01/{NAME}", b"somebody else's")
    assert place.publish(NAME, b"ours") == NAME.replace(".zip", "-2.zip")
    assert s3.objects(bucket)[f"ns01/{NAME}"] == b"somebody else's"


def test_only_what_lies_directly_below_the_prefix_is_listed(
    s3: S3Server, buckets: S3Scheme, bucket: str
) -> None:
    for key in (
        f"ns01/{NAME}",
        "ns01/",
        "ns01/deep/a.zip",
        "ns01x/b.zip",
        "c.zip",
        "ns01/empty.zip",
        "ns01/x.txt",
    ):
        s3.put(bucket, key, b"" if key.endswith(("/", "empty.zip")) else b"123")
    assert [listed.name for listed in at(buckets, s3.address(bucket, "ns01")).listing()] == [NAME]
    assert [listed.name for listed in at(buckets, s3.address(bucket)).listing()] == ["c.zip"]


def test_a_check_leaves_nothing_and_backups_do_not_see_what_one_left(
    s3: S3Server, buckets: S3Scheme, bucket: str
) -> None:
    place = at(buckets, s3.address(bucket, "ns01"))
    place.check()
    assert s3.objects(bucket) == {}
    s3.put(bucket, "ns01/.nskeys-trial", b"trial")
    assert place.listing() == ()
    place.check()
    assert s3.objects(bucket) == {}


def test_a_changed_object_is_read_as_it_is_now(s3: S3Server, buckets: S3Scheme, bucket: str) -> None:
    place = at(buckets, s3.address(bucket))
    place.publish(NAME, b"backup")
    s3.put(bucket, NAME, b"changed")
    assert place.read(NAME, 100) == b"changed"
    with pytest.raises(FileUnreadable) as large:
        place.read(NAME, 6)
    assert large.value.problem == "too_large"


def test_a_large_archive_goes_there_and_back_whole(s3: S3Server, buckets: S3Scheme, bucket: str) -> None:
    data = os.urandom(1 << 16) * 256
    place = at(buckets, s3.address(bucket))
    assert place.publish(NAME, data) == NAME
    assert place.read(NAME, len(data)) == data


def test_a_server_on_this_machine_is_here_by_whatever_name(
    s3: S3Server, buckets: S3Scheme, bucket: str
) -> None:
    for host in ("127.0.0.1", "localhost", socket.gethostname()):
        where = at(buckets, f"s3://{bucket}?endpoint={host}:{s3.port}&tls=no").where()
        assert (where.location, where.reason) == (Location.HERE, LocationReason.REMOTE_IS_THIS_MACHINE)
        assert where.detail == host.lower()
    declared = at(buckets, s3.address(bucket), "behind a tunnel to the other site").where()
    assert (declared.location, declared.reason) == (Location.ELSEWHERE, LocationReason.DECLARED)


def test_a_server_elsewhere_is_elsewhere_and_one_that_nobody_knows_is_unknown() -> None:
    def where(endpoint: str) -> tuple[Location, LocationReason, str]:
        info = DestinationInfo(f"s3://bucket?endpoint={endpoint}")
        found = S3Bucket(info, {}, 5.0).where()
        return found.location, found.reason, found.detail

    assert where("192.0.2.7:9000") == (Location.ELSEWHERE, LocationReason.REMOTE_SERVER, "server 192.0.2.7")
    assert where("nowhere.invalid") == (Location.UNKNOWN, LocationReason.UNTOLD, "nowhere.invalid")


@pytest.mark.parametrize("use", USES)
def test_a_server_that_accepts_and_says_nothing_ends_in_time(
    use: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with silent_server() as silent:
        log_in(silent, tmp_path, monkeypatch)
        buckets = S3Scheme(Workers(TimeLimits(look=2.0, publish=2.0)))
        place = at(buckets, silent.address("bucket"))
        began = time.monotonic()
        with pytest.raises(DestinationUnreachable) as unanswered:
            USES[use](place)
        assert unanswered.value.problem == "no_answer"
        assert time.monotonic() - began < 4
        began = time.monotonic()
        for _ in range(20):
            with pytest.raises(DestinationUnreachable):
                place.read(NAME, 100)
        assert time.monotonic() - began < 1
        buckets.close()


def test_a_person_need_not_wait_for_a_server_that_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with silent_server() as silent:
        log_in(silent, tmp_path, monkeypatch)
        buckets = S3Scheme(Workers(TimeLimits(look=60.0, publish=60.0)))
        destinations = AllDestinations(tuple, remote={"s3": buckets})
        place = destinations.at(DestinationInfo(silent.address("bucket")))
        threading.Timer(0.5, destinations.interrupt).start()
        began = time.monotonic()
        with pytest.raises(Cancelled):
            place.publish(NAME, b"backup")
        assert time.monotonic() - began < 5
        threading.Timer(0.5, destinations.interrupt).start()
        with pytest.raises(Cancelled):  # and it is asked again, for nothing says that it is silent
            place.listing()
        destinations.close()


def test_leaving_the_program_ends_a_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with silent_server() as silent:
        log_in(silent, tmp_path, monkeypatch)
        buckets = S3Scheme(Workers(TimeLimits(look=60.0)))
        place, ended = at(buckets, silent.address("bucket")), threading.Event()

        def wait() -> None:
            with pytest.raises(DestinationUnreachable):
                place.listing()
            ended.set()

        threading.Thread(target=wait, daemon=True).start()
        time.sleep(0.5)
        buckets.close()
        assert ended.wait(5)


@pytest.mark.parametrize("use", USES)
def test_a_bucket_that_is_not_there_is_told_from_a_file(
    s3: S3Server, buckets: S3Scheme, use: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.secret)
    with pytest.raises(DestinationUnreachable) as gone:
        USES[use](at(buckets, s3.address("no-such-bucket")))
    assert gone.value.problem == "missing_bucket"


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(
    ("login", "problem"),
    [
        ({"aws_secret_access_key": "wJalrXUtnFEMI/wrong/bPxRfiCYEXAMPLEKEY"}, "wrong_secret_key"),
        ({"aws_access_key_id": "AKIANOBODY"}, "unknown_access_key"),
    ],
)
def test_a_login_that_is_wrong_is_said_and_not_shown(
    strict: S3Server,
    buckets: S3Scheme,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    login: dict[str, str],
    problem: str,
    use: str,
) -> None:
    log_in(strict, tmp_path, monkeypatch, **login)
    with pytest.raises(NskeysError) as refused:
        USES[use](at(buckets, strict.address("strict", "ns01")))
    assert isinstance(refused.value, DestinationUnreachable)
    assert refused.value.problem == problem
    assert set(vars(refused.value)) == {"destination", "problem", "left", "said"}
    assert refused.value.said == ""


def test_the_right_login_may_do_everything(
    strict: S3Server, buckets: S3Scheme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(strict, tmp_path, monkeypatch)
    place = at(buckets, strict.address("strict", "right"))
    place.check()
    name = place.publish(NAME, b"backup")
    assert place.read(name, 100) == b"backup"
    place.remove(name)
    assert place.listing() == ()


def test_what_a_policy_denies_is_said_for_each_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with s3_server() as server:
        server.make_bucket("worm")
        server.put("worm", NAME, b"backup")
        server.enforce("s3:GetObject", "s3:ListBucket", "s3:PutObject")
        log_in(server, tmp_path, monkeypatch)
        buckets = S3Scheme()
        place = at(buckets, server.address("worm"))
        place.check()  # nothing may be removed there, and backups may go there all the same
        place.check()
        with pytest.raises(CannotRemove) as kept:
            place.remove(NAME)
        assert kept.value.problem == "access_denied"
        assert place.read(NAME, 100) == b"backup"
        buckets.close()
    with s3_server() as server:
        server.make_bucket("read")
        server.enforce("s3:GetObject", "s3:ListBucket")
        log_in(server, tmp_path, monkeypatch)
        buckets = S3Scheme()
        place = at(buckets, server.address("read"))
        for use in ("check", "publish"):
            with pytest.raises(CannotCreate) as refused:
                USES[use](place)
            assert refused.value.problem == "access_denied"
        assert place.listing() == ()
        buckets.close()


def test_without_a_login_nothing_is_asked_of_anybody(
    buckets: S3Scheme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    began = time.monotonic()
    with pytest.raises(DestinationUnreachable) as nobody:
        at(buckets, "s3://bucket").check()
    assert nobody.value.problem == "no_login"
    assert time.monotonic() - began < 3  # no metadata service was looked for
    with pytest.raises(DestinationUnreachable) as missing:
        at(buckets, "s3://bucket?profile=backup").check()
    assert missing.value.problem == "no_profile"


def test_variables_of_amazons_tools_do_not_lead_an_address_elsewhere(
    s3: S3Server, buckets: S3Scheme, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT", "AWS_BUCKET"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")
    place = at(buckets, s3.address(bucket))
    place.publish(NAME, b"backup")
    assert s3.objects(bucket) == {NAME: b"backup"}


def test_an_endpoint_that_is_not_there_is_said(
    buckets: S3Scheme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(S3Server("127.0.0.1", 1), tmp_path, monkeypatch)
    told = {}
    for endpoint in ("127.0.0.1:9&tls=no", "nowhere.invalid:9000"):
        with pytest.raises(DestinationUnreachable) as gone:
            at(buckets, f"s3://bucket?endpoint={endpoint}").check()
        told[endpoint] = gone.value.problem
    assert told == {"127.0.0.1:9&tls=no": "refused", "nowhere.invalid:9000": "unknown_host"}


def problem_at(address: str) -> str:
    """What keeps a fresh run of the program from a place."""
    buckets = S3Scheme()
    try:
        with pytest.raises(DestinationUnreachable) as refused:
            at(buckets, address).check()
        return refused.value.problem
    finally:
        buckets.close()


def test_a_certificate_is_checked_and_its_authority_can_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path / "ca")
    with s3_server(certificate=authority.certificate_for("127.0.0.1")) as server:
        log_in(server, tmp_path, monkeypatch)
        assert problem_at(server.address("vault")) == "certificate"
        monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "missing"))
        assert problem_at(server.address("vault")) == "ca_bundle"
        monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.bundle))
        assert problem_at(server.address("vault")) == "missing_bucket"
    with s3_server() as plain:
        assert problem_at(f"s3://vault?endpoint={plain.endpoint}") == "no_tls"


class _Replacing(http.server.BaseHTTPRequestHandler):
    """A server that takes `If-None-Match` for a word like any other."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._say(200)

    def do_DELETE(self) -> None:
        self._say(204)

    def _say(self, status: int) -> None:
        self.send_response(status)
        self.send_header("ETag", '"x"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@contextmanager
def serving(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[S3Server]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield S3Server("127.0.0.1", server.server_port)
        server.shutdown()


def test_a_server_that_replaces_objects_is_no_destination(
    buckets: S3Scheme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(_Replacing) as server:
        log_in(server, tmp_path, monkeypatch)
        with pytest.raises(CannotCreate) as refused:
            at(buckets, server.address("bucket")).check()
    assert refused.value.problem == "not_create_only"


class _Forgetful(http.server.BaseHTTPRequestHandler):
    """In front of the real server: what it is given arrives, and the first answer to a put is a failure."""

    behind: str
    puts = 0

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self._forward(body)[0]
        type(self).puts += 1
        self._say(500 if self.puts == 1 else status, b"")

    def do_GET(self) -> None:
        self._say(*self._forward(None))

    def _forward(self, body: bytes | None) -> tuple[int, bytes, dict[str, str]]:
        host, _, port = self.behind.partition(":")
        connection = http.client.HTTPConnection(host, int(port))
        connection.request(self.command, self.path, body, dict(self.headers))
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(answer.getheaders())

    def _say(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {"ETag": '"x"'}).items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


def test_an_answer_that_was_lost_makes_no_second_copy(s3: S3Server, buckets: S3Scheme, bucket: str) -> None:
    class InFront(_Forgetful):
        behind = s3.endpoint

    with serving(InFront) as server:
        assert at(buckets, server.address(bucket)).publish(NAME, b"backup") == NAME
    assert InFront.puts == 2
    assert s3.objects(bucket) == {NAME: b"backup"}


class _Metadata(http.server.BaseHTTPRequestHandler):
    """The service that tells a machine in a cloud its login, in the way that asks for a token first."""

    login: S3Server

    def do_PUT(self) -> None:
        self._say("token")

    def do_GET(self) -> None:
        assert self.headers["X-aws-ec2-metadata-token"] == "token"
        if self.path.endswith("/security-credentials/"):
            return self._say("role")
        until = "2099-01-01T00:00:00Z"
        return self._say(
            f'{{"AccessKeyId": "{self.login.key_id}", "SecretAccessKey": "{self.login.secret}",'
            f' "Token": "", "Expiration": "{until}"}}'
        )

    def _say(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode("ascii"))

    def log_message(self, *_: object) -> None: ...


def test_a_machine_in_a_cloud_gives_its_login_when_it_is_asked_for(
    s3: S3Server, buckets: S3Scheme, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Metadata(_Metadata):
        login = s3

    with serving(Metadata) as service:
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", service.url)
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
        place = at(buckets, f"{s3.address(bucket)}&auth=instance")
        place.publish(NAME, b"backup")
        assert s3.objects(bucket) == {NAME: b"backup"}
        # Only the library has that login, so where it cannot list nobody can.
        s3.put(bucket, "bell\x07.zip", b"somebody else's")
        with pytest.raises(DestinationUnreachable) as odd:
            place.listing()
        assert odd.value.problem == "odd_names"
    with silent_server() as silent:
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", silent.url)
        quick = S3Scheme(Workers(TimeLimits(look=3.0)))
        began = time.monotonic()
        with pytest.raises(DestinationUnreachable) as none:
            at(quick, f"{s3.address(bucket)}&auth=instance").check()
        assert none.value.problem in ("no_instance_login", "no_answer")
        assert time.monotonic() - began < 5
        quick.close()


def test_without_the_library_it_says_so(monkeypatch: pytest.MonkeyPatch, bucket: str, s3: S3Server) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    place = S3Bucket(DestinationInfo(s3.address(bucket)), os.environ, 5.0)
    for use in USES.values():
        with pytest.raises(DestinationUnreachable) as missing:
            use(place)
        assert missing.value.problem == "not_installed"


@pytest.mark.parametrize("odd", ["ns01//a.zip", "ns01/../a.zip", "ns01/.", "ns01/bell\x07.zip"])
def test_a_name_that_obstore_cannot_parse_keeps_no_other_from_being_listed(
    s3: S3Server, buckets: S3Scheme, bucket: str, odd: str
) -> None:
    place = at(buckets, s3.address(bucket, "ns01"))
    place.publish(NAME, b"ours")
    s3.put(bucket, odd, b"somebody else's")
    found = place.listing()
    assert [(listed.name, listed.size) for listed in found] == [(NAME, 4)]
    assert found.left_out == int(odd.startswith("ns01/bell"))  # the others lie in folders of their own
    assert place.read(NAME, 100) == b"ours"


def test_over_many_pages_with_an_odd_name_every_other_is_listed(
    s3: S3Server, buckets: S3Scheme, bucket: str
) -> None:
    client = s3.client()
    for number in range(1_005):
        client.put_object(Bucket=bucket, Key=f"ns01/{number:04}.zip", Body=b"1")
    s3.put(bucket, "ns01/0500\x07.zip", b"1")
    found = at(buckets, s3.address(bucket, "ns01")).listing()
    assert (len(found), found.left_out) == (1_005, 1)


def directly(address: str) -> Destination:
    """Asked in this process: what a server answers is told in the same way there."""
    return S3Bucket(DestinationInfo(address), os.environ, 10.0)


class _Strict(http.server.BaseHTTPRequestHandler):
    """In the place of servers that refuse what nskeys asks for, each in its own words."""

    protocol_version = "HTTP/1.1"
    status, body = 400, b""

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None: ...


def refusal(code: str, message: str, more: str = "") -> bytes:
    return f"<Error><Code>{code}</Code><Message>{message}</Message>{more}</Error>".encode()


@pytest.mark.parametrize(
    ("status", "body", "kind", "problem", "said"),
    [
        (
            400,
            refusal("InvalidRequest", "Content-MD5 or a checksum is required"),
            CannotCreate,
            "bad_request",
            "InvalidRequest: Content-MD5 or a checksum is required",
        ),
        (
            400,
            refusal("InvalidArgument", "bad", "<ArgumentName>If-None-Match</ArgumentName>"),
            CannotCreate,
            "not_create_only",
            "InvalidArgument: bad",
        ),
        (
            400,
            refusal("InvalidRequest", "Conditional writes are not supported"),
            CannotCreate,
            "not_create_only",
            "InvalidRequest: Conditional writes are not supported",
        ),
        (
            403,
            refusal("SecondLevelDomainForbidden", "Use the OSS third level domain."),
            DestinationUnreachable,
            "virtual_host_only",
            "SecondLevelDomainForbidden: Use the OSS third level domain.",
        ),
        (
            400,
            refusal("InvalidURI", "Only virtual-hosted-style requests are supported"),
            DestinationUnreachable,
            "virtual_host_only",
            "InvalidURI: Only virtual-hosted-style requests are supported",
        ),
        (400, b"no xml \x1b[31m\nat all", CannotCreate, "bad_request", "no xml \x1b[31m at all"),
        (400, b"<html><b>Bad</b> gateway</html>", CannotCreate, "bad_request", "Bad gateway"),
        (400, refusal("X", f"your key {KEY_ID} is"), CannotCreate, "bad_request", ""),
        (400, refusal("X", "AWS4-HMAC-SHA256 Signature=abc"), CannotCreate, "bad_request", ""),
        (403, refusal("AccessDenied", "no"), CannotCreate, "access_denied", ""),
    ],
)
def test_a_server_that_refuses_is_told_apart_and_said_in_its_own_words(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    body: bytes,
    kind: type[CannotCreate] | type[DestinationUnreachable],
    problem: str,
    said: str,
) -> None:
    handler = type("Handler", (_Strict,), {"status": status, "body": body})
    with serving(handler) as server:
        log_in(server, tmp_path, monkeypatch)
        for use in ("check", "publish"):
            with pytest.raises((CannotCreate, DestinationUnreachable)) as refused:
                USES[use](directly(server.address("bucket")))
            error = refused.value
            assert isinstance(error, kind)
            assert isinstance(error, CannotCreate | DestinationUnreachable)
            assert (error.problem, error.said) == (problem, said)
            sentence = say(error)
            assert sentence.what.isprintable()
            assert "sudo" not in sentence.advice


class _Keeping(http.server.BaseHTTPRequestHandler):
    """A bucket in memory that takes a put only with a checksum, as one with a default retention does."""

    protocol_version = "HTTP/1.1"
    objects: dict[str, bytes]
    readable = True

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        if not any(name.lower().startswith("x-amz-checksum-") for name in self.headers):
            self._say(400, refusal("InvalidRequest", "a checksum is required"))
        elif self.path in self.objects:
            self._say(412, refusal("PreconditionFailed", "there is one"))
        else:
            self.objects[self.path] = data
            self._say(200, b"")

    def do_GET(self) -> None:
        if not self.readable:
            self._say(403, refusal("AccessDenied", "no"))
        elif self.path in self.objects:
            self._say(200, self.objects[self.path])
        else:
            self._say(404, refusal("NoSuchKey", "none"))

    def do_DELETE(self) -> None:
        self.objects.pop(self.path, None)
        self._say(204, b"")

    def _say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("ETag", '"x"')
        self.send_header("Last-Modified", "Mon, 23 Nov 2026 14:02:00 GMT")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


def test_every_put_carries_a_checksum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, bytes] = {}
    with serving(type("Handler", (_Keeping,), {"objects": kept})) as server:
        log_in(server, tmp_path, monkeypatch)
        place = directly(server.address("locked"))
        place.check()
        assert place.publish(NAME, b"backup") == NAME
        assert place.read(NAME, 10) == b"backup"
    assert kept == {f"/locked/{NAME}": b"backup"}


def test_a_bucket_that_lets_nobody_read_back_what_was_put_is_no_destination(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup would end there too: a test does what a backup does."""
    handler = type("Handler", (_Keeping,), {"objects": {}, "readable": False})
    with serving(handler) as server:
        log_in(server, tmp_path, monkeypatch)
        with pytest.raises(DestinationUnreachable) as refused:
            directly(server.address("bucket")).check()
    assert refused.value.problem == "access_denied"


@pytest.mark.parametrize(
    "odd", ["ns01/dir.zip/", "ns01/deep//a.zip", "/ns01/a.zip", "ns01", "ns01/a b%2F?#.txt"]
)
def test_names_that_are_no_backups_hold_up_no_listing(
    s3: S3Server, buckets: S3Scheme, bucket: str, odd: str
) -> None:
    place = at(buckets, s3.address(bucket, "ns01"))
    place.publish(NAME, b"ours")
    s3.put(bucket, odd, b"somebody else's")
    assert [listed.name for listed in place.listing()] == [NAME]


def test_neither_the_library_nor_a_login_is_in_the_programs_own_memory(s3: S3Server, bucket: str) -> None:
    """Asked in a fresh interpreter, for others' tests may have imported it here."""
    script = f"""
import sys
from nskeys.bootstrap import connect
from nskeys.model.destinations import DestinationInfo
services = connect({os.environ["NSKEYS_HOME"]!r})
services.installation.destinations.at(DestinationInfo({s3.address(bucket)!r})).check()
services.close()
print([name for name in ("obstore", "configparser", "boto3") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


ERROR = "Server returned non-2xx status code: {0}: <Error><Code>{1}</Code><Message>m</Message></Error>"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (ERROR.format("403 Forbidden", "RequestTimeTooSkewed"), "clock_skew"),
        (ERROR.format("403 Forbidden", "SomethingNew"), "access_denied"),
        (ERROR.format("400 Bad Request", "ExpiredToken"), "login_expired"),
        (ERROR.format("400 Bad Request", "AuthorizationHeaderMalformed"), "wrong_region"),
        (ERROR.format("301 Moved", "PermanentRedirect"), "wrong_region"),
        (ERROR.format("501 Not Implemented", "NotImplemented"), "not_create_only"),
        (ERROR.format("507 Insufficient Storage", "XMinioStorageFull"), "bucket_full"),
        (ERROR.format("503 Slow Down", "SlowDown"), "server_error"),
        ("HTTP error: error sending request kind: Connect, HostUnreachable", "no_connection"),
        ("HTTP error: error sending request kind: Interrupted", "connection_lost"),
        ("something that no version of it said before", "server_error"),
    ],
)
def test_what_servers_say_is_understood(text: str, problem: str) -> None:
    assert problem_in(text) == problem
