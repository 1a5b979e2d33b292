"""`nskeys status` in its four forms."""

import os
import re
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nskeys.cli.nagios import nagios_failure, nagios_line
from nskeys.cli.prometheus import failed_metrics, metrics
from nskeys.model.recoverability import Recoverability, Totals
from nskeys.model.registry import RegistryValues
from nskeys.services.status.overview import Overview
from tests.core.cli.test_custodians import words_on
from tests.fakes.command_line import Machine, tree
from tests.fakes.fixed import AFTERNOON
from tests.fakes.monitoring import plugin_line, samples


def test_people_get_the_answer_first(server: Machine) -> None:
    server.back_up()
    ran = server.run("status")
    lines = ran.out.splitlines()
    assert ran.code == 1
    assert ran.err == ""
    assert lines[0] == "If this server died now, 0 of 2 credentials would come back."
    assert re.search(r"^at risk +2 since \d\d:\d\d, backed up only here$", ran.out, re.MULTILINE)
    assert re.search(r"^last backup +backup 1 in .*/backups \(here\) lies on this machine$", ran.out, re.M)
    assert re.search(r"^[0-9a-f]{8}  active  .* 2 credentials  in 1 backup$", ran.out, re.MULTILINE)
    server.back_up("--to", server.vault())
    safe = server.run("status")
    assert safe.code == 0
    assert safe.out.startswith("If this server died now, 2 of 2 credentials would come back.\n")
    assert "its password" in safe.out


def test_looking_changes_nothing(server: Machine) -> None:
    before = tree(server.home)
    for form in ([], ["--json"], ["--nagios"], ["--prometheus"]):
        server.run("status", *form)
    assert tree(server.home) == before


def test_prometheus_reads_its_metrics(server: Machine) -> None:
    ran = server.run("status", "--prometheus")
    assert ran.code == 1
    told = samples(ran.out)
    assert told["nskeys_up", ()] == 1
    assert told["nskeys_status", ()] == 1
    assert told["nskeys_credentials", (("state", "at_risk"),)] == 2
    assert told["nskeys_credentials", (("state", "recoverable"),)] == 0
    assert told["nskeys_keys", (("state", "active"),)] == 1
    assert told["nskeys_backup_due", ()] == 1
    assert told["nskeys_copies", (("sight", "good"),)] == 0
    assert "nskeys_last_proof_timestamp_seconds" not in ran.out
    assert ("nskeys_last_backup_timestamp_seconds", ()) not in told
    added = min(item["created"] for item in server.does("credential", "list"))
    exposed = told["nskeys_exposed_since_timestamp_seconds", ()]
    assert exposed == datetime.fromisoformat(added).timestamp()
    server.back_up("--to", server.vault())
    after = samples(server.run("status", "--prometheus").out)
    assert ("nskeys_exposed_since_timestamp_seconds", ()) not in after
    assert after["nskeys_last_backup_timestamp_seconds", ()] >= exposed


def test_prometheus_sees_every_copy_and_how_far_it_was_proven(server: Machine) -> None:
    made = server.back_up("--to", server.vault())
    assert _copies(server) == {"good": 1}
    assert list(_proofs(server)) == ["present", "intact", "opened"]
    server.does("drill", made["path"], "--password-file", server.password)
    proven = _proofs(server)
    assert list(proven) == ["present", "intact", "opened", "keys_match", "credentials_open"]
    assert abs(proven["credentials_open"] - datetime.now(UTC).timestamp()) < 60
    server.back_up("--to", str(server.home / "backups"))
    assert _copies(server) == {"good": 2}
    path = Path(made["path"])
    data = path.read_bytes()
    path.write_bytes(data[:-1] + b"x")
    assert _copies(server) == {"good": 1, "changed": 1}
    assert _proofs(server) == {}, "what counts no more proves nothing"
    path.unlink()
    assert _copies(server) == {"good": 1, "missing": 1}
    assert samples(server.run("status", "--prometheus").out)["nskeys_copies_counting", ()] == 0


def test_prometheus_sees_a_rotation_that_waits(server: Machine) -> None:
    assert samples(server.run("status", "--prometheus").out)["nskeys_rotation_open", ()] == 0
    server.run("key", "rotate")
    told = samples(server.run("status", "--prometheus").out)
    assert told["nskeys_rotation_open", ()] == 1
    assert told["nskeys_keys", (("state", "pre-active"),)] == 1


