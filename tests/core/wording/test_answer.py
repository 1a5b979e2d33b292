"""The answer in words: it fits, it claims no more than was tested, and it names what helps."""

from dataclasses import replace
from datetime import timedelta

import pytest

from nskeys.errors import RecoveryDamaged
from nskeys.model.credentials import UnreadableRow
from nskeys.model.findings import FindingKind, Severity
from nskeys.model.keys import KeyState, Kid, Rotation, RotationStage
from nskeys.model.next_steps import NextAction, NextStep
from nskeys.model.recovery import IdentityKind, Recovery, RecoveryIdentity
from nskeys.model.register import CopyStatus, Proof, Protection
from nskeys.reasons import Problem, RecoveryProblem
from nskeys.services.status.findings import findings_of
from nskeys.services.status.overview import Overview
from nskeys.wording.answer import answer_headline, notices, rotation_words
from nskeys.wording.copies import proof_ago
from nskeys.wording.layout import NARROW, WIDE, Layout
from nskeys.wording.text.terminal import safe, width
from tests.fakes.backups import a_database_copy, a_declared_backup
from tests.fakes.fixed import AFTERNOON
from tests.fakes.overviews import EVENING, HERE, MORNING, NEW, OLD, copy, key, seen

TODAY = f"{AFTERNOON.astimezone():%H:%M}"
LAYOUTS = pytest.mark.parametrize("layout", [WIDE, NARROW], ids=["wide", "narrow"])


def told(overview: Overview, layout: Layout = WIDE) -> list[tuple[str, str, NextAction | None]]:
    return [
        (notice.label, notice.text, notice.finding.next.action if notice.finding.next else None)
        for notice in notices(overview, layout)
    ]


# --- the headline ------------------------------------------------------------------------------------


def test_everything_would_come_back() -> None:
    said = answer_headline(seen(copies=[copy()]), WIDE)
    assert said.label == "If this server died now"
    assert said.answer == "10 of 10 credentials would come back, by password"
    assert said.keys == f"keys      backup 41 in /mnt/vault, today {TODAY}"
    assert said.database == f"database  copy 187 in /mnt/vault, today {TODAY}"
    assert said.proof == "opened 3 hours ago"
    assert said.bar == (10, 10)
    assert told(seen(copies=[copy()])) == []


def test_without_credentials_nothing_is_promised_and_nothing_is_drawn() -> None:
    said = answer_headline(seen(uses=(), copies=[copy()]), WIDE)
    assert (said.answer, said.keys, said.database, said.proof, said.bar) == (
        "nothing would be lost: no credentials are here",
        "",
        "",
        "",
        None,
    )


@pytest.mark.parametrize(
    ("layout", "counts", "too_old", "notice"),
    [
        (
            WIDE,
            "database  pgBackRest to vault02, checked 3 days ago",
            "database  pgBackRest to vault02: check too old",
            ("not checked", "pgBackRest to vault02: checked 4w ago"),
        ),
        (
            NARROW,
            "database  pgBackRest to…, checked 3d ago",
            "database  pgBackRest to …: check too old",
            ("not checked", "last checked 4 weeks ago"),
        ),
    ],
    ids=["wide", "narrow"],
)
def test_somebody_elses_backup_is_named_with_its_last_check(
    layout: Layout, counts: str, too_old: str, notice: tuple[str, str]
) -> None:
    def with_check(days: int) -> Overview:
        backup = a_declared_backup(EVENING - timedelta(days=days))
        copies = backup.as_copies(EVENING, 30)
        return seen(copies=[copy()], databases=copies, declared=(backup,), database_check_days=30)

    young, old = with_check(3), with_check(33)
    assert answer_headline(young, layout).database == counts
    assert told(young, layout) == []
    assert answer_headline(old, layout).database == too_old
    assert notice in [one[:2] for one in told(old, layout)]


def halves(overview: Overview, layout: Layout = WIDE) -> tuple[str, str]:
    """What is said of the keys and of the database."""
    said = answer_headline(overview, layout)
    assert said.keys.startswith("keys      ")
    assert said.database.startswith("database  ")
    return said.keys[10:], said.database[10:]


