"""What a server does, whatever protects its keys: key store, backup, restore, rotation and drill, with the
real parts, and everything anew in another process each time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nskeys.errors import KeyStoreElsewhere, ProtectorUnavailable, SecretUnavailable
from nskeys.model.keys import KeyState
from nskeys.model.register import Proof
from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose, SecretProvider, SilentProgress
from nskeys.protectors.catalogue import available
from nskeys.services.open_backup import find_source, opened
from nskeys.services.passwords.remembered import RememberedPassphrase
from nskeys.services.restore.service import RestoreChoices
from tests.fakes.fixed import Answers, NobodyToAsk
from tests.fakes.real_site import RealServer, RealSite
from tests.fakes.servers import NOBODY, PASSPHRASE, PASSWORD, run_as
from tests.fakes.token import PIN
from tests.fakes.tpm import Board

pytestmark = pytest.mark.usefixtures("second_reader_here")

SECRETS = {"run-as/one": "first secret", "run-as/two": "second secret"}


class Protected:
    """A server under one protector, and a person who knows what that one asks for."""

    def __init__(self, site: RealSite, uri: str, board: Board | None) -> None:
        self.site = site
        self.uri = uri
        self.board = board
        self.server = site.server()

    @property
    def name(self) -> str:
        return self.uri.partition(":")[0]

    def person(self, *more: tuple[Purpose, str]) -> SecretProvider:
        """Answers as often as it is asked for what this protector needs, and `more`."""
        if self.name == "pkcs11":
            more = (*more, (Purpose.PIN, PIN))
        if self.name == "passphrase":
            more = (*more, (Purpose.PASSPHRASE, PASSPHRASE), (Purpose.NEW_PASSPHRASE, PASSPHRASE))
        return Answers({purpose: [text] * 9 for purpose, text in more}) if more else NobodyToAsk()

    def set_up(self) -> "Protected":
        self.server.set_up(self.uri, self.person())
        for reference, secret in SECRETS.items():
            self.add(reference.removeprefix("run-as/"), secret)
        return self

    def add(self, name: str, secret: str) -> None:
        with SecretBytes.from_text(secret) as given:
            self.server.services.credentials.add(run_as(name), given, self.person())

    def secrets(self) -> dict[str, str]:
        """Every secret, in a new process."""
        services = self.server.restarted().services
        found = {}
        for reference in SECRETS:
            credential = services.credentials.show(reference)
            with services.credentials.reveal(credential, self.person()) as secret:
                found[reference] = secret.text()
        return found

    def back_up(self) -> str:
        """The address of a key backup, with a database copy beside it."""
        services = self.server.restarted().services
        plan = services.backup.plan(self.server.vault, "")
        made = services.backup.execute(plan, self.person((Purpose.NEW_BACKUP_PASSWORD, PASSWORD)))
        services.database.execute(services.database.plan([self.server.vault]), self.person())
        return made.copy.address

    def restore_onto(self, server: RealServer, address: str) -> int:
        """How many credentials open there afterwards."""
        answers = self.person((Purpose.BACKUP_PASSWORD, PASSWORD))
        source = find_source(server.installation, address)
        with (
            opened(server.installation, source, answers, SilentProgress()) as open_source,
            RememberedPassphrase(answers) as known,
        ):
            plan = server.services.restore.plan(open_source)
            report = server.services.restore.execute(
                plan, open_source, known, RestoreChoices(server.settings(), self.uri, plan.facts.server_key)
            )
        assert not report.proof.failures
        return report.proof.opened


PROTECTORS = ("file", "passphrase", "tpm2", "pkcs11")


def test_every_protector_is_in_this_suite() -> None:
    assert {name for name, _, _ in available()} == set(PROTECTORS)


@pytest.fixture(params=PROTECTORS)
def protected(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Protected]:
    board: Board | None = request.getfixturevalue("board") if request.param == "tpm2" else None
    uri = board.uri if board else request.param
    if request.param == "pkcs11":
        uri = request.getfixturevalue("tokens").uri()
    (tmp_path / "site").mkdir()
    there = Protected(RealSite(tmp_path / "site"), uri, board)
    yield there
    there.server.services.close()


def test_what_it_keeps_opens_in_every_process(protected: Protected) -> None:
    protected.set_up()
    assert protected.server.services.protection.show().protector == protected.name
    assert protected.secrets() == SECRETS
    assert protected.server.services.verify.execute(protected.person()).opened == len(SECRETS)


def test_without_what_it_needs_nothing_opens(protected: Protected, request: pytest.FixtureRequest) -> None:
    protected.set_up()
    server = protected.server.restarted()
    if protected.board is not None:
        protected.board.exchange()
        with pytest.raises(KeyStoreElsewhere):
            server.services.verify.execute(NOBODY)
    elif protected.name == "pkcs11":
        request.getfixturevalue("tokens").unplug()
        with pytest.raises(ProtectorUnavailable):
            server.services.verify.execute(protected.person())
    elif protected.name == "passphrase":
        with pytest.raises(SecretUnavailable):
            server.services.verify.execute(Answers({Purpose.PASSPHRASE: ["another", "one"]}))
    else:
        assert server.services.verify.execute(NOBODY).opened  # `file` needs nothing, and is called so


def test_looking_never_opens_anything(protected: Protected) -> None:
    protected.set_up()
    protected.back_up()
    services = protected.server.restarted().services
    if protected.board is not None:
        protected.board.hangs = True  # and nobody is asked: there is nobody to ask
    assert services.recoverability.assess().totals.total == len(SECRETS)
    assert services.protection.show().protector == protected.name
    assert len(protected.server.keys()) == 1
    assert services.audit.entries()
    assert services.audit.verify().whole
    assert services.register.copies()
    assert services.credentials.show("run-as/one")
    assert services.set_up.look().credentials == len(SECRETS)


def test_a_backup_is_drilled_and_counts(protected: Protected) -> None:
    address = protected.set_up().back_up()
    services = protected.server.restarted().services
    source = find_source(protected.server.installation, address)
    report = services.drill.execute(source, protected.person((Purpose.BACKUP_PASSWORD, PASSWORD)))
    assert report.reached is Proof.CREDENTIALS_OPEN
    assert protected.server.counts() == (len(SECRETS), 0, 0)


def test_new_hardware_gets_the_keys_from_the_backup_under_its_own_protector(protected: Protected) -> None:
    address = protected.set_up().back_up()
    new = protected.site.with_database_of(protected.server)
    if protected.board is not None:
        protected.board.exchange()
    assert protected.restore_onto(new, address) == len(SECRETS)
    protected.server = new
    assert new.services.protection.show().protector == protected.name
    assert protected.secrets() == SECRETS


def test_a_rotation_re_seals_everything_once_a_backup_holds_the_new_key(protected: Protected) -> None:
    protected.set_up()
    rotation = protected.server.services.rotation
    waiting = rotation.execute(rotation.plan(), protected.person())
    assert waiting.state is KeyState.PRE_ACTIVE
    protected.back_up()
    rotation = protected.server.restarted().services.rotation
    done = rotation.execute(rotation.plan(), protected.person())
    assert (done.state, done.resealed) == (KeyState.ACTIVE, len(SECRETS))
    assert protected.secrets() == SECRETS


def test_it_is_changed_to_and_away_from_and_every_key_stays(protected: Protected) -> None:
    site_server = protected.server
    site_server.set_up("file")
    for reference, secret in SECRETS.items():
        site_server.add(reference.removeprefix("run-as/"), secret)
    keys, public = site_server.keys(), site_server.installation.server_public()
    protection = site_server.services.protection
    assert (
        protection.change(protected.uri, NOBODY, protected.person(), without_backup=True).protector
        == protected.name
    )
    assert protected.secrets() == SECRETS
    protection = site_server.restarted().services.protection
    assert protection.change("file", protected.person(), NOBODY, without_backup=True).protector == "file"
    assert site_server.secrets() == SECRETS
    assert (site_server.keys(), site_server.installation.server_public()) == (keys, public)


def test_it_can_be_bound_anew(protected: Protected) -> None:
    """Another passphrase, or the same TPM: everything but the keys is new."""
    before = protected.set_up().server.services.protection.show()
    after = protected.server.services.protection.change(
        protected.uri, protected.person(), protected.person(), without_backup=True
    )
    assert (after.generation, after.protector) == (before.generation + 1, before.protector)
    assert after.store_id != before.store_id
    assert protected.secrets() == SECRETS
