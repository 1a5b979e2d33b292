"""The demo's server: credentials of all three kinds, a drilled backup elsewhere, one on this machine, and
a key that no backup holds. The program's own services make it, over a past of some weeks."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

from nskeys.bootstrap import Costs, Services, Surroundings, connect
from nskeys.crypto.kdf import Argon2Cost
from nskeys.errors import Cancelled
from nskeys.model.credentials import CredentialKind, check_fields
from nskeys.model.secret import SecretBytes
from nskeys.ports import Clock, SecretRequest, Settings, SilentProgress
from nskeys.wording.demo import HINT, PASSWORD
from nskeys_tui.demo.manager import DemoManager

SERVER = "ns01.example.net"
_COSTS = Costs(scrypt_log_n=14, argon2=Argon2Cost(16 * 1024, 2, 1))
"""Cheaper than a server's, for nobody attacks what is gone in a moment."""
_DECLARED = "the demo's other machine"
_NEW = (
    check_fields(CredentialKind.RUN_AS, "deploy-finance", "finance-*", "EXAMPLE\\svc-deploy"),
    check_fields(CredentialKind.RUN_AS, "deploy-till", "till-*", "EXAMPLE\\svc-till"),
)
_BRANCH = """\
"Group","Title","Username","Password","URL","Notes"
"Hierarchy","branch-ns11","EXAMPLE\\svc-repl","replicates-over-a-thin-line","https://ns11.branch.example.net",""
"Remote control","branch-till-1","support","branch-till-opens-at-ten","till-1.branch.example.net",""
"Run as","branch-office","EXAMPLE\\svc-branch","installs-at-the-branch","branch-*",""
"""


class _Clock(Clock):
    """This machine's clock, so many hours behind."""

    def __init__(self) -> None:
        self._behind = timedelta()

    def set_back(self, *, days: int = 0, hours: int = 0) -> None:
        self._behind = timedelta(days=days, hours=hours)

    def now(self) -> datetime:
        return datetime.now(UTC).replace(microsecond=0) - self._behind


def demo_server(folder: Path, environ: Mapping[str, str] = os.environ) -> Services:
    """Make the server in the folder and return its services. Beside its home lie the files that its
    administrator would have: `export.csv`, which was imported, and `branch.csv`, which was not."""
    vault = folder / "vault"
    vault.mkdir(mode=0o700)
    data = resources.files("nskeys_tui.demo").joinpath("export.csv").read_bytes()
    (folder / "export.csv").write_bytes(data)
    (folder / "branch.csv").write_text(_BRANCH, encoding="utf-8")
    clock = _Clock()
    home = str(folder / "home")
    around = Surroundings(environ, DemoManager(), clock, logs=False)
    services = connect(home, costs=_COSTS, around=around)
    clock.set_back(days=41)
    services.set_up.execute("file", _secrets, Settings(SERVER, ""))
    with services.imports.plan("export.csv", data, _secrets) as prepared:
        services.imports.execute(prepared, _secrets)
    services.destinations.add(str(vault), _DECLARED)
    _back_up(services, vault)
    clock.set_back(days=3)
    _back_up(services, vault)
    services.drill.execute(services.drill.find("latest"), _secrets)
    services.check.execute(_secrets)
    clock.set_back(days=1)
    _back_up(services, folder / "home" / "backups")
    clock.set_back(hours=2)
    _rotate_and_stop(services)
    for fields in _NEW:
        with SecretBytes.from_text("not-in-any-backup-yet") as secret:
            services.credentials.add(fields, secret, _secrets)
    clock.set_back()
    return services


def _back_up(services: Services, place: Path) -> None:
    services.backup.execute(services.backup.plan(str(place), HINT), _secrets)
    services.database.execute(services.database.plan(str(place)), _secrets)


def _rotate_and_stop(services: Services) -> None:
    """Make a new key active without a backup, as after a hurried night, and leave the rest for later."""
    services.rotation.execute(services.rotation.plan(), _secrets)
    try:
        services.rotation.execute(
            services.rotation.plan(), _secrets, without_backup=True, progress=_Stops()
        )
    except Cancelled:
        return


class _Stops(SilentProgress):
    """A person who stops the work at the first place where that is safe."""

    def checkpoint(self) -> None:
        raise Cancelled


def _secrets(request: SecretRequest, retry: int) -> SecretBytes:  # noqa: ARG001
    """A `ports.SecretProvider`: the demo's only password."""
    return SecretBytes.from_text(PASSWORD, typed=True)