def test_where_nothing_would_come_back_it_says_why() -> None:
    assert halves(seen(date=None)) == ("no backup was made yet", "no copy was made yet")
    assert halves(seen(copies=[copy(where=HERE)]))[0] == "backup 41 lies on this machine"
    assert halves(seen(copies=[copy(status=CopyStatus.MISSING)]))[0] == "backup 41 is missing"


@pytest.mark.parametrize(
    ("useless", "why"),
    [
        ({"where": HERE}, "lies on this machine"),
        ({"status": CopyStatus.MISSING}, "is missing"),
        ({"status": CopyStatus.CHANGED}, "is not the file that was written"),
        ({"proofs": ()}, "was never opened"),
    ],
)
def test_a_database_copy_that_does_not_count_says_why(useless: dict[str, object], why: str) -> None:
    overview = seen(copies=[copy()], databases=[a_database_copy(187, OLD, **useless)])
    assert answer_headline(overview, WIDE).answer == "0 of 10 credentials would come back"
    assert halves(overview) == (f"backup 41 in /mnt/vault, today {TODAY}", f"copy 187 {why}")
    [(label, text, act)] = told(overview)
    assert label.startswith("10 at risk since ")
    assert (text, act) == ("in no database copy that counts", NextAction.BACK_UP)


def test_rows_that_no_key_backup_opens_do_not_come_back() -> None:
    other = copy(OLD)
    other = replace(other, backup=other.backup._replace(copy_kids=("dd" * 32,)))
    overview = seen(copies=[other], databases=[a_database_copy(187, OLD)])
    assert halves(overview)[1] == "copy 187 is opened by no key backup"
    assert told(overview)[0][1] == "no key backup opens their database copy"


def test_a_register_row_that_nobody_vouches_for_promises_nothing() -> None:
    overview = seen(copies=[copy(signed=False)])
    assert answer_headline(overview, WIDE).answer == "0 of 10 credentials would come back"
    assert halves(overview)[0] == "no backup was made yet"


def test_one_backup_is_not_said_to_bring_back_what_takes_two() -> None:
    overview = seen(
        keys=[key(), key(NEW, KeyState.DEACTIVATED)],
        uses=[(OLD, 10), (NEW, 4)],
        copies=[copy(), copy(NEW, generation=42)],
    )
    said = answer_headline(overview, WIDE)
    assert said.answer == "14 of 14 credentials would come back"  # two backups, and each may open otherwise
    assert said.keys.startswith("keys      10 from backup 41 ")


def test_the_answer_says_who_opens_the_backup() -> None:
    mine, sheets = "age1" + "m" * 58, "age1" + "s" * 58
    person = RecoveryIdentity(IdentityKind.PERSON, 1, mine, MORNING, "00" * 32)
    split = replace(person, kind=IdentityKind.CUSTODIANS, recipient=sheets, shares=5, threshold=3)

    def said(*recipients: str, layout: Layout = WIDE) -> str:
        one = copy()
        held = one.backup._replace(protection=Protection.RECIPIENTS, recipients=recipients)
        overview = seen(copies=[replace(one, backup=held)])
        return answer_headline(overview._replace(recovery=Recovery((person, split))), layout).answer

    assert said(mine) == "10 of 10 credentials would come back, by identity"
    assert said(sheets) == "10 of 10 credentials would come back, by custodians"
    assert said(mine, sheets) == "10 of 10 would come back, by identity or custodians"
    assert said("age1" + "o" * 58) == "10 of 10 credentials would come back, by key file"
    assert said(sheets, layout=NARROW) == "10 of 10 would come back, by custodians"


@LAYOUTS
def test_every_line_fits(layout: Layout) -> None:
    proven = copy(drilled_rows=100_000, destination="/mnt/" + "v" * 300).with_proof(
        Proof.CREDENTIALS_OPEN, AFTERNOON
    )
    for overview in (
        seen(uses=[(OLD, 100_000)], copies=[replace(proven, signed=True)]),
        seen(uses=[(OLD, 100_000)]),
        seen(uses=[]),
    ):
        said = answer_headline(overview, layout)
        assert width(said.label) <= layout.label
        assert width(said.proof) <= layout.label - 2
        for line in (said.answer, said.keys, said.database):
            assert width(line) <= layout.text
            assert not line.endswith("…")


