"""Imports in sentences."""

from dataclasses import replace

import pytest

from nskeys.errors import BadRow
from nskeys.model.credentials import CredentialKind, check_fields
from nskeys.model.imports import (
    DroppedField,
    ImportCounts,
    ImportedCredential,
    ImportFormat,
    ImportPlan,
    ImportReport,
)
from nskeys.reasons import FieldProblem
from nskeys.wording.imports import (
    bad_words,
    changes_line,
    dropped_line,
    export_line,
    kind_reason,
    kinds_line,
    left_out_line,
    left_out_lines,
    plan_line,
    states_line,
)

ROW = ImportedCredential(
    1,
    check_fields(CredentialKind.RUN_AS, "deploy", "finance-*", "CORP\\svc"),
    kind_rule="group",
    group="Root/Run as",
    kind_word="run as",
)
BAD = BadRow(2, "wiki", "kind", FieldProblem.KIND_UNKNOWN)


def plan(good: int, bad: int = 0) -> ImportPlan:
    counts = ImportCounts({CredentialKind.RUN_AS: good} if good else {})
    return ImportPlan("x.csv", ImportFormat.KEEPASSXC_CSV, (ROW,) * good, (BAD,) * bad, (), counts=counts)


def test_a_plan_says_how_much_can_be_taken_and_how_kinds_were_chosen() -> None:
    assert plan_line(plan(2, 1)) == "KeePassXC CSV: 3 entries, of which 1 cannot be taken."
    assert kinds_line(plan(2), chosen=False) == "Kinds by a word in group or folder: run-as 2."
    assert kinds_line(plan(1), chosen=True) == "Kind chosen for all: run-as 1."
    assert kinds_line(plan(0, 1), chosen=False) == ""


def test_a_bad_row_stops_all_until_it_is_left_out() -> None:
    assert bad_words(plan(2), skipped=False) == ""
    assert bad_words(plan(2, 1), skipped=False).startswith("So nothing is imported.")
    assert bad_words(plan(2, 1), skipped=True) == "1 row left out, the rest is taken."


def test_what_is_renamed_and_dropped_is_counted_and_named() -> None:
    fields = tuple(DroppedField(name, 3) for name in ("TOTP", "Icon\x1b"))
    assert changes_line(0, ()) == ""
    assert changes_line(1, ()) == "1 name taken already, so changed."
    assert changes_line(2, fields) == (
        "2 names taken already, so changed; fields dropped (rows): TOTP (3) and Icon\\x1b (3)."
    )


def test_the_reason_for_a_kind_is_told_in_the_words_of_each_front_end() -> None:
    given = ImportedCredential(1, ROW.fields, kind_rule="given")
    assert kind_reason(ROW) == '"run as" in Root/Run as'
    assert (kind_reason(given), kind_reason(given, "chosen")) == ("--kind", "chosen")


@pytest.mark.parametrize(
    ("imported", "skipped", "dropped", "said"),
    [
        (
            3,
            (),
            (),
            "Everything in the export was taken. Remove it once nobody needs it:",
        ),
        (3, (BAD,), (), "1 row of the export is only there"),
        (0, (BAD,), (), "Nothing was taken from the export"),
        (0, (), (), "Nothing was taken from the export"),
        (3, (), (DroppedField("totp", 1),), "The dropped fields are only in the export."),
    ],
)
def test_an_export_is_to_be_removed_only_where_nothing_is_in_it_alone(
    imported: int, skipped: tuple[BadRow, ...], dropped: tuple[DroppedField, ...], said: str
) -> None:
    line = export_line(ImportReport(imported, skipped, (), dropped))
    assert line.startswith(said)
    assert ("emove it once" in line) is (imported > 0 and not skipped and not dropped)
    sealed = export_line(ImportReport(imported, skipped, (), dropped, encrypted=True))
    assert sealed.startswith(said.partition(" Remove")[0])
    assert "not encrypted" not in sealed
    assert "emove" not in sealed


def test_a_plan_says_what_is_new_changed_and_present_and_how_the_file_was_read() -> None:
    usual = ImportPlan("x", ImportFormat.KEEPASSXC_CSV, (ROW,), (), (), encoding="utf-8", delimiter=",")
    assert states_line(usual) == "New 1, changed 0, present 0."
    changed = BadRow(3, "x", "row", FieldProblem.CHANGED)
    other = replace(usual, present=(4, 5), left_out=(changed,), encoding="cp1252", delimiter=";")
    assert states_line(other) == (
        "New 1, changed 1, present 2. Read as Windows-1252 with semicolons between its cells."
    )
    assert "of 3 entries" not in plan_line(other)
    assert plan_line(other).endswith(": 4 entries.")


def test_what_is_left_out_is_told_with_what_takes_it_by_command_and_by_key() -> None:
    rows = [
        BadRow(1, "a", "group", FieldProblem.LOOKS_DELETED),
        BadRow(2, "b", "group", FieldProblem.LOOKS_DELETED),
    ]
    rows += [BadRow(3, "c", "secret", FieldProblem.NO_SECRET), BadRow(4, "d", "row", FieldProblem.CHANGED)]
    assert left_out_line(rows) == (
        "Left out: 2 rows look deleted ('--with-deleted' takes them); 1 row has no password "
        "('--empty-secrets' takes it); 1 row is here with other values ('--update' takes it)."
    )
    assert left_out_line(rows[:1], by_key=True) == "Left out: 1 row looks deleted. l takes such rows."
    assert (left_out_line([]), left_out_lines([])) == ("", ())
    assert left_out_lines(rows)[0] == (
        'left out row 1, "a": the group has the name of a recycle bin, so the entry looks deleted'
    )


def test_a_dropped_field_names_its_rows_as_far_as_a_line_can_hold_them() -> None:
    assert dropped_line(DroppedField("TOTP", 2, ("a", "b\x1b"))) == (
        "dropped TOTP (filled in 2 rows: a, b\\x1b)"
    )
    many = DroppedField("Icon", 50, tuple(f"n{n}" for n in range(50)))
    assert dropped_line(many).endswith("n8, n9 and 40 more)")


def test_an_export_that_is_here_whole_may_go_and_one_with_rows_left_out_may_not() -> None:
    assert export_line(ImportReport(0, (), (), (), present=2)).startswith("Everything in the export")
    left = ImportReport(1, (), (), (), left_out=(BadRow(1, "a", "group", FieldProblem.LOOKS_DELETED),))
    assert export_line(left).startswith("1 row of the export is only there")
