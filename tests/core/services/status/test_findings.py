"""What is wrong is found once and told by every voice: a new kind fails here until each one tells it."""

import json
import re

import pytest

from nskeys.cli import answer_documents, documents
from nskeys.cli.exit_codes import StatusExit, exit_for_findings
from nskeys.cli.nagios import nagios_line
from nskeys.cli.prometheus import metrics
from nskeys.cli.status_text import status_text
from nskeys.model.findings import Finding, FindingKind, Severity
from nskeys.model.keys import KeyState
from nskeys.model.next_steps import NextAction, NextStep
from nskeys.services.status.findings import findings_of
from nskeys.wording.answer import notices, rotation_words
from nskeys.wording.findings import finding_facts, finding_sentence, notice
from nskeys.wording.layout import NARROW, WIDE, Layout
from nskeys.wording.next_steps import step_command, step_hint
from nskeys.wording.text.terminal import safe, width
from tests.core.wording.commands import commands, is_valid
from tests.fakes.memory_site import MemoryServer
from tests.fakes.monitoring import plugin_line, samples
from tests.fakes.overviews import EVENING, NEW, OLD, copy, found, key, seen, wrong

KINDS = pytest.mark.parametrize("kind", list(FindingKind))
LAYOUTS = pytest.mark.parametrize("layout", [WIDE, NARROW], ids=["wide", "narrow"])
STATES = {
    StatusExit.RECOVERABLE: "OK",
    StatusExit.AT_RISK: "WARNING",
    StatusExit.LOST: "CRITICAL",
}


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_where_nothing_is_wrong_nothing_is_found() -> None:
    assert findings_of(seen(copies=[copy()])) == ()
    assert exit_for_findings(()) is StatusExit.RECOVERABLE


# --- every voice tells every kind ------------------------------------------------------------------------


@KINDS
def test_status_tells_it_and_the_command_that_helps(kind: FindingKind, memory: MemoryServer) -> None:
    overview, finding = wrong(kind), found(kind)
    said = one_line(status_text(memory.services, overview))
    heading, line = finding_facts([finding], EVENING)[0]
    assert line
    assert f" {heading} {one_line(line)}" in said
    assert said != one_line(status_text(memory.services, seen(copies=[copy()])))
    if finding.next is not None:
        assert f"next '{step_command(finding.next)}'" in said or f"'{step_command(finding.next)}'" in said


@KINDS
def test_a_plugin_tells_it_and_ends_as_status_does(kind: FindingKind) -> None:
    overview = wrong(kind)
    line = plugin_line(nagios_line(overview))
    assert finding_sentence(found(kind), EVENING).replace(";", ":") in line.words
    assert line.state == STATES[exit_for_findings(findings_of(overview))]


@KINDS
def test_prometheus_counts_it_by_kind_and_by_how_bad_it_is(kind: FindingKind) -> None:
    label = (("finding", kind.value),)
    grade = samples(metrics(wrong(kind), "00ff"))["nskeys_findings", label]
    assert grade == found(kind).severity + 1
    assert samples(metrics(seen(copies=[copy()]), "00ff"))["nskeys_findings", label] == 0


@KINDS
def test_json_names_it_with_its_data_and_the_command_that_helps(kind: FindingKind) -> None:
    finding = found(kind)
    listed = json.loads(json.dumps(answer_documents.status(wrong(kind), "sqlite")))["findings"]
    (told,) = (one for one in listed if one["finding"] == kind.value)
    assert told["severity"] == finding.severity.name.lower()
    assert told["sentence"] == finding_sentence(finding, EVENING)
    assert (told["count"], told["key_ids"]) == (finding.count, list(finding.keys))
    assert told["paths"] == list(finding.paths)
    assert told["since"] == documents.time(finding.since)
    if finding.next is None:
        assert told["next"] is None
    else:
        assert told["next"]["command"] == step_command(finding.next)
        assert is_valid(told["next"]["command"])


@KINDS
@LAYOUTS
def test_the_first_screen_tells_it_by_key_in_words_that_fit(kind: FindingKind, layout: Layout) -> None:
    overview, finding = wrong(kind), found(kind)
    brief = notice(finding, EVENING, layout)
    if brief is None:
        assert width(rotation_words(overview)) <= NARROW.text, "beside the keys"
        assert rotation_words(overview)
        return
    assert brief.label
    assert brief.text
    assert "nskeys " not in brief.text + brief.hint
    assert "…" not in brief.label + brief.text
    assert width(brief.label) <= layout.notice
    assert width(brief.text) + (width(brief.hint) + 2 if brief.hint else 0) <= layout.text
    assert brief.hint == (step_hint(finding.next.action) if finding.next else "")
    shown = [(one.label, one.text, one.hint) for one in notices(overview, layout)]
    if finding.implied:
        assert shown, "an earlier line says it"
        assert findings_of(overview).index(finding) > 0
    else:
        assert (brief.label, brief.text, brief.hint) in shown


@KINDS
def test_sentences_are_whole_and_safe_and_their_commands_can_be_typed(kind: FindingKind) -> None:
    sentence = finding_sentence(found(kind), EVENING)
    assert sentence == safe(sentence)
    assert sentence.endswith(".")
    assert sentence[0].isupper() or sentence[0].isdigit()
    lines = " ".join(line for _, line in finding_facts([found(kind)], EVENING))
    assert all(map(is_valid, commands(f"{sentence} {lines}")))


# --- order, severity, next step --------------------------------------------------------------------------


def everything_wrong() -> tuple[Finding, ...]:
    return findings_of(
        seen(
            uses=[(OLD, 10), (NEW, 3)],
            copies=[copy(NEW, signed=False)],
            rotation_due=True,
            unproven_shares=3,
            unreadable=wrong(FindingKind.UNREADABLE).unreadable,
            leftovers=wrong(FindingKind.KEY_STORE_LEFT).leftovers,
        )
    )


def test_the_worst_comes_first_whatever_was_found() -> None:
    findings = everything_wrong()
    severities = [one.severity for one in findings]
    assert severities == sorted(severities, reverse=True)
    assert [one.kind for one in findings[:3]] == [
        FindingKind.LOST,
        FindingKind.UNREADABLE,
        FindingKind.AT_RISK,
    ]
    assert exit_for_findings(findings) is StatusExit.LOST


def test_what_one_step_ends_is_told_once_where_there_is_little_room() -> None:
    overview = seen(keys=[key(NEW)], uses=[(OLD, 3)], copies=[copy(signed=False)])
    assert found(FindingKind.CLAIMED, overview).implied
    assert found(FindingKind.LOST, overview).next == NextStep(NextAction.RESTORE, copy().address)
    both = seen(copies=[copy()], practice=wrong(FindingKind.TYPING_OVERDUE).practice._replace(drilled=None))
    assert not found(FindingKind.DRILL_OVERDUE, both).implied
    assert found(FindingKind.TYPING_OVERDUE, both).implied


def test_a_note_alone_leaves_the_answer_as_good_as_it_is() -> None:
    waiting = findings_of(seen(keys=[key(), key(NEW, KeyState.PRE_ACTIVE)], copies=[copy()]))
    assert {one.severity for one in waiting} == {Severity.NOTE}
    assert exit_for_findings(waiting) is StatusExit.RECOVERABLE


def test_a_recovery_identity_that_somebody_changed_is_a_warning_to_monitoring() -> None:
    line = plugin_line(nagios_line(wrong(FindingKind.IDENTITY_CHANGED)))
    assert line.state == "WARNING"