def test_at_sixty_cells_nothing_essential_is_cut() -> None:
    proven = copy(drilled_rows=100_000).with_proof(Proof.CREDENTIALS_OPEN, AFTERNOON)
    said = answer_headline(seen(uses=[(OLD, 100_000)], copies=[replace(proven, signed=True)]), NARROW)
    assert said.label == "If it died now"
    assert said.answer == "100,000 of 100,000 would come back"
    assert said.proof == "drilled 3h ago"


@LAYOUTS
@pytest.mark.parametrize("proof", [Proof.OPENED, Proof.KEYS_MATCH, Proof.CREDENTIALS_OPEN])
@pytest.mark.parametrize("opened", [0, 1, 99_999, 100_000])
@pytest.mark.parametrize("later", [None, timedelta(minutes=59)])
@pytest.mark.parametrize(
    "back",
    [timedelta(0), timedelta(minutes=59), timedelta(days=500), timedelta(days=4_000), timedelta(days=-9)],
)
def test_a_proof_of_any_age_is_said_whole(
    layout: Layout, proof: Proof, opened: int, later: timedelta | None, back: timedelta
) -> None:
    proven = copy(drilled_rows=opened).with_proof(proof, EVENING - back)
    proven = proven if later is None else proven.with_proof(Proof.KEYS_MATCH, EVENING - later)
    overview = seen(uses=[(OLD, 100_000)], copies=[replace(proven, signed=True)])
    short = answer_headline(overview, layout).proof
    assert 0 < width(short) <= layout.label - 2
    assert "…" not in short
    assert short.startswith("drilled") <= (opened == 100_000 and proof is Proof.CREDENTIALS_OPEN)
    said = proof_said(overview)
    assert ("all " in said or "every " in said) <= (opened == 100_000 and proof is Proof.CREDENTIALS_OPEN)


def proof_said(overview: Overview) -> str:
    """What `status` says of how far the best backup was proven."""
    answer = overview.recoverability
    assert answer.best is not None
    return proof_ago(answer.best, overview.taken, answer.drilled, answer.totals.total)


def test_a_later_drill_that_opened_less_is_the_one_that_is_told() -> None:
    proven = copy(drilled_rows=8).with_proof(Proof.CREDENTIALS_OPEN, MORNING)
    proven = replace(proven.with_proof(Proof.KEYS_MATCH, AFTERNOON), signed=True)
    assert proof_said(seen(copies=[proven])) == "only 8 credentials opened in a drill 3 hours ago"
    assert answer_headline(seen(copies=[proven]), WIDE).proof == "only 8 opened 3h ago"


def test_a_drill_is_said_to_cover_what_it_opened_and_nothing_that_was_sealed_later() -> None:
    proven = replace(copy(drilled_rows=8).with_proof(Proof.CREDENTIALS_OPEN, AFTERNOON), signed=True)
    overview = seen(copies=[proven])
    assert proof_said(overview) == "8 of 10 credentials opened in a drill 3 hours ago"
    assert answer_headline(overview, WIDE).proof == "8 drilled 3 hours ago"
    assert answer_headline(overview, NARROW).proof == "8 drilled 3h ago"
    nothing = overview._replace(recoverability=overview.recoverability._replace(drilled=0))
    assert proof_said(nothing) == "opened, and its keys match, 3 hours ago"
    assert answer_headline(nothing, NARROW).proof == "keys match"


def test_a_drill_that_did_not_say_what_it_saw_covers_nothing() -> None:
    proven = copy(drilled_rows=10, drilled_upto=None).with_proof(Proof.CREDENTIALS_OPEN, AFTERNOON)
    overview = seen(copies=[replace(proven, signed=True)])
    assert proof_said(overview) == "opened, and its keys match, 3 hours ago"
    assert answer_headline(overview, WIDE).proof == "keys match 3 hours ago"


def test_a_proof_dated_ahead_is_said_to_be_so() -> None:
    proven = copy(drilled_rows=10).with_proof(Proof.CREDENTIALS_OPEN, EVENING + timedelta(days=9))
    overview = seen(copies=[replace(proven, signed=True)])
    assert proof_said(overview).endswith("in the future: this clock or that date is wrong")
    assert answer_headline(overview, WIDE).proof == "drilled ahead of now"


# --- notices -----------------------------------------------------------------------------------------


