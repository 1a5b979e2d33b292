"""A bucket, used only in the worker process: obstore is imported here, and the login is read here.

An object appears whole or not at all, and is only put under a free name (`If-None-Match: *`). A bucket
whose server ignores that header is refused: a backup there could be replaced.
"""

import secrets
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from nskeys.destinations.backup_names import candidates, listing_of
from nskeys.destinations.location import Machine, this_machine
from nskeys.destinations.s3.address import INSTANCE, S3Address, parse
from nskeys.destinations.s3.errors import names_a_bucket, problem_in, words_in
from nskeys.destinations.s3.login import NoS3Login, S3Login, find_login, without_key
from nskeys.destinations.s3.objects import beginning, delete, get, listed, mark_of, put
from nskeys.errors import CannotCreate, CannotRemove, DestinationUnreachable, FileUnreadable, NskeysError
from nskeys.files import read_bounded
from nskeys.model.destinations import DestinationInfo, LocatedAt, Location, LocationReason, Mounted
from nskeys.ports import Listed, Listing
from nskeys.reasons import Problem

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Config, S3Store

_OF_A_LIMIT = 0.8
"""The share of a time limit that one request may take, so that the error can still be reported."""
_TO_CONNECT = 5.0  # seconds
_BUNDLE_LIMIT = 1 << 22
_AMAZON = "s3.{region}.amazonaws.com"
_REGION = "us-east-1"  # as obstore and Amazon's tools have it where nothing is said
_TRIAL = ".nskeys-trial"
_TRIAL_DATA = b"trial"
_REFUSED = (
    Problem.ACCESS_DENIED,
    Problem.BAD_REQUEST,
    Problem.BUCKET_FULL,
    Problem.NOT_CREATE_ONLY,
    Problem.TOO_LARGE,
)
_IN_ITS_WORDS = (
    Problem.BAD_REQUEST,
    Problem.NOT_CREATE_ONLY,
    Problem.SERVER_ERROR,
    Problem.VIRTUAL_HOST_ONLY,
)
"""Problems for which the server's own message says more."""