def test_prometheus_sees_rows_that_count_for_nothing(server: Machine) -> None:
    server.back_up("--to", server.vault())
    with closing(sqlite3.connect(server.home / "cmdb.sqlite3")) as database, database:
        database.execute("UPDATE register SET signature = NULL")
    told = samples(server.run("status", "--prometheus").out)
    assert told["nskeys_register_rows_ignored", ()] == 1
    assert told["nskeys_copies", (("sight", "good"),)] == 0
    assert told["nskeys_credentials", (("state", "at_risk"),)] == 2


def _copies(server: Machine) -> dict[str, float]:
    """Copies by sight; sights without any are left out."""
    told = samples(server.run("status", "--prometheus").out)
    return {
        labels[0][1]: value for (name, labels), value in told.items() if name == "nskeys_copies" and value
    }


def _proofs(server: Machine) -> dict[str, float]:
    """When each level was last reached, weakest first."""
    told = samples(server.run("status", "--prometheus").out)
    return {
        labels[0][1]: value
        for (name, labels), value in told.items()
        if name == "nskeys_last_proof_timestamp_seconds"
    }


@pytest.mark.parametrize("name", ["plain", 'a"b', "back\\slash", "two\nlines", "ümläut", "\\n", '\\"'])
def test_any_name_of_a_server_survives_the_exposition_format(name: str) -> None:
    told = samples(metrics(_of_nothing(name), "00ff"))
    assert told["nskeys_info", (("cmdb_id", "00ff"), ("server", name))] == 1


def _of_nothing(name: str, exposed_since: datetime | None = None) -> Overview:
    """A server with this name, and nothing on it."""
    answer = Recoverability(
        totals=Totals(total=0, recoverable=0, at_risk=0, lost=0, opens_here=0),
        kinds=(), keys=(), exposed_since=exposed_since, best=None, last=None, due=(),
    )  # fmt: skip
    return Overview(
        server=name,
        cmdb="SQLite",
        protector="file",
        recoverability=answer,
        copies=(),
        registry=RegistryValues(None, None),
        rotation=None,
        put_back=(),
        taken=AFTERNOON,
    )


def test_prometheus_sees_that_there_is_no_answer(machine: Machine) -> None:
    ran = machine.run("status", "--prometheus")
    assert ran.code == 3
    assert samples(ran.out) == {("nskeys_up", ()): 0}
    assert ran.out == failed_metrics()


def test_monitoring_gets_one_line(server: Machine, machine: Machine) -> None:
    ran = server.run("status", "--nagios")
    assert ran.code == 1
    assert re.fullmatch(
        "NSKEYS WARNING: If this server died now, 0 of 2 credentials would come back. "
        r"2 are at risk since \d\d:\d\d: in no backup. No backup was made yet. "
        r"\| recoverable=0;;;0;2 at_risk=2;0;;0;2 lost=0;;0;0;2 opens_here=2;;;0;2 backup_due=1;;;0;1 "
        r"database_due=1;;;0;1 database_copies_counting=0;;;0; database_backups_counting=0;;;0; "
        r"database_age=U;;;0; "
        r"copies=0;;;0; copies_counting=0;;;0;0 exposed=\d+s;;;0; check_age=0s;;;0; backup_age=U;;;0; "
        r"proof_age=U;;;0; drill_age=U;;;0; drill_overdue=0;0;;0;1 not_proven_by_a_person=0;0;;0;1 "
        r"unproven_shares=0;;;0; key_stores_not_removed=0;0;;0; typed_age=U;;;0; typing_overdue=0;0;;0;1\n",
        ran.out,
    )
    made = server.back_up("--to", server.vault())
    safe = plugin_line(server.run("status", "--nagios").out)
    assert (safe.state, safe.words) == (
        "OK",
        "If this server died now, 2 of 2 credentials would come back.",
    )
    assert safe.data["recoverable"] == safe.data["opens_here"] == 2
    assert safe.data["copies"] == safe.data["copies_counting"] == 1
    assert safe.data["exposed"] == 0
    assert safe.data["drill_age"] is None
    server.does("drill", made["path"], "--password-file", server.password)
    drilled = plugin_line(server.run("status", "--nagios").out)
    for age in ("backup_age", "proof_age", "drill_age"):
        seconds = drilled.data[age]
        assert seconds is not None
        assert 0 <= seconds < 60
    nothing = machine.beside("c").run("status", "--nagios")
    assert nothing.code == 3
    assert plugin_line(nothing.out).state == "UNKNOWN"
    assert "Nothing is set up" in nothing.out