def test_credentials_at_risk_name_since_when_and_under_which_key() -> None:
    overview = seen(
        keys=[key(NEW), key(OLD, KeyState.DEACTIVATED)], uses=[(OLD, 12), (NEW, 2)], copies=[copy()]
    )
    [(label, text, act)] = told(overview)
    assert label.startswith("2 at risk since ")
    assert (text, act) == ("sealed under 11111111, in no backup", NextAction.BACK_UP)


def test_a_backup_on_the_same_machine_is_said_not_to_help() -> None:
    [(_, text, act)] = told(seen(copies=[copy(where=HERE)]))
    assert (text, act) == ("00000000, backed up only here", NextAction.BACK_UP)


def test_a_backup_that_is_gone_does_not_count() -> None:
    [(_, text, _)] = told(seen(copies=[copy(status=CopyStatus.MISSING)]))
    assert text == "00000000, in no backup that counts"


def test_several_keys_are_counted() -> None:
    overview = seen(keys=[key(), key(NEW, KeyState.DEACTIVATED)], uses=[(OLD, 1), (NEW, 1)])
    assert told(overview)[0][1] == "sealed under 2 keys, in no backup"


def test_lost_credentials_come_first_and_are_severe() -> None:
    found = notices(seen(uses=[(OLD, 10), (NEW, 3)]), WIDE)
    first = found[0]
    assert (first.label, first.text, first.hint) == (
        "3 lost",
        "no key here, no known backup opens them",
        "r  restore",
    )
    assert [notice.finding.severity for notice in found] == [Severity.CRITICAL, Severity.WARNING]


def test_a_backup_that_may_still_hold_lost_keys_is_mentioned() -> None:
    [lost, _] = told(seen(keys=[key(NEW)], uses=[(OLD, 3)], copies=[copy(signed=False)]))
    assert lost == ("3 lost", "backup 41 says it has their keys: try it", NextAction.RESTORE)


def test_credentials_that_would_come_back_but_do_not_open_here() -> None:
    found = told(seen(keys=[key(NEW)], uses=[(OLD, 3), (NEW, 1)], copies=[copy(OLD, NEW)]))
    assert ("3 closed here", "their keys are in a backup, not here", NextAction.RESTORE) in found


def test_a_backup_that_is_due_is_said_where_no_credential_at_risk_says_it() -> None:
    assert told(seen(uses=[], date=None)) == [("backup due", "no backup was made yet", NextAction.BACK_UP)]
    waiting = seen(keys=[key(), key(NEW, KeyState.PRE_ACTIVE)], copies=[copy()])
    assert told(waiting) == [("backup due", "the last one lacks a key", NextAction.BACK_UP)]


def test_what_else_is_not_as_it_should_be() -> None:
    overview = seen(
        copies=[copy()],
        date=EVENING + timedelta(days=1),
        rotation_due=True,
        put_back=(NEW,),
        arrived=(NEW,),
        unproven_shares=5,
        unreadable_rows=2,
    )
    assert [(label, act) for label, _, act in told(overview)] == [
        ("rotation due", NextAction.ROTATE),
        ("old rows back", NextAction.ROTATE),
        ("restored keys", NextAction.ROTATE),
        ("custodians", NextAction.CUSTODIANS_CHECK),
        ("clock is wrong", None),
        ("register", NextAction.REGISTER_CHECK),
    ]


@LAYOUTS
def test_a_row_that_cannot_be_read_is_named_first(layout: Layout) -> None:
    row = UnreadableRow("keys", "7" * 60 + "\x1b[31m", Problem.NOT_HEX)
    [first, *_] = notices(seen(copies=[copy()], unreadable=(row,)), layout)
    assert (first.label, first.finding.severity) == ("1 unreadable", Severity.WARNING)
    assert first.text in (f"keys {safe(row.row)}", "1 row")
    [many, *_] = notices(
        seen(copies=[copy()], unreadable=(UnreadableRow("keys", "7", Problem.NOT_HEX),) * 3), layout
    )
    assert many.text == "keys 7 and 2 more"


