"""A share on its way in, word by word: what is completed, what is said at once, what is never shown."""

import pytest

from nskeys.crypto.slip39 import nearest, new_split_secret, split
from nskeys.errors import ShareRefused
from nskeys.model.custodians import SHARE_WORDS, Share, ShareProgress
from nskeys.services.flows.share_entry import ShareEntry

SHARES = split(new_split_secret(), 5, 3)
OTHERS = split(new_split_secret(), 5, 3, other_than=[SHARES[0].label.set_name])


def words_of(share: Share) -> list[str]:
    return share.words.text().split()


def type_all(entry: ShareEntry, words: list[str], letters: int = 20) -> ShareEntry:
    for word in words:
        entry = entry.typed(word[:letters]).take()
    return entry


def knowing(*given: Share) -> ShareProgress:
    gathered = ShareProgress()
    for share in given:
        gathered = gathered.with_share(share.label)
    return gathered


@pytest.mark.parametrize("letters", [4, 20])
def test_twenty_words_or_their_first_four_letters_are_a_share(letters: int) -> None:
    entry = type_all(ShareEntry(), words_of(SHARES[1]), letters)
    assert entry.full
    assert entry.problem is None
    assert entry.share().words.same_as(SHARES[1].words)
    assert entry.share().label.number == 2


def test_a_scanned_line_is_taken_as_it_comes() -> None:
    entry = ShareEntry()
    line = ""
    for letter in SHARES[0].words.text().upper():  # as a scanner types it
        line = letter if entry.letters == "" else entry.letters + letter
        entry = entry.typed(line)
    assert entry.take().share().label.number == 1


def test_a_pasted_line() -> None:
    entry = ShareEntry().typed(SHARES[3].words.text() + " ")
    assert entry.full
    assert entry.checked().problem is None


def test_suggestions_are_the_words_that_begin_so_or_the_nearest() -> None:
    assert ShareEntry().suggestions == ()
    entry = ShareEntry().typed("aca")
    assert "academic" in entry.suggestions
    assert entry.certain == "academic"
    unclear = ShareEntry().typed("ac")
    assert unclear.certain == ""
    assert len(unclear.suggestions) > 1
    entry = ShareEntry().typed("acadamic").take()
    assert entry.unknown
    assert entry.words[0] == ""
    assert entry.suggestions == nearest("acadamic", 4)
    assert not entry.typed("acade").unknown


def test_a_sheet_from_another_set_is_said_after_two_words() -> None:
    entry = ShareEntry(knowing(SHARES[0]))
    entry = type_all(entry, words_of(OTHERS[1])[:2])
    assert entry.problem is not None
    assert entry.problem.reason == "other_set"


def test_a_sheet_that_was_given_is_said_after_four_words() -> None:
    for share in SHARES:
        entry = type_all(ShareEntry(knowing(share)), words_of(share)[:4])
        assert entry.problem is not None
        assert (entry.problem.reason, entry.problem.share) == ("given", share.label.number)


def test_a_wrong_word_is_found_by_the_checksum_and_corrected_in_its_place() -> None:
    words = words_of(SHARES[0])
    wrong = [*words]
    wrong[9] = "acid" if words[9] != "acid" else "academic"
    entry = type_all(ShareEntry(), wrong)
    assert entry.problem is not None
    assert entry.problem.reason == "checksum"
    entry = entry.move(9 - entry.place).typed(words[9]).take()
    assert entry.problem is None
    assert entry.checked().share().label.number == 1


def test_back_takes_the_last_word_out() -> None:
    entry = type_all(ShareEntry(), words_of(SHARES[0])[:3])
    assert entry.place == 3
    entry = entry.back()
    assert entry.place == 2
    assert entry.words[2] == ""
    assert entry.back().back().back().place == 0
    assert not any(entry.again().words)


def test_places_end_where_the_sheet_ends() -> None:
    assert ShareEntry().move(-1).place == 0
    assert ShareEntry().move(99).place == SHARE_WORDS - 1


def test_a_share_of_another_number_than_the_set_has() -> None:
    entry = type_all(ShareEntry(ShareProgress(shares=3, every=True)), words_of(SHARES[4]))
    assert entry.problem is not None
    assert (entry.problem.reason, entry.problem.share) == ("beyond_set", 5)
    with pytest.raises(ShareRefused):
        entry.share()


def test_its_repr_shows_no_word() -> None:
    # The same for every share: a word of the list may be a part of any other text.
    entry, other = (type_all(ShareEntry(), words_of(share)[:7]) for share in (SHARES[0], OTHERS[0]))
    assert "acade" not in repr(entry.typed("acade"))
    assert repr(entry.typed("acade")) == repr(other.typed("acti"))
