"""Importing: the plan, the refusal, the skipping, and that everything or nothing is imported."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from nskeys.crypto.sealing import Sealer
from nskeys.errors import (
    BadRow,
    Cancelled,
    ImportRefused,
    ImportUnreadable,
    KeyUsedUp,
    Locked,
    NotSetUp,
    PlanOutdated,
)
from nskeys.imports.detect import preview, read_export
from nskeys.model.credential_list import CredentialFilter
from nskeys.model.credentials import CredentialKind, check_fields
from nskeys.model.imports import ImportedCredential, ImportFormat, ImportReport, ImportWishes
from nskeys.model.keys import active_key
from nskeys.model.secret import SecretBytes
from nskeys.ports import Cmdb, Settings, SilentProgress, Stage
from nskeys.reasons import FieldProblem, Operation
from nskeys.services.credentials.import_plan import PreparedImport
from nskeys.services.credentials.importer import ImportService
from nskeys.services.credentials.service import CredentialService
from nskeys.services.installation import Installation
from nskeys.services.setup.first_start import SetUpService
from nskeys.store.cmdb import SqlCmdb, cmdb_in_file
from tests.fakes.cmdbs import every_sealed
from tests.fakes.fixed import AFTERNOON, FixedClock, FixedIdentity, NobodyToAsk
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
from tests.fakes.memory_protector import MachineProtector
from tests.fakes.other_databases import MemoryOtherDatabases

VECTORS = Path(__file__).parents[3] / "vectors" / "exports"
CMDB_ID = "c0ffee00" * 4
NOBODY = NobodyToAsk()
HIERARCHY, PCANYWHERE, RUN_AS = CredentialKind


@dataclass
class Server:
    """One installation, and the import at work in it. The CMDB may be the real one."""

    cmdb: Cmdb = field(default_factory=MemoryCmdb)
    key_store: MemoryKeyStore = field(default_factory=MemoryKeyStore)
    lock: FreeLock = field(default_factory=FreeLock)

    def __post_init__(self) -> None:
        protector = MachineProtector()
        self.installation = Installation(
            home=MemoryHome(),
            settings=MemorySettings(),
            cmdb=self.cmdb,
            key_store=self.key_store,
            registry=MemoryRegistry(),
            destinations=MemoryDestinations(),
            protectors=lambda name: protector,
            lock=self.lock,
            clock=FixedClock(),
            identity=FixedIdentity(),
            identity_files=MemoryIdentityFiles(),
            checkpoint=MemoryCheckpoint(),
            events=MemoryEvents(),
            other_databases=MemoryOtherDatabases(),
        )
        self.imports = ImportService(self.installation, read_export, preview)
        self.credentials = CredentialService(self.installation)

    def set_up(self) -> "Server":
        settings = Settings("ns01.example.net", "")
        SetUpService(self.installation, lambda: CMDB_ID).execute("machine", NOBODY, settings)
        return self

    def plan(self, name: str, kind: CredentialKind | None = None, skip_bad: bool = False) -> PreparedImport:
        """Of a vector, with its accounts that have no password."""
        wishes = ImportWishes(kind, skip_bad, empty_secrets=True)
        return self.imports.plan(name, (VECTORS / name).read_bytes(), NOBODY, wishes)

    def plan_of(self, data: bytes, source: str = "x", **wishes: Any) -> PreparedImport:
        return self.imports.plan(source, data, NOBODY, ImportWishes(**wishes))

    def take(self, data: bytes, **wishes: Any) -> ImportReport:
        return self.imports.execute(self.plan_of(data, **wishes), NOBODY)

    def run(self, name: str, kind: CredentialKind | None = None, skip_bad: bool = False) -> ImportReport:
        return self.imports.execute(self.plan(name, kind, skip_bad), NOBODY)

    def secrets(self) -> dict[str, str]:
        """Every credential's reference and secret, opened with the active key."""
        with self.cmdb.reading() as view:
            active = active_key(view.keys())
        assert active is not None
        opened = {}
        with self.key_store.unlock(NOBODY) as keys:
            sealer = Sealer(CMDB_ID, active.kid, keys.key(active.kid))
            for row in every_sealed(self.cmdb):
                item = row.credential
                secret = sealer.open(row)
                opened[item.reference] = secret.text()
        return opened

    def number(self) -> int:
        with self.cmdb.reading() as view:
            return view.number

    def total(self) -> int:
        with self.cmdb.reading() as view:
            return view.total(CredentialFilter())

    def audit(self) -> list[str]:
        with self.cmdb.reading() as view:
            return [entry.line for entry in view.audit_entries()]

    def add(self, kind: CredentialKind, name: str, target: str, account: str) -> None:
        self.credentials.add(check_fields(kind, name, target, account), SecretBytes(b"old"), NOBODY)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[SqlCmdb]:
    cmdb = cmdb_in_file(tmp_path / "cmdb.sqlite3", FixedClock())
    yield cmdb
    cmdb.close()