def test_shares_that_wait_for_their_proof_are_told_in_every_form(server: Machine) -> None:
    """A warning beside the answer, and no part of it: what is in backups comes back all the same."""
    server.back_up("--to", server.vault())

    def told() -> tuple[int | None, float | None, float, bool]:
        plugin = plugin_line(server.run("status", "--nagios").out)
        assert plugin.state == "OK"
        metrics = samples(server.run("status", "--prometheus").out)
        return (
            server.does("status")["unproven_shares"],
            plugin.data["unproven_shares"],
            metrics["nskeys_custodians_shares_unproven", ()],
            "Custodians not yet checked" in plugin.words,
        )

    assert told() == (0, 0, 0, False)
    folder = server.folder / "sheets"
    folder.mkdir(mode=0o700)
    split = ("custodians", "split", "--shares", "3", "--threshold", "2", "--sheets", str(folder))
    pages = [Path(path).read_text("utf-8") for path in server.does(*split)["files"]]
    assert told() == (3, 3, 3, True)
    assert "Custodians not yet checked" in server.run("status").out
    typed = server.file("typed", "\n".join(map(words_on, pages)))
    server.does("custodians", "check", "--shares-file", typed)
    assert server.run("status", "--json").json["unproven_shares"] == 0
    assert "not yet checked" not in server.run("status", "--nagios").out


def test_what_is_lost_is_critical(server: Machine) -> None:
    other = server.beside("b")
    other.home.mkdir()
    (other.home / "cmdb.sqlite3").write_bytes((server.home / "cmdb.sqlite3").read_bytes())
    other.does("init", "--protector", "file", "--accept-loss", "2")
    other.add("run-as", "new", "x", "svc", "s")
    ran = other.run("status", "--nagios")
    assert ran.code == 2
    said = plugin_line(ran.out)
    assert said.state == "CRITICAL"
    assert re.search(r"0 of 3 credentials would come back. 2 are lost. 1 is at risk since \d", said.words)
    assert (said.data["lost"], said.data["at_risk"], said.data["opens_here"]) == (2, 1, 1)


def test_a_clock_that_jumped_back_makes_no_age_negative_and_nothing_as_good_as_new() -> None:
    said = plugin_line(nagios_line(_of_nothing("ns01", exposed_since=AFTERNOON + timedelta(hours=1))))
    assert said.data["exposed"] is None
    said = plugin_line(nagios_line(_of_nothing("ns01", exposed_since=AFTERNOON + timedelta(seconds=1))))
    assert said.data["exposed"] == 0


def test_a_bar_in_the_words_does_not_begin_performance_data() -> None:
    assert nagios_failure("a|b\nc") == "NSKEYS UNKNOWN: a/b\\nc\n"


def test_a_file_for_an_exporter_is_whole_and_readable_by_all(server: Machine) -> None:
    path = server.folder / "nskeys.prom"
    path.write_text("old")
    before = os.umask(0o077)
    try:
        ran = server.run("status", "--prometheus", "--output", str(path))
    finally:
        os.umask(before)
    assert (ran.code, ran.out) == (1, "")
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert samples(path.read_text())["nskeys_up", ()] == 1
    assert [entry.name for entry in server.folder.glob(".nskeys-*")] == []


def test_a_file_does_not_keep_an_old_answer_when_there_is_none(machine: Machine) -> None:
    path = machine.folder / "nskeys.prom"
    path.write_text("nskeys_up 1\n")
    assert machine.run("status", "--prometheus", "--output", str(path)).code == 3
    assert path.read_text() == failed_metrics()


def test_a_file_that_cannot_be_written_is_no_answer(server: Machine) -> None:
    ran = server.run("status", "--output", str(server.folder / "missing" / "file"))
    assert ran.code == 3
    assert "cannot be written" in ran.err


def test_a_home_that_may_not_be_read_is_no_new_installation(
    server: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("nskeys.files.reading.os.listdir", refuse)
    assert server.run("status").code == 3
    ran = server.run("key", "list")
    assert ran.code == 77
    assert "sudo" in ran.err


def test_other_peoples_names_cannot_steer_a_terminal(machine: Machine) -> None:
    ran = machine.run("init", "--server-name", "a\x1b[2Jb")
    assert ran.code == 65
    assert not machine.home.exists()
    machine.set_up()
    machine.add("run-as", "x\u202ey\x9b", "t\x1b]0;x\x07", "svc", "s")
    for argv in (["credential", "list"], ["credential", "show", "run-as/x\u202ey\x9b"], ["audit"]):
        out = machine.run(*argv).out
        assert not set("\x1b\x9b\u202e\x07") & set(out)
        assert "x\\u202ey\\x9b" in out


def test_a_reader_of_the_file_never_sees_half_of_it(server: Machine) -> None:
    path = Path(server.folder / "nskeys.prom")
    server.run("status", "--prometheus", "--output", str(path))
    first = path.stat().st_ino
    server.run("status", "--prometheus", "--output", str(path))
    assert path.stat().st_ino != first
