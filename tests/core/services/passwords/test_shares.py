"""Shares are asked for until they are enough; each is checked at once, and all are wiped."""

import pytest

from nskeys.crypto.slip39 import new_split_secret, split
from nskeys.errors import Cancelled, SecretUnavailable, ShareRefused, SharesDisagree, SharesIncomplete
from nskeys.model.custodians import NOTHING_YET, ShareProgress
from nskeys.model.secret import SecretBytes
from nskeys.ports import SecretRequest
from nskeys.reasons import ShareProblem
from nskeys.services.passwords.shares import collect_shares, password_of, with_combined_shares
from tests.fakes.sheets import Sheets

SECRET = new_split_secret()
SHARES = split(SECRET, 5, 3)
OTHERS = split(SECRET, 5, 3, other_than=[SHARES[0].label.set_name])
TEXTS = [share.words.text() for share in SHARES]


def opened_by(sheets: Sheets, gathered: ShareProgress = NOTHING_YET) -> str:
    return with_combined_shares("backup", gathered, sheets, lambda password: password.text())


@pytest.mark.parametrize("order", [(0, 1, 2), (4, 2, 0), (1, 3, 4)])
def test_any_three_of_five(order: tuple[int, ...]) -> None:
    sheets = Sheets(*(TEXTS[number] for number in order))
    assert opened_by(sheets) == SECRET.reveal().hex()
    told = [request.gathered for request, _ in sheets.asked]
    assert [len(gathered.given) for gathered in told] == [0, 1, 2]
    assert [gathered.missing for gathered in told] == [1, 2, 1]
    assert told[-1].given == tuple(number + 1 for number in order[:2])


def test_everything_that_was_typed_is_wiped() -> None:
    sheets = Sheets(*TEXTS)
    opened_by(sheets)
    assert [len(text) for text in sheets.gave] == [0, 0, 0]


def test_no_more_are_asked_for_than_are_needed() -> None:
    sheets = Sheets(*TEXTS)
    opened_by(sheets)
    assert len(sheets.asked) == 3


def test_two_shares_are_one_too_few() -> None:
    with pytest.raises(SharesIncomplete) as few:
        opened_by(Sheets(*TEXTS[:2]))
    assert (few.value.given, few.value.needed) == (2, 3)


def test_each_sheet_is_checked_before_the_next_is_asked_for() -> None:
    wrong = TEXTS[1].rsplit(" ", 1)[0] + " academic"
    sheets = Sheets(TEXTS[0], TEXTS[0], OTHERS[1].words.text(), wrong, "not a share", TEXTS[1], TEXTS[2])
    assert opened_by(sheets) == SECRET.reveal().hex()
    refused = [request.refused.reason if request.refused else "" for request, _ in sheets.asked]
    assert refused == ["", "", "given", "other_set", "checksum", "count", ""]
    assert [retry for _, retry in sheets.asked] == [0, 0, 1, 2, 3, 4, 0]


def test_a_refusal_is_final_where_nobody_can_give_another() -> None:
    with pytest.raises(ShareRefused) as refused:
        opened_by(Sheets(TEXTS[0], OTHERS[0].words.text()))
    assert refused.value.reason == "other_set"


def test_a_provider_that_refuses_by_itself_is_not_asked_again() -> None:
    asked: list[int] = []

    def refusing(request: SecretRequest, retry: int) -> SecretBytes:
        asked.append(retry)
        if not retry:
            return SecretBytes(b"no share")
        raise ShareRefused(ShareProblem.COUNT, word=2, line=1)

    with pytest.raises(ShareRefused) as refused:
        with_combined_shares("", NOTHING_YET, refusing, lambda password: password.text())
    assert (refused.value.line, asked) == (1, [0, 1])


def test_the_first_sheet_already_has_to_be_of_the_set_that_is_known() -> None:
    known = ShareProgress(SHARES[0].label.set_name, 3, 5)
    with pytest.raises(ShareRefused):
        opened_by(Sheets(OTHERS[0].words.text()), known)
    assert opened_by(Sheets(*TEXTS[:3]), known) == SECRET.reveal().hex()


def test_every_share_is_wanted_where_all_are_to_be_proven() -> None:
    known = ShareProgress(SHARES[0].label.set_name, 3, 5, every=True)
    sheets = Sheets(*TEXTS)
    with collect_shares("", known, sheets) as shares:
        assert [share.label.number for share in shares.held] == [1, 2, 3, 4, 5]
    with pytest.raises(SharesIncomplete) as few:
        collect_shares("", known, Sheets(*TEXTS[:4]))
    assert (few.value.given, few.value.needed) == (4, 5)


def test_shares_that_do_not_belong_together() -> None:
    from tests.core.crypto.test_slip39 import forged

    altered = forged(SHARES[2]).words.text()
    with pytest.raises(SharesDisagree):
        opened_by(Sheets(TEXTS[0], TEXTS[1], altered))


def test_nobody_to_ask() -> None:
    with pytest.raises(SecretUnavailable):
        opened_by(Sheets())


def test_a_person_who_gives_up_leaves_nothing_behind() -> None:
    gave: list[SecretBytes] = []

    def giving_up(request: SecretRequest, retry: int) -> SecretBytes:
        if gave:
            raise Cancelled
        gave.append(SecretBytes(TEXTS[0].encode()))
        return gave[0]

    with pytest.raises(Cancelled):
        with_combined_shares("", ShareProgress(), giving_up, lambda password: password.text())
    assert len(gave[0]) == 0


def test_the_password_is_what_shamir_recover_shows() -> None:
    assert password_of(SecretBytes(bytes(range(16)))).text() == "000102030405060708090a0b0c0d0e0f"