@pytest.fixture
def server(sqlite: SqlCmdb) -> Server:
    return Server(sqlite).set_up()


def keepassxc(*rows: tuple[str, str, str, str, str]) -> bytes:
    """Group, title, username, password, URL of each entry."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(["Group", "Title", "Username", "Password", "URL", "Notes"])
    writer.writerows([*row, ""] for row in rows)
    return text.getvalue().encode("utf-8")


# --- the plan ----------------------------------------------------------------------------------


def test_the_plan_shows_every_credential_and_the_rule_that_chose_its_kind(server: Server) -> None:
    plan = server.plan("keepassxc.csv").plan
    assert plan.format is ImportFormat.KEEPASSXC_CSV
    assert plan.bad == ()
    assert [
        (item.row, item.fields.kind.value, item.fields.name, item.fields.target, item.kind_rule)
        for item in plan.credentials[:6]
    ] == [
        (1, "hierarchy", "emea-ns02", "https://ns02.emea.example.net/Altiris", "group"),
        (2, "hierarchy", "apac-ns01", "http://ns01.apac.example.net:8080", "group"),
        (3, "pcanywhere", "pc-0417", "pc-0417.example.net:5632", "group"),
        (4, "pcanywhere", "kiosk-7.example.net", "kiosk-7.example.net", "group"),
        (5, "pcanywhere", "lab-3", "lab-3.example.net:5631", "group"),
        (6, "run-as", "deploy", "finance-*", "group"),
    ]
    assert [item.kind_word for item in plan.credentials[4:6]] == ["pc anywhere", "run as"]
    assert plan.credentials[4].group == "Passwords/pcAnywhere hosts"


def test_a_plan_changes_nothing_and_unlocks_nothing(server: Server) -> None:
    before = server.audit()
    server.plan("keepassxc.csv")
    assert (server.total(), server.audit(), server.lock.doings) == (0, before, ["setting up"])


def test_a_given_kind_overrides_the_rule_for_every_row(server: Server) -> None:
    plan = server.plan("keepassxc.csv", RUN_AS).plan
    assert {item.fields.kind for item in plan.credentials} == {RUN_AS}
    assert {item.kind_rule for item in plan.credentials} == {"given"}


def test_every_bad_row_is_named_with_its_reason_and_never_its_secret(server: Server) -> None:
    plan = server.plan("keepassxc-mixed.csv").plan
    assert plan.bad == (
        BadRow(1, "wiki", "kind", FieldProblem.KIND_UNKNOWN),
        BadRow(3, "apac-ns01", "secret", FieldProblem.REFERENCE),
        BadRow(4, "us-ns01", "account", FieldProblem.NOT_DOMAIN_USER),
        BadRow(5, "br-ns01", "target", FieldProblem.NOT_URL),
        BadRow(6, "jp-ns01", "target", FieldProblem.PASSWORD_IN_URL),
        BadRow(7, "Front desk", "target", FieldProblem.NOT_HOST_PORT),
        BadRow(8, "", "name", FieldProblem.EMPTY),
    )
    assert plan.left_out == (BadRow(10, "old-deploy", "group", FieldProblem.LOOKS_DELETED),)
    shown = repr(plan)
    for secret in ("loose-1", "bad-account-1", "bad-target-1", "in-the-url", "deleted-1", "good-1"):
        assert secret not in shown


def test_a_prepared_import_can_be_shown_without_its_secrets(server: Server) -> None:
    prepared = server.plan("keepassxc.csv")
    assert "Tr0ub4dor" not in repr(prepared) + repr(prepared.plan) + repr(prepared.rows())


def test_nothing_is_planned_where_nothing_is_set_up() -> None:
    with pytest.raises(NotSetUp):
        Server().plan("keepassxc.csv")


def test_a_file_that_is_no_export_has_no_plan(server: Server) -> None:
    with pytest.raises(ImportUnreadable):
        server.plan_of(b"dear administrator")


# --- the import --------------------------------------------------------------------------------


def test_a_real_export_arrives_whole_and_every_secret_is_the_same(server: Server) -> None:
    report = server.run("keepassxc.csv")
    assert report.imported == 9
    assert report.skipped == ()
    group = "Passwords/Run-as"
    assert server.secrets() == {
        "hierarchy/emea-ns02": 'Tr0ub4dor&3, "zwei"',
        "hierarchy/apac-ns01": "密码-пароль-🔑",
        "pcanywhere/pc-0417": "=cmd|' /C calc'!A0",
        "pcanywhere/kiosk-7.example.net": "",
        "pcanywhere/lab-3": " leading and trailing ",
        "run-as/deploy": "a,b;c\td",
        f"run-as/{group}/Finance/deploy": "line one\nline two",
        f"run-as/{group}/Finance/deploy (2)": '""',
        f'run-as/{group}/Zürich, "HQ"/deploy': "ends with a backslash\\",
    }


def test_what_was_renamed_and_what_was_dropped_is_reported(server: Server) -> None:
    report = server.run("keepassxc.csv")
    group = "Passwords/Run-as"
    assert report.renamed == (
        ("deploy", f"{group}/Finance/deploy"),
        ("deploy", f"{group}/Finance/deploy (2)"),
        ("deploy", f'{group}/Zürich, "HQ"/deploy'),
    )
    assert next((field.field, field.rows) for field in report.dropped) == ("TOTP", 1)


@pytest.mark.parametrize("name", ["bitwarden.csv", "bitwarden.json"])
def test_bitwardens_exports_arrive_whole(server: Server, name: str) -> None:
    assert server.run(name).imported == 6
    secrets = server.secrets()
    assert secrets["hierarchy/apac-ns01"] == "密码-пароль-🔑"
    assert secrets["run-as/Run-as/Zürich/deploy"] == '""'


def test_nskeys_own_export_arrives_as_it_was(server: Server) -> None:
    assert server.run("nskeys.json").imported == 3
    found = server.credentials.show("pcanywhere/kiosk-7")
    assert (found.fields.target, found.fields.account) == ("kiosk-7.example.net:5632", "support")
    assert server.secrets()["run-as/deploy"] == "密码-пароль-🔑"


def test_one_bad_row_and_nothing_is_imported(server: Server) -> None:
    before = server.audit()
    prepared = server.plan("keepassxc-mixed.csv")
    with pytest.raises(ImportRefused) as caught:
        server.imports.execute(prepared, NOBODY)
    assert (caught.value.source, caught.value.bad) == ("keepassxc-mixed.csv", prepared.plan.bad)
    assert (server.total(), server.audit()) == (0, before)


def test_skipping_bad_rows_takes_the_rest_and_reports_them(server: Server) -> None:
    report = server.run("keepassxc-mixed.csv", skip_bad=True)
    assert server.secrets() == {"hierarchy/emea-ns02": "good-1", "run-as/deploy": "good-2"}
    assert report.imported == 2
    assert [bad.row for bad in report.skipped] == [1, 3, 4, 5, 6, 7, 8]


def test_a_bad_row_takes_no_name_from_a_good_one(server: Server) -> None:
    data = keepassxc(
        ("Hierarchy", "ns02", "not a domain user", "a", "https://ns02"),
        ("Hierarchy", "ns02", "CORP\\svc", "b", "https://ns02"),
    )
    report = server.take(data, skip_bad=True)
    assert (report.renamed, server.secrets()) == ((), {"hierarchy/ns02": "b"})


def test_names_that_the_cmdb_has_are_not_taken_twice(server: Server) -> None:
    server.add(RUN_AS, "deploy", "finance-*", "svc")
    report = server.take(keepassxc(("Run-as", "deploy", "svc2", "new", "")))
    assert report.renamed == (("deploy", "Run-as/deploy"),)
    assert server.secrets() == {"run-as/deploy": "old", "run-as/Run-as/deploy": "new"}


def test_the_audit_trail_has_one_line_with_counts_and_no_names(server: Server) -> None:
    before = server.audit()
    server.run("keepassxc-mixed.csv", skip_bad=True)
    (line,) = server.audit()[len(before) :]
    assert '"action":"credentials-imported"' in line
    assert '"details":{"format":"keepassxc-csv","imported":"2","renamed":"0","skipped":"7"}' in line
    assert '"subject":"keepassxc-mixed.csv"' in line
    assert "emea-ns02" not in line


def test_a_file_name_that_is_no_text_does_not_stop_the_audit_trail(server: Server) -> None:
    data = keepassxc(("Run-as", "deploy", "svc", "x", ""))
    server.imports.execute(server.plan_of(data, "Z\udcfcrich.csv"), NOBODY)
    assert '"subject":"Z?rich.csv"' in server.audit()[-1]


def test_imported_credentials_are_new_from_the_moment_of_the_import(server: Server) -> None:
    server.run("nskeys.json")
    found = server.credentials.show("run-as/deploy")
    assert (found.created, found.updated, found.number) == (AFTERNOON, AFTERNOON, server.number())


def test_an_export_of_nothing_imports_nothing_and_says_so(server: Server) -> None:
    before = server.audit()
    report = server.take(keepassxc())
    assert (report.imported, report.skipped, server.audit()) == (0, (), before)


@pytest.mark.slow
def test_fifty_thousand_rows_are_imported_and_every_one_opens(server: Server) -> None:
    sites = range(50_000)
    data = keepassxc(
        *((f"Run-as/Site {n % 200}", f"deploy-{n % 40_000}", "svc", f"p-{n}", "") for n in sites)
    )
    report = server.take(data)
    assert (report.imported, len(report.renamed)) == (50_000, 10_000)
    secrets = server.secrets()
    assert secrets["run-as/deploy-0"] == "p-0"
    assert secrets["run-as/Run-as/Site 0/deploy-0"] == "p-40000"
    assert len(set(secrets.values())) == 50_000


# --- what goes wrong in between ------------------------------------------------------------------


class StopAt(SilentProgress):
    """A person who stops at the n-th opportunity; notes what is counted."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.stop_at = stop_at
        self.opportunities = 0
        self.stages: list[tuple[Stage, int | None]] = []
        self.done = 0

    def stage(self, stage: Stage, total: int | None = None) -> None:
        self.stages.append((stage, total))

    def advance(self, count: int = 1) -> None:
        self.done += count

    def checkpoint(self) -> None:
        self.opportunities += 1
        if self.opportunities == self.stop_at:
            raise Cancelled(Operation.IMPORT)


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    return lambda size: monkeypatch.setattr("nskeys.services.credentials.importer._BATCH", size)


