"""A drill that is overdue, and a password that nobody typed for as long, are said everywhere."""

import re
from dataclasses import replace

import pytest

from nskeys.cli.exit_codes import StatusExit, exit_for_findings
from nskeys.cli.nagios import nagios_line
from nskeys.cli.prometheus import metrics
from nskeys.cli.status_text import status_text
from nskeys.ports import Purpose, SilentProgress
from nskeys.services.open_backup import find_source, opened
from nskeys.services.restore.service import RestoreChoices
from nskeys.services.status.findings import findings_of
from nskeys.services.status.overview import Overview
from nskeys.wording.answer import answer_headline, notices
from nskeys.wording.findings import finding_sentence
from nskeys.wording.layout import NARROW, WIDE, Layout
from nskeys.wording.text.terminal import width
from tests.fakes.fixed import Answers
from tests.fakes.monitoring import plugin_line, samples
from tests.fakes.servers import PASSWORD, Server


@pytest.fixture
def server(server: Server) -> Server:
    """A server on which no look at everything is wanted, so that drills and typing are all that is told."""
    settings = server.installation.settings
    settings.write(replace(settings.read(), check_days=0))
    return server


@pytest.fixture
def address(server: Server) -> str:
    """A backup in the vault that a person made."""
    server.add("one")
    answers = Answers({Purpose.NEW_BACKUP_PASSWORD: [PASSWORD]}, typed=True)
    report = server.services.backup.execute(server.services.backup.plan(server.vault), answers)
    server.copy_database()
    return report.copy.address


def look(server: Server) -> Overview:
    return server.services.recoverability.overview()


def overdue(server: Server) -> tuple[bool, bool]:
    overview = look(server)
    known, now = overview.practice, overview.taken
    return known.drill_overdue(now), known.typing_overdue(now)


def drill(server: Server, address: str, *, typed: bool) -> None:
    answers = Answers({Purpose.BACKUP_PASSWORD: [PASSWORD]}, typed=typed)
    server.services.drill.execute(server.services.drill.find(address), answers)


def labels(server: Server) -> list[tuple[str, str]]:
    return [(notice.label, notice.hint) for notice in notices(look(server), WIDE)]


def test_ninety_days_after_it_was_made_a_backup_wants_its_first_drill(server: Server, address: str) -> None:
    server.clock.advance(days=90)
    assert overdue(server) == (False, False)
    assert labels(server) == []
    server.clock.advance(seconds=1)
    assert overdue(server) == (True, True)
    assert labels(server) == [("drill overdue", "d  drill")]
    drill(server, address, typed=True)
    assert overdue(server) == (False, False)
    assert labels(server) == []


def test_a_drill_by_a_timer_proves_the_file_and_nobodys_memory(server: Server, address: str) -> None:
    server.clock.advance(days=91)
    drill(server, address, typed=False)
    assert overdue(server) == (False, True)
    assert labels(server) == [("password?", "d  drill")]
    drill(server, address, typed=True)
    assert overdue(server) == (False, False)


def test_a_backup_by_a_person_is_typing_and_no_drill(server: Server, address: str) -> None:
    server.clock.advance(days=91)
    answers = Answers({Purpose.NEW_BACKUP_PASSWORD: [PASSWORD]}, typed=True)
    server.services.backup.execute(server.services.backup.plan(server.vault), answers)
    assert overdue(server) == (True, False)


def test_a_restore_is_both(server: Server, address: str) -> None:
    server.clock.advance(days=91)
    answers = Answers({Purpose.BACKUP_PASSWORD: [PASSWORD]}, typed=True)
    source = find_source(server.installation, address)
    with opened(server.installation, source, answers, SilentProgress()) as open_source:
        plan = server.services.restore.plan(open_source)
        server.services.restore.execute(
            plan, open_source, answers, RestoreChoices(server.settings(), "file", plan.facts.server_key)
        )
    assert overdue(server) == (False, False)


def test_a_drill_of_a_copy_that_does_not_count_is_none(server: Server, address: str) -> None:
    here = server.back_up(server.local).copy.address
    server.clock.advance(days=91)
    drill(server, here, typed=True)
    assert overdue(server) == (True, True)
    server.lose(address)
    assert overdue(server) == (False, False), "what is at risk is said instead"


def test_a_drill_dated_ahead_by_a_wrong_clock_keeps_nobody_waiting(server: Server, address: str) -> None:
    server.clock.advance(days=4_000)
    drill(server, address, typed=True)
    server.clock.advance(days=-4_000 + 91)
    assert overdue(server) == (True, True)


def test_the_number_of_days_is_configured(server: Server, address: str) -> None:
    settings = server.installation.settings
    settings.write(replace(settings.read(), drill_days=7))
    server.clock.advance(days=8)
    assert overdue(server) == (True, True)
    settings.write(replace(settings.read(), drill_days=0))
    server.clock.advance(days=5_000)
    assert overdue(server) == (False, False)


def test_without_credentials_there_is_nothing_to_practise_for(server: Server) -> None:
    server.back_up()
    server.clock.advance(days=100)
    assert labels(server) == []
    assert exit_for_findings(findings_of(look(server))) is StatusExit.RECOVERABLE


def test_it_is_said_in_status_to_nagios_and_to_prometheus(server: Server, address: str) -> None:
    server.clock.advance(days=91)
    overview = look(server)
    said = re.sub(r"\s+", " ", status_text(server.services, overview))
    for finding in findings_of(overview):
        assert finding_sentence(finding, overview.taken) in said
    line = plugin_line(nagios_line(overview))
    assert line.state == "WARNING"
    assert "A drill is overdue: one is due every 90 days." in line.words
    assert "None was ever done" in line.words
    assert "nobody has typed what opens the backups" in line.words
    assert (line.data["drill_overdue"], line.data["typing_overdue"]) == (1, 1)
    assert line.data["typed_age"] == 91 * 86_400
    assert exit_for_findings(findings_of(overview)) is StatusExit.AT_RISK
    told = samples(metrics(overview, "c0" * 16))
    assert (told["nskeys_drill_overdue", ()], told["nskeys_typing_overdue", ()]) == (1, 1)
    assert ("nskeys_last_typed_timestamp_seconds", ()) in told


@pytest.mark.parametrize("layout", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("days", [91, 400, 3_999])
def test_the_words_fit_at_any_age(server: Server, address: str, layout: Layout, days: int) -> None:
    drill(server, address, typed=True)
    server.clock.advance(days=days)
    first = notices(look(server), layout)
    drill(server, address, typed=False)
    second = notices(look(server), layout)
    for notice in (*first, *second):
        assert width(notice.label) <= layout.notice
        assert "…" not in notice.label + notice.text


def test_made_and_proven_stand_side_by_side_on_the_first_screen(server: Server, address: str) -> None:
    server.clock.advance(days=20)
    drill(server, address, typed=True)
    server.clock.advance(days=3)
    said = answer_headline(look(server), WIDE)
    assert said.keys.endswith(", 3 weeks ago")
    assert said.proof == "drilled 3 days ago"
    assert width(answer_headline(look(server), NARROW).proof) <= NARROW.label - 2
    text = re.sub(r" +", " ", status_text(server.services, look(server)))
    assert "last made" in text
    assert "last proven" in text