class S3Bucket:
    """ports.Destination in the bucket, below the prefix of `info.address`. `environ` are the variables of
    Amazon's tools; `seconds` is the timeout of one answer."""

    def __init__(
        self,
        info: DestinationInfo,
        environ: Mapping[str, str],
        seconds: float,
        machine: Callable[[], Machine] = this_machine,
    ) -> None:
        self._info = info
        self._address = parse(info.address)
        self._environ = environ
        self._seconds = seconds
        self._machine = machine

    @property
    def live(self) -> bool:
        """False: the bucket is on another server."""
        return False

    def where(self) -> LocatedAt:
        """Return whether the endpoint is this machine, by its name and by its addresses."""
        if self._info.declared_elsewhere:
            words = self._info.declared_elsewhere
            return LocatedAt(Location.ELSEWHERE, LocationReason.DECLARED, words)
        host, machine = self._host(), self._machine()
        addresses = _addresses(host)
        if machine.is_called(host) or any(machine.is_called(address) for address in addresses):
            return LocatedAt(Location.HERE, LocationReason.REMOTE_IS_THIS_MACHINE, host)
        if not addresses:
            return LocatedAt(Location.UNKNOWN, LocationReason.UNTOLD, host)
        return LocatedAt(Location.ELSEWHERE, LocationReason.REMOTE_SERVER, f"server {host}")

    def mounted(self) -> Mounted | None:
        """Return None: it is not a folder of this machine."""
        return None

    def address_of(self, name: str) -> str:
        return str(self._address.file(name))

    def check(self) -> None:
        """Put a test object, check that it is not replaced, read it back, remove it. Raises
        DestinationUnreachable, CannotCreate (`access_denied`, `not_create_only`, ...), FileUnreadable."""
        store, trial, mark = self._store(), self._address.file(_TRIAL), secrets.token_hex(16)
        with self._writing(self._info.address):
            # One name for every trial: where nothing may be removed, one small object stays. Of three times
            # the third tells, for another one's trial may remove the first.
            if all(put(store, trial.path, _TRIAL_DATA, mark) for _ in range(3)):
                raise CannotCreate(self._info.address, Problem.NOT_CREATE_ONLY)
        self._read_back(store, trial)
        with suppress(DestinationUnreachable, FileUnreadable), self._reaching(str(trial)):
            delete(store, trial.path)

    def _read_back(self, store: "S3Store", trial: S3Address) -> None:
        """Read the test object back and compare; skip it where another process's test removed it
        meanwhile."""
        try:
            with self._reaching(str(trial)):
                data = get(store, trial.path, len(_TRIAL_DATA))
        except FileUnreadable:
            return
        if data != _TRIAL_DATA:
            raise FileUnreadable(str(trial), Problem.DIFFERS)

    def publish(self, name: str, data: bytes) -> str:
        store, mark = self._store(), secrets.token_hex(16)
        for candidate in candidates(name):
            file = self._address.file(candidate)
            with self._writing(str(file)):
                # Taken with our own mark on it: the first try got there, and its answer was lost.
                if put(store, file.path, data, mark) or mark_of(store, file.path) == mark:
                    return candidate
        raise CannotCreate(str(self._address.file(name)), Problem.NAME_TAKEN)

    def read(self, name: str, limit: int) -> bytes:
        """Return the whole object. Raises FileUnreadable (`missing`, `too_large`),
        DestinationUnreachable."""
        file, store = self._address.file(name), self._store()
        with self._reaching(str(file)):
            data = get(store, file.path, limit)
        if data is None:
            raise FileUnreadable(str(file), Problem.TOO_LARGE)
        return data

    def beginning(self, name: str, size: int) -> bytes:
        file, store = self._address.file(name), self._store()
        with self._reaching(str(file)):
            return beginning(store, file.path, size)

    def listing(self) -> Listing:
        store = self._store()
        try:
            with self._reaching(self._info.address):
                return listing_of(listed(store, self._address.path))
        except DestinationUnreachable as error:
            # obstore lists nothing where one name is none of its own; that page is asked for without it.
            login = self._login()
            if error.problem is not Problem.ODD_NAMES or not login.complete:
                raise
            return self._listed_plainly(login)

    def _listed_plainly(self, known: S3Login) -> Listing:
        from nskeys.destinations.s3.listing import NotListed, Question, objects

        endpoint = self._address.url or f"https://{self._host()}"
        question = Question(endpoint, self._address.bucket, self._address.path, self._region(known))
        try:
            return listing_of(
                Listed(name, size) for name, size in objects(question, known, self._seconds * _OF_A_LIMIT)
            )
        except NotListed:
            raise self._unreachable(Problem.ODD_NAMES) from None

    def remove(self, name: str) -> None:
        """Remove an object. Raises FileUnreadable (`missing`), CannotRemove, DestinationUnreachable."""
        file, store = self._address.file(name), self._store()
        with self._reaching(str(file)):
            get(store, file.path, 0)  # S3 says nothing of a name that it does not know
        try:
            with self._reaching(str(file)):
                delete(store, file.path)
        except DestinationUnreachable as error:
            if error.problem is Problem.ACCESS_DENIED:
                raise CannotRemove(str(file), error.problem) from None
            raise

    def sweep(self) -> None: ...

    def flushes(self) -> bool:
        return True

    def _host(self) -> str:
        if self._address.endpoint:
            return self._address.host
        try:
            region = self._region(self._login())
        except DestinationUnreachable:  # without a login: the region decides little about where that is
            region = self._region(without_key(self._environ))
        return _AMAZON.format(region=region)

    def _login(self) -> S3Login:
        if self._address.auth == INSTANCE:
            return without_key(self._environ)
        try:
            return find_login(self._environ, self._address.profile)
        except NoS3Login as error:
            raise self._unreachable(error.problem) from None

    def _region(self, known: S3Login) -> str:
        return self._address.region or known.region or _REGION

    def _store(self) -> "S3Store":
        try:
            from obstore.store import S3Store
        except ImportError:
            raise self._unreachable(Problem.NOT_INSTALLED) from None
        login = self._login()
        config: S3Config = {
            "bucket": self._address.bucket,
            "region": self._region(login),
            "disable_bulk_delete": True,  # not every server has it
            # Buckets whose objects are locked by themselves take no PUT without one.
            "checksum_algorithm": "SHA256",
        }
        if self._address.url:
            config["endpoint"] = self._address.url
        if login.complete:
            config["access_key_id"], config["secret_access_key"] = login.key_id, login.secret
        if login.token:
            config["session_token"] = login.token
        if service := self._environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT"):
            config["metadata_endpoint"] = service.rstrip("/")
        request = timedelta(seconds=self._seconds * _OF_A_LIMIT)
        client = self._client(login, request)
        try:
            return S3Store(
                config=config,
                client_options=client,
                retry_config={"max_retries": 2, "retry_timeout": request / 2},
            )
        except Exception:  # noqa: BLE001  # its classes are no promise; its texts may quote the settings
            raise self._unreachable(Problem.BAD_SETTINGS) from None

    def _client(self, known: S3Login, request: timedelta) -> "ClientConfig":
        options: ClientConfig = {
            "timeout": request,
            "connect_timeout": min(request, timedelta(seconds=_TO_CONNECT)),
            "allow_http": not self._address.tls,
        }
        if known.ca_bundle:
            try:
                options["root_certificate"] = read_bounded(Path(known.ca_bundle), _BUNDLE_LIMIT)
            except FileUnreadable:
                raise self._unreachable(Problem.CA_BUNDLE) from None
        return options

    def _unreachable(self, problem: Problem) -> DestinationUnreachable:
        return DestinationUnreachable(self._info.address, problem)

    @contextmanager
    def _reaching(self, path: str) -> Iterator[None]:
        """Translate every error of obstore to one of ours, without its text."""
        try:
            yield
        except FileNotFoundError as error:
            if names_a_bucket(str(error)):
                raise self._unreachable(Problem.MISSING_BUCKET) from None
            raise FileUnreadable(path, Problem.MISSING) from None
        except NskeysError:
            raise
        except Exception as error:  # noqa: BLE001  # not all that obstore raises has its base class
            problem = problem_in(str(error))
            message = self._words(str(error)) if problem in _IN_ITS_WORDS else ""
            raise DestinationUnreachable(self._info.address, problem, said=message) from None

    def _words(self, text: str) -> str:
        """Return the server's own words, unless they repeat the login; that of a cloud machine is not known
        here, so then nothing."""
        if self._address.auth == INSTANCE:
            return ""
        login = self._login()
        return words_in(text, (login.key_id, login.secret, login.token))

    @contextmanager
    def _writing(self, path: str) -> Iterator[None]:
        """Translate errors as `_reaching` does; a refusal of the server to store becomes CannotCreate."""
        try:
            with self._reaching(path):
                yield
        except DestinationUnreachable as error:
            if error.problem in _REFUSED:
                raise CannotCreate(path, error.problem, error.said) from None
            raise


def _addresses(host: str) -> tuple[str, ...]:
    """Return the addresses of a name; none where the look-up fails."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return ()
    return tuple({str(entry[4][0]) for entry in found})