def test_progress_counts_every_credential(server: Server, batches: Callable[[int], None]) -> None:
    batches(2)
    progress = StopAt()
    server.imports.execute(server.plan("keepassxc.csv"), NOBODY, progress)
    assert progress.stages == [(Stage.IMPORTING, 9)]
    assert progress.done == 9


@pytest.mark.parametrize("opportunity", range(1, 7))
def test_whenever_a_person_stops_nothing_is_left(
    server: Server, batches: Callable[[int], None], opportunity: int
) -> None:
    batches(2)
    before = server.audit()
    prepared = server.plan("keepassxc.csv")
    with pytest.raises(Cancelled):
        server.imports.execute(prepared, NOBODY, StopAt(opportunity))
    assert (server.total(), server.audit()) == (0, before)
    assert server.imports.execute(prepared, NOBODY).imported == 9


@pytest.mark.parametrize("opportunity", range(1, 7))
def test_a_stopped_import_keeps_no_secret_that_it_took_out(
    server: Server, batches: Callable[[int], None], opportunity: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches(2)
    taken: list[SecretBytes] = []
    rows = PreparedImport.rows

    def watched(prepared: PreparedImport) -> Iterator[tuple[ImportedCredential, SecretBytes]]:
        for planned, secret in rows(prepared):
            taken.append(secret)
            yield planned, secret

    monkeypatch.setattr(PreparedImport, "rows", watched)
    with pytest.raises(Cancelled):
        server.imports.execute(server.plan("keepassxc.csv"), NOBODY, StopAt(opportunity))
    assert [bool(secret) for secret in taken] == [False] * min(2 * (opportunity - 1), 9)


def test_a_plan_does_not_survive_a_change_of_names(server: Server) -> None:
    prepared = server.plan("keepassxc.csv")
    server.add(RUN_AS, "deploy", "finance-*", "svc")
    with pytest.raises(PlanOutdated) as caught:
        server.imports.execute(prepared, NOBODY)
    assert caught.value.what == "import"
    assert server.total() == 1


def test_a_wiped_plan_imports_no_empty_passwords(server: Server) -> None:
    with server.plan("keepassxc.csv") as prepared:
        assert len(list(prepared.rows())) == len(prepared.plan.credentials)
    with pytest.raises(PlanOutdated):
        server.imports.execute(prepared, NOBODY)
    assert server.total() == 0


def test_secrets_that_no_plan_takes_are_wiped_when_it_is_made(server: Server) -> None:
    parsed = read_export("x", keepassxc(("Internet", "wiki", "admin", "loose", ""), FIRST))
    service = ImportService(server.installation, lambda source, data, reading, unlock: parsed, preview)
    with service.plan("x", b"", NOBODY) as prepared:
        assert [secret.text() for _, secret in prepared.rows()] == ["s-1"]
    assert len(parsed.rows) == 0


def test_a_key_that_may_not_seal_so_many_seals_none(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server().set_up()
    monkeypatch.setattr("nskeys.services.installation.SEALS_LIMIT", 8)
    with pytest.raises(KeyUsedUp):
        server.run("keepassxc.csv")
    assert server.total() == 0


def test_while_somebody_else_changes_the_installation_nothing_is_imported(server: Server) -> None:
    server.lock.somebody = Locked("root", 4711, "rotating", "2026-11-23T14:00:00Z")
    with pytest.raises(Locked):
        server.run("keepassxc.csv")
    assert server.total() == 0


# --- what is here already, and what is left out ----------------------------------------------------

FIRST = ("Run-as", "till", "LAB\\svc", "s-1", "pkg-1")
SECOND = ("Run-as", "desk", "LAB\\svc", "s-2", "pkg-2")


def test_what_is_here_with_the_same_secret_is_present_and_not_stored_again(server: Server) -> None:
    server.take(keepassxc(FIRST))
    before = server.audit()
    plan = server.plan_of(keepassxc(FIRST, SECOND)).plan
    assert list(plan.present) == [1]
    assert server.audit() == before
    report = server.take(keepassxc(FIRST, SECOND))
    assert (report.imported, report.present, report.left_out, report.renamed) == (1, 1, (), ())
    assert server.secrets() == {"run-as/till": "s-1", "run-as/desk": "s-2"}
    again = server.take(keepassxc(FIRST, SECOND))
    assert (again.imported, again.present) == (0, 2)


@pytest.mark.parametrize("name", ["keepassxc.csv", "bitwarden.csv", "bitwarden.json", "nskeys.json"])
def test_a_whole_export_is_here_the_second_time_with_every_name_it_was_given(
    server: Server, name: str
) -> None:
    imported = server.run(name).imported
    before = server.secrets()
    again = server.run(name)
    assert (again.imported, again.present, again.left_out, again.renamed) == (0, imported, (), ())
    assert server.secrets() == before


@pytest.mark.parametrize(
    "changed",
    [
        ("Run-as", "till", "LAB\\svc", "other", "pkg-1"),
        ("Run-as", "till", "LAB\\svc9", "s-1", "pkg-1"),
        ("Run-as", "till", "LAB\\svc", "s-1", "pkg-9"),
    ],
)
def test_what_is_here_with_other_values_is_changed_only_where_a_person_says_so(
    server: Server, changed: tuple[str, str, str, str, str]
) -> None:
    server.take(keepassxc(FIRST))
    left = server.take(keepassxc(changed, SECOND))
    assert left.left_out == (BadRow(1, "till", "row", FieldProblem.CHANGED),)
    assert server.secrets() == {"run-as/till": "s-1", "run-as/desk": "s-2"}
    before = server.credentials.show("run-as/till")
    report = server.take(keepassxc(changed, SECOND), update=True)
    assert (report.imported, report.updated, report.present) == (1, 1, 1)
    assert '"updated":"1"' in server.audit()[-1]
    after = server.credentials.show("run-as/till")
    assert (after.credential_id, after.created) == (before.credential_id, before.created)
    assert (after.fields.account, after.fields.target) == (changed[2], changed[4])
    assert server.secrets() == {"run-as/till": changed[3], "run-as/desk": "s-2"}


def test_a_row_of_the_same_name_for_another_account_and_target_is_another_credential(
    server: Server,
) -> None:
    server.take(keepassxc(FIRST))
    report = server.take(keepassxc(("Run-as", "till", "LAB\\two", "s-2", "pkg-2")), update=True)
    assert (report.imported, report.updated) == (1, 0)
    assert server.secrets() == {"run-as/till": "s-1", "run-as/Run-as/till": "s-2"}


def test_of_two_rows_of_one_name_each_finds_its_own_in_whatever_order(server: Server) -> None:
    other = ("Run-as", "till", "LAB\\svc", "s-2", "pkg-1")
    server.take(keepassxc(FIRST, other))
    changed = ("Run-as", "till", "LAB\\svc", "s-3", "pkg-1")
    plan = server.plan_of(keepassxc(changed, FIRST)).plan
    assert list(plan.present) == [2]
    server.take(keepassxc(changed, FIRST), update=True)
    assert server.secrets() == {"run-as/till": "s-1", "run-as/Run-as/till": "s-3"}


def test_a_change_to_what_an_update_would_replace_makes_the_plan_old(server: Server) -> None:
    server.take(keepassxc(FIRST))
    changed = keepassxc(("Run-as", "till", "LAB\\svc", "s-2", "pkg-1"))
    prepared = server.plan_of(changed, update=True)
    here = server.credentials.show("run-as/till")
    edited = check_fields(RUN_AS, "till", "pkg-9", "LAB\\svc")
    server.credentials.edit(here, edited, SecretBytes(b"by hand"), NOBODY)
    with pytest.raises(PlanOutdated):
        server.imports.execute(prepared, NOBODY)
    assert server.secrets() == {"run-as/till": "by hand"}


def test_logins_without_a_password_are_named_and_taken_only_where_a_person_says_so(
    server: Server,
) -> None:
    bare = ("Run-as", "bare", "LAB\\svc", "", "pkg-1")
    report = server.take(keepassxc(bare, SECOND))
    assert report.left_out == (BadRow(1, "bare", "secret", FieldProblem.NO_SECRET),)
    assert server.secrets() == {"run-as/desk": "s-2"}
    assert server.take(keepassxc(bare, SECOND), empty_secrets=True).imported == 1
    assert server.secrets()["run-as/bare"] == ""


def test_what_looks_deleted_is_named_and_taken_only_where_a_person_says_so(server: Server) -> None:
    gone = ("Root/Kosz/Run-as", "gone", "LAB\\svc", "s-9", "pkg-9")
    report = server.take(keepassxc(gone, SECOND))
    assert report.left_out == (BadRow(1, "gone", "group", FieldProblem.LOOKS_DELETED),)
    assert server.take(keepassxc(gone, SECOND), with_deleted=True).imported == 1
    assert server.secrets()["run-as/gone"] == "s-9"


def test_a_secret_in_a_target_is_moved_only_into_a_row_that_has_none(server: Server) -> None:
    full = ("Run-as", "full", "LAB\\svc", "s-1", "svc:hidden@srv7")
    plan = server.plan_of(keepassxc(full)).plan
    assert plan.bad == (BadRow(1, "full", "target", FieldProblem.PASSWORD_IN_URL),)
    empty = ("Run-as", "empty", "", "", "https://svc:hidden@srv7/x")
    (item,) = server.plan_of(keepassxc(empty)).plan.credentials
    assert (item.moved, item.fields.target, item.fields.account) == (True, "https://srv7/x", "svc")
    server.take(keepassxc(empty))
    assert server.secrets() == {"run-as/empty": "hidden"}
