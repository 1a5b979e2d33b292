"""The example server of the README: fourteen credentials, two keys, three backups, a rotation that was
broken off. Made by the services over parts in memory; time stands still, and so do dice."""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from unittest.mock import patch

from nskeys.archive import cross_check
from nskeys.bootstrap import Services
from nskeys.errors import Cancelled
from nskeys.model.credentials import CredentialFields, CredentialKind, check_fields
from nskeys.model.destinations import DestinationInfo, LocatedAt, Location, LocationReason
from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose, Settings
from nskeys.services.installation import Installation
from nskeys.services.open_backup import find_source
from tests.fakes.fixed import Answers, FixedClock, FixedIdentity
from tests.fakes.memory_cmdb import MemoryCmdb
from tests.fakes.memory_destination import MemoryDestinations
from tests.fakes.memory_files import (
    FreeLock,
    MemoryCheckpoint,
    MemoryEvents,
    MemoryHome,
    MemoryIdentityFiles,
    MemoryRegistry,
    MemorySettings,
)
from tests.fakes.memory_keystore import MemoryKeyStore
from tests.fakes.other_databases import MemoryOtherDatabases
from tests.fakes.second_reader import in_this_process
from tests.fakes.servers import protector_named

SERVER = "ns01.example.net"
VAULT = "/mnt/vault/nskeys"
PASSWORD = "a password for pictures only"
_ELSEWHERE = LocatedAt(Location.ELSEWHERE, LocationReason.NETWORK_MOUNT, "nfs4 vault02:/nskeys")
_H, _P, _R = CredentialKind.HIERARCHY, CredentialKind.PCANYWHERE, CredentialKind.RUN_AS

OLD: tuple[CredentialFields, ...] = (
    check_fields(_H, "emea-ns02", "https://ns02.emea.example.net", "CORP\\svc-repl"),
    check_fields(_H, "apac-ns03", "https://ns03.apac.example.net", "CORP\\svc-repl"),
    check_fields(_H, "lab-ns09", "https://ns09.lab.example.net", "LAB\\replication"),
    check_fields(_P, "till-berlin", "till-berlin.example.net", "support"),
    check_fields(_P, "till-lisbon", "till-lisbon.example.net:5635", "support"),
    check_fields(_P, "kiosk-foyer", "10.20.4.17", "kiosk"),
    check_fields(_P, "plc-gateway", "plc-gw.example.net", "maintenance"),
    check_fields(_P, "print-server", "print01.example.net", "support"),
    check_fields(_R, "deploy-office", "office-*", "CORP\\svc-deploy"),
    check_fields(_R, "inventory", "nightly inventory", "CORP\\svc-inventory"),
    check_fields(_R, "patch-servers", "patch-ring-1", "CORP\\svc-patch"),
    check_fields(_R, "backup-agent", "agent-*", "backup"),
)
NEW = (
    check_fields(_R, "deploy-finance", "finance-*", "CORP\\svc-deploy"),
    check_fields(_R, "deploy-till", "till-*", "CORP\\svc-till"),
)


class Example:
    """The server and the dice it was made with."""

    def __init__(self) -> None:
        self.clock = FixedClock(datetime(2025, 1, 3, 8, 11, tzinfo=UTC))
        self.places = MemoryDestinations()
        self.places.make("/var/lib/nskeys/backups")
        self.places.make(VAULT, _ELSEWHERE)
        self.cmdb = MemoryCmdb("/var/lib/nskeys/cmdb.sqlite3")
        self.services = self._machine()

    def _machine(self) -> Services:
        return Services(
            Installation(
                home=MemoryHome("/var/lib/nskeys"),
                settings=MemorySettings(Settings(SERVER, "", (DestinationInfo(VAULT),))),
                cmdb=self.cmdb,
                key_store=MemoryKeyStore("/var/lib/nskeys"),
                registry=MemoryRegistry(),
                destinations=self.places,
                protectors=protector_named,
                lock=FreeLock(),
                clock=self.clock,
                identity=FixedIdentity(),
                identity_files=MemoryIdentityFiles(),
                checkpoint=MemoryCheckpoint(),
                events=MemoryEvents(),
                other_databases=MemoryOtherDatabases(),
                scrypt_log_n=4,
                least_score=0,
            )
        )

    def new_hardware(self) -> "Example":
        """The same database and the same vault, on a machine without keys; one key of it was rotated
        after the newest backup, so two credentials stay lost."""
        other = Example.__new__(Example)
        other.clock, other.places, other.cmdb = self.clock, self.places, self.cmdb
        other.services = other._machine()
        return other


def build() -> Example:
    """As the first screen of the design is drawn: 12 of 14 would come back, 2 at risk since 14:02."""
    with loaded_dice(), _one_reader():
        example = Example()
        services = example.services
        services.set_up.execute("file", _answers(), Settings(SERVER, "", (DestinationInfo(VAULT),)))
        for fields in OLD:
            _add(services, fields)
        for _ in range(2):
            example.clock.advance(days=200)
            services.backup.execute(services.backup.plan(VAULT), _answers())
        example.clock.moment = datetime(2026, 11, 19, 9, 30, tzinfo=UTC)
        services.backup.execute(services.backup.plan(VAULT, "the sealed envelope"), _answers())
        services.database.execute(services.database.plan(VAULT), _answers())
        example.clock.advance(hours=1)
        services.drill.execute(find_source(services.installation, "latest"), _answers())
        services.check.execute(_answers())
        example.clock.moment = datetime(2026, 11, 22, 14, 2, tzinfo=UTC)
        _rotate_and_stop(services)
        for fields in NEW:
            _add(services, fields)
        example.clock.moment = datetime(2026, 11, 22, 16, 40, tzinfo=UTC)
        return example


def _rotate_and_stop(services: Services) -> None:
    """Activate a new key without a backup, and be stopped before a credential was sealed under it."""
    services.rotation.execute(services.rotation.plan(), _answers())
    plan = services.rotation.plan()
    try:
        services.rotation.execute(plan, _answers(), without_backup=True, progress=_Stops())
    except Cancelled:
        return
    raise AssertionError("the rotation was not stopped")


class _Stops:
    """A person who stops the work at the first place where that is safe."""

    def stage(self, *_: object) -> None:
        """Heard."""

    def advance(self, *_: object) -> None:
        """Heard."""

    def place(self, *_: object) -> None:
        """Heard."""

    def proved(self, *_: object) -> None:
        """Heard."""

    def checkpoint(self) -> None:
        """Now."""
        raise Cancelled


def _add(services: Services, fields: CredentialFields) -> None:
    with SecretBytes.from_text("not shown in any picture") as secret:
        services.credentials.add(fields, secret, _answers())


def _answers() -> Answers:
    words = {Purpose.NEW_BACKUP_PASSWORD: [PASSWORD], Purpose.BACKUP_PASSWORD: [PASSWORD]}
    return Answers(words, typed=True)


@contextmanager
def loaded_dice() -> Iterator[None]:
    """`os.urandom` gives the same bytes each time, so ids and key ids are the same in every picture."""
    dice = random.Random(20261122)
    with patch.object(os, "urandom", dice.randbytes):
        yield


@contextmanager
def _one_reader() -> Iterator[None]:
    """The second reader answers in this process: its own tests start the other one."""

    with patch.object(cross_check, "second_opinion", in_this_process):
        yield
