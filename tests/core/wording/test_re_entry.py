"""The list of what must be re-entered, as text and as a table."""

import csv
import io
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings, strategies as st

from nskeys.model.credentials import Credential, CredentialFields, CredentialKind
from nskeys.model.keys import Kid
from nskeys.model.re_entry import ReEntry, ReEntryList
from nskeys.model.register import CopyStatus
from nskeys.reasons import FailureReason
from nskeys.wording.re_entry import (
    file_problem,
    held_word,
    held_words,
    is_csv,
    re_entry_advice,
    re_entry_csv,
    re_entry_heading,
    re_entry_lines,
    re_entry_sentence,
)
from tests.core.wording.commands import commands, is_valid
from tests.core.wording.test_runbook import COPY
from tests.fakes.examples import examples

MOMENT = datetime(2026, 11, 22, 13, 2, tzinfo=UTC)
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\uff1d1", "\uff20x"]


def item(
    name: str = "deploy-finance",
    target: str = "finance-*",
    reason: FailureReason = FailureReason.KEY_MISSING,
) -> ReEntry:
    fields = CredentialFields(CredentialKind.RUN_AS, name, target, "CORP\\svc-deploy", "")
    credential = Credential("0a" * 16, fields, Kid("7f" * 32), MOMENT, MOMENT, 7)
    return ReEntry(credential, reason, None)


def found(*items: ReEntry, opened: int = 12) -> ReEntryList:
    return ReEntryList("ns01.example.net", items, opened, MOMENT)


def breaks_a_line(text: str) -> bool:
    """Whether a terminal or an editor would see more than one line, or obey it."""
    return any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in text)


def table(of: ReEntryList) -> list[list[str]]:
    return list(csv.reader(io.StringIO(re_entry_csv(of), newline="")))


def test_the_text_has_a_box_for_each_and_all_one_needs_to_know() -> None:
    lines = re_entry_lines(found(item(), replace(item("other"), held_by=COPY)))
    text = "\n".join(lines)
    assert lines[0].endswith("2 of 14 credentials do not open here.")
    assert text.count("[ ] run-as") == 2
    for fact in (
        "deploy-finance",
        "finance-*",
        "CORP\\svc-deploy",
        "2026-11-2",
        "no known backup holds its key",
    ):
        assert fact in text
    assert f"backup 41 holds its key: {COPY.address}" in text


def test_the_table_has_a_heading_and_a_row_for_each() -> None:
    head, first, second = table(found(item(), replace(item("other"), held_by=COPY)))
    assert head == [
        "kind", "name", "target", "account", "changed", "why", "key", "backup", "address", "seen",
        "vouched",
    ]  # fmt: skip
    assert first[:6] == [
        "run-as", "deploy-finance", "finance-*", "CORP\\svc-deploy", "2026-11-22T13:02:00Z", "key_missing",
    ]  # fmt: skip
    assert first[7:] == ["", "", "", ""]
    assert second[7:] == [COPY.backup.archive_name, COPY.address, "good", "yes"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_name_is_never_a_formula(formula: str) -> None:
    cells = table(found(item(name=formula, target=formula)))[1]
    for cell in cells[1:3]:
        assert not cell.lstrip("\t \u3000").startswith(("=", "+", "-", "@", "\uff1d", "\uff20"))


@given(name=st.text(min_size=1, max_size=30), target=st.text(max_size=30))
@settings(max_examples=examples(100), deadline=None)
def test_whatever_is_in_a_name_stays_in_its_cell(name: str, target: str) -> None:
    rows = table(found(item(name=name, target=target)))
    assert [len(row) for row in rows] == [11, 11]
    assert not any(breaks_a_line(cell) for cell in rows[1])
    assert not any(cell.strip().startswith(("=", "+", "-", "@")) for cell in rows[1])
    lines = re_entry_lines(found(item(name=name, target=target)))
    assert len(lines) == 8
    assert not any(breaks_a_line(line) for line in lines)


def test_an_empty_list_says_so() -> None:
    assert re_entry_sentence(found()) == "Nothing has to be re-entered: every credential opens (12)."
    assert re_entry_sentence(found(opened=0)) == "Nothing has to be re-entered: every credential opens."
    assert re_entry_advice(found()) == ()
    assert len(re_entry_lines(found())) == 1
    assert len(table(found())) == 1


def test_the_easier_way_is_said_first() -> None:
    both = re_entry_advice(found(item(), replace(item("other"), held_by=COPY)))
    assert "a backup holds the key" in both[0]
    assert "secrets again" in both[1]
    assert len(re_entry_advice(found(replace(item(), held_by=COPY)))) == 1
    assert all(is_valid(command) for line in both for command in commands(line))


def test_a_backup_that_was_not_found_is_no_easier_way() -> None:
    lost = replace(item("other"), held_by=replace(COPY, status=CopyStatus.CHANGED))
    first, second = re_entry_advice(found(item(), lost))
    assert first.startswith("For 1 the backup that holds the key was not found whole; if it turns up,")
    assert second.startswith("Else they need their secrets again")
    assert re_entry_advice(found(item()))[0].startswith("They need their secrets again")
    three = re_entry_advice(found(item(), lost, replace(item("third"), held_by=COPY)))
    assert [line.split()[0] for line in three] == ["For", "For", "The"]


def test_how_sure_the_help_is_is_told() -> None:
    lost = replace(item(), held_by=replace(COPY, status=CopyStatus.MISSING))
    assert held_word(replace(item(), held_by=COPY)) == "backup 41"
    assert held_word(lost) == "backup 41?"
    assert held_words(lost).endswith("(is missing)")
    assert held_word(item()) == "in no backup"
    changed = item(reason=FailureReason.TAMPERED)
    assert held_word(changed) == "row changed"
    assert "no key opens it" in held_words(changed)


def test_one_credential_is_not_many() -> None:
    assert re_entry_sentence(found(item(), opened=0)) == "1 of 1 credential does not open here."


def test_above_the_list_stands_how_far_one_is() -> None:
    assert re_entry_heading(found(item()), 0) == "1 of 13 do not open here"
    assert re_entry_heading(found(item()), 3) == "1 left, 3 done"
    assert re_entry_heading(found(), 0) == "every credential opens (12)"


def test_the_name_of_a_file_says_what_it_will_hold() -> None:
    assert is_csv("a.CSV")
    assert not is_csv("a.txt")
    assert file_problem("  ")
    assert not file_problem("x")