@LAYOUTS
def test_every_notice_fits_beside_the_key_that_helps(layout: Layout) -> None:
    worst = [
        seen(
            keys=[key(NEW), key(Kid("2" * 64), KeyState.DEACTIVATED)],
            uses=[(OLD, 100_000), (NEW, 100_000), (Kid("2" * 64), 100_000), (Kid("3" * 64), 100_000)],
            copies=[copy(Kid("3" * 64)), copy(OLD, signed=False), copy(NEW, where=HERE, generation=42)],
            date=EVENING + timedelta(days=1),
            rotation_due=True,
            put_back=(NEW,),
            arrived=(NEW,),
            unproven_shares=16,
            unreadable_rows=100_000,
            unreadable=(UnreadableRow("credentials", "x" * 300, Problem.NOT_UTF8),) * 100_000,
        ),
        seen(uses=[], date=None),
        seen(keys=[key(), key(NEW, KeyState.PRE_ACTIVE)], copies=[copy()]),
        seen(copies=[copy(where=HERE)]),
        seen(copies=[copy(status=CopyStatus.MISSING)]),
        seen(keys=[key()._replace(created=EVENING)], copies=[copy()]),
    ]
    for notice in (notice for overview in worst for notice in notices(overview, layout)):
        hint = width(notice.hint) + 2 if notice.hint else 0
        assert width(notice.label) <= layout.notice
        assert width(notice.text) + hint <= layout.text
        assert "…" not in notice.label + notice.text


# --- the rotation ------------------------------------------------------------------------------------


def test_an_open_rotation_says_what_it_waits_for() -> None:
    begun = Rotation(1, NEW, RotationStage.WAITING, MORNING, MORNING)
    assert rotation_words(seen()) == ""
    assert rotation_words(seen(rotation=begun)) == "11111111 waits for a backup elsewhere"
    resealing = begun._replace(stage=RotationStage.RESEALING, gate_skipped=True)
    backed_up = seen(copies=[copy(NEW)], rotation=resealing)
    assert rotation_words(backed_up) == "rotation not finished: o continues"
    for rotation in (begun, resealing):
        assert width(rotation_words(seen(rotation=rotation))) <= NARROW.text


def test_re_sealing_under_a_key_in_no_backup_names_no_step_beside_the_backup() -> None:
    resealing = Rotation(1, NEW, RotationStage.RESEALING, MORNING, MORNING, gate_skipped=True)
    overview = seen(rotation=resealing)
    assert rotation_words(overview) == "re-sealing waits for a backup elsewhere"
    [open_] = [one for one in findings_of(overview) if one.kind is FindingKind.ROTATION_OPEN]
    assert open_.next == NextStep(NextAction.BACK_UP_AND_ROTATE)


# --- to recipients -----------------------------------------------------------------------------------


@LAYOUTS
def test_a_backup_that_waits_for_a_person_is_said_and_a_drill_helps(layout: Layout) -> None:
    overview = seen(copies=[copy(OLD, by_a_person=False)])
    said = told(overview, layout)
    assert [(label, act) for label, _, act in said][-1] == ("not proven", NextAction.DRILL)
    assert any("at risk" in label and act is NextAction.DRILL for label, _, act in said)
    assert "person" in halves(overview, layout)[0]
    assert told(seen(copies=[copy(OLD)]), layout) == []


def test_where_the_waiting_backup_lacks_a_key_another_backup_helps() -> None:
    overview = seen([key(), key(NEW)], [(OLD, 1), (NEW, 1)], [copy(OLD, by_a_person=False)], date=AFTERNOON)
    assert any("at risk" in label and act is NextAction.BACK_UP for label, _, act in told(overview))


@LAYOUTS
def test_a_recovery_identity_that_was_tampered_with_is_said(layout: Layout) -> None:
    overview = seen(copies=[copy(OLD)], recovery_problem=RecoveryDamaged("/h", RecoveryProblem.NOT_SIGNED))
    assert [(label, act) for label, _, act in told(overview, layout)] == [
        ("tampered with", NextAction.IDENTITY)
    ]


@LAYOUTS
@pytest.mark.parametrize("days", [0, 3, 400])
@pytest.mark.parametrize("credentials", [1, 14, 123_456])
def test_since_when_they_are_at_risk_is_never_left_out(layout: Layout, days: int, credentials: int) -> None:
    overview = seen(uses=[(OLD, credentials)], taken=MORNING + timedelta(days=days, minutes=1))
    label, text, act = next(item for item in told(overview, layout) if "at risk" in item[0])
    assert f"since {MORNING:%Y-%m-%d}" in f"{label} {text}" if days else "since " in f"{label} {text}"
    assert width(label) <= layout.notice
    assert act is NextAction.BACK_UP
    assert "\u2026" not in text
