"""`nskeys status` in its four forms."""

import os
import re
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from nskeys.cli.metrics import failed_metrics, metrics
from nskeys.cli.nagios import nagios_failure
from nskeys.model.recoverability import Recoverability, Totals
from tests.fakes.command_line import Machine, tree


def _samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample, as Prometheus' own reader understands it."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_people_get_the_answer_first(server: Machine) -> None:
    server.back_up()
    ran = server.run("status")
    lines = ran.out.splitlines()
    assert ran.code == 1
    assert ran.err == ""
    assert lines[0] == "If this server died now, 0 of 2 credentials would come back."
    assert re.search(r"^at risk +2 since \d\d:\d\d$", ran.out, re.MULTILINE)
    assert re.search(r"^last backup +backup 1 in .*/backups \(here\) lies on this machine$", ran.out, re.M)
    assert re.search(r"^[0-9a-f]{8}  active  .* 2 credentials  in 1 backup$", ran.out, re.MULTILINE)
    server.back_up("--to", server.vault())
    safe = server.run("status")
    assert safe.code == 0
    assert safe.out.startswith("If this server died now, 2 of 2 credentials would come back.\n")
    assert "whoever knows its password opens it" in safe.out


def test_looking_changes_nothing(server: Machine) -> None:
    before = tree(server.home)
    for form in ([], ["--json"], ["--nagios"], ["--prometheus"]):
        server.run("status", *form)
    assert tree(server.home) == before


def test_prometheus_reads_its_metrics(server: Machine) -> None:
    ran = server.run("status", "--prometheus")
    assert ran.code == 1
    samples = _samples(ran.out)
    assert samples["nskeys_up", ()] == 1
    assert samples["nskeys_status", ()] == 1
    assert samples["nskeys_credentials", (("state", "at_risk"),)] == 2
    assert samples["nskeys_credentials", (("state", "recoverable"),)] == 0
    assert samples["nskeys_keys", (("state", "active"),)] == 1
    assert samples["nskeys_backup_due", ()] == 1
    assert ("nskeys_last_backup_timestamp_seconds", ()) not in samples
    exposed = samples["nskeys_exposed_since_timestamp_seconds", ()]
    assert abs(exposed - datetime.now(UTC).timestamp()) < 60
    server.back_up("--to", server.vault())
    after = _samples(server.run("status", "--prometheus").out)
    assert ("nskeys_exposed_since_timestamp_seconds", ()) not in after
    assert after["nskeys_last_backup_timestamp_seconds", ()] >= exposed


@pytest.mark.parametrize("name", ["plain", 'a"b', "back\\slash", "two\nlines", "ümläut", "\\n", '\\"'])
def test_any_name_of_a_server_survives_the_exposition_format(name: str) -> None:
    answer = Recoverability(
        totals=Totals(total=0, recoverable=0, at_risk=0, lost=0, opens_here=0),
        kinds=(), keys=(), exposed_since=None, best=None, last=None, due=(),
    )  # fmt: skip
    samples = _samples(metrics(name, "00ff", answer))
    assert samples["nskeys_info", (("cmdb_id", "00ff"), ("server", name))] == 1


def test_prometheus_sees_that_there_is_no_answer(machine: Machine) -> None:
    ran = machine.run("status", "--prometheus")
    assert ran.code == 3
    assert _samples(ran.out) == {("nskeys_up", ()): 0}
    assert ran.out == failed_metrics()


def test_monitoring_gets_one_line(server: Machine, machine: Machine) -> None:
    ran = server.run("status", "--nagios")
    assert ran.code == 1
    assert ran.out == (
        "NSKEYS WARNING: If this server died now, 0 of 2 credentials would come back. "
        "No backup was made yet. | recoverable=0;;;0;2 at_risk=2;0;;0;2 lost=0;;0;0;2 "
        "opens_here=2;;;0;2 backup_due=1;;;0;1\n"
    )
    server.back_up("--to", server.vault())
    assert server.run("status", "--nagios").out.startswith("NSKEYS OK: ")
    nothing = machine.beside("c").run("status", "--nagios")
    assert nothing.code == 3
    assert nothing.out.startswith("NSKEYS UNKNOWN: Nothing is set up")
    assert nothing.out.count("\n") == 1


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
    assert _samples(path.read_text())["nskeys_up", ()] == 1
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

    monkeypatch.setattr("nskeys.store.home.os.scandir", refuse)
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
