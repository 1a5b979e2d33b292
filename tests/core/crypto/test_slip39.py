"""Custodians' shares: what is split comes back, from any that are enough, and from no others."""

import itertools
import json
import re
import secrets
from pathlib import Path

import pytest
import shamir_mnemonic.shamir
from hypothesis import given, settings, strategies as st
from shamir_mnemonic import Share as Slip39Share, cipher

from nskeys.crypto.slip39 import SECRET_SIZE, combine, new_split_secret, parse, split
from nskeys.errors import NskeysError, ShareRefused, SharesDisagree, SharesIncomplete, SplitRefused
from nskeys.model.custodians import Share
from nskeys.model.secret import SecretBytes
from tests.fakes.examples import examples

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/slip-39/vectors.json").read_text("utf-8"))
READ = {"4", "41", "43"}
"""One group, 16 bytes, more than one share needed: what nskeys reads of the valid ones."""
PASSPHRASE = b"TREZOR"


def share(text: str) -> Share:
    return parse(SecretBytes(text.encode()))


def refusal(text: str | bytes) -> ShareRefused:
    with pytest.raises(ShareRefused) as refused:
        parse(SecretBytes(text if isinstance(text, bytes) else text.encode()))
    return refused.value


def words_of(split_share: Share) -> list[str]:
    return split_share.words.text().split()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"].partition(".")[0])
def test_the_standards_vectors(vector: dict[str, str]) -> None:
    number = vector["name"].partition(".")[0]
    if number not in READ:
        with pytest.raises(NskeysError):
            combine([share(text) for text in vector["mnemonics"]])
        return
    given_shares = [share(text) for text in vector["mnemonics"]]
    secret = combine(given_shares)
    # Ours is the secret under no passphrase: encrypted again it must be what the standard's one opens.
    one = Slip39Share.from_mnemonic(vector["mnemonics"][0])
    parameters = (one.iteration_exponent, one.identifier, one.extendable)
    encrypted = cipher.encrypt(secret.reveal(), b"", *parameters)
    assert cipher.decrypt(encrypted, PASSPHRASE, *parameters).hex() == vector["secret"]


@settings(max_examples=examples(25), deadline=None)
@given(data=st.data(), shares=st.integers(2, 16))
def test_any_that_are_enough_give_the_secret_back(data: st.DataObject, shares: int) -> None:
    threshold = data.draw(st.integers(2, shares))
    secret = new_split_secret()
    made = split(secret, shares, threshold)
    assert [one.label.number for one in made] == list(range(1, shares + 1))
    assert {one.label.threshold for one in made} == {threshold}
    assert len({one.label.set_name for one in made}) == 1
    some = data.draw(
        st.lists(st.sampled_from(made), min_size=threshold, unique_by=lambda s: s.label.number)
    )
    assert combine(some).same_as(secret)
    with pytest.raises(SharesIncomplete) as few:
        combine(some[: threshold - 1])
    assert (few.value.given, few.value.needed) == (threshold - 1, threshold)


def test_every_three_of_five() -> None:
    secret = new_split_secret()
    made = split(secret, 5, 3)
    for some in itertools.combinations(made, 3):
        assert combine(some).same_as(secret)


def test_the_library_alone_gives_the_same_secret() -> None:
    secret = new_split_secret()
    made = split(secret, 3, 2)
    texts = [one.words.text() for one in made[1:]]
    assert shamir_mnemonic.combine_mnemonics(texts) == secret.reveal()


def test_words_are_taken_in_any_case_and_with_any_blanks() -> None:
    one = split(new_split_secret(), 3, 2)[0]
    typed = "  " + "\t ".join(words_of(one)).upper() + "\r\n"
    assert share(typed).words.same_as(one.words)


def test_a_mistyped_word_is_named_by_its_place_and_never_shown() -> None:
    words = words_of(split(new_split_secret(), 3, 2)[0])
    words[6] = "acadamic"
    refused = refusal(" ".join(words))
    assert (refused.reason, refused.word) == ("word", 7)
    assert "acadamic" not in repr(refused) + str(refused)


@pytest.mark.parametrize("place", range(20))
def test_one_word_taken_for_another_is_a_checksum_that_does_not_match(place: int) -> None:
    words = words_of(split(new_split_secret(), 3, 2)[0])
    words[place] = "academic" if words[place] != "academic" else "acid"
    assert refusal(" ".join(words)).reason == "checksum"


def test_two_words_that_changed_places_are_noticed() -> None:
    words = words_of(split(new_split_secret(), 3, 2)[0])
    first, second = next((i, i + 1) for i in range(4, 19) if words[i] != words[i + 1])
    words[first], words[second] = words[second], words[first]
    assert refusal(" ".join(words)).reason == "checksum"


def test_what_is_no_share() -> None:
    assert refusal("").reason == refusal(" \n").reason == "empty"
    assert refusal(b"\xff\xfe academic").reason == "not_text"
    assert (refusal("academic acid").reason, refusal("academic acid").word) == ("count", 2)
    words = words_of(split(new_split_secret(), 3, 2)[0])
    assert refusal(" ".join([*words, "acid"])).reason == "count"


@pytest.mark.parametrize(
    ("changed", "read"),
    [
        ({"extendable": False}, True),
        ({"iteration_exponent": 4}, True),
        ({"iteration_exponent": 5}, False),
        ({"iteration_exponent": 15}, False),
        ({"group_count": 2}, False),
        ({"group_count": 2, "group_index": 1}, False),
        ({"group_threshold": 2, "group_count": 2}, False),
        ({"member_threshold": 1}, False),
    ],
)
def test_shares_of_other_tools(changed: dict[str, int], read: bool) -> None:
    real = Slip39Share.from_mnemonic(split(new_split_secret(), 3, 2)[0].words.text())
    text = Slip39Share(**{**real.__dict__, **changed}).mnemonic()
    if read:
        assert share(text).label.number == 1
    else:
        assert refusal(text).reason == "other_scheme"


def test_shares_of_two_sets_are_not_put_together() -> None:
    secret = new_split_secret()
    one = split(secret, 3, 2)
    other = split(secret, 3, 2, other_than=[one[0].label.set_name])
    with pytest.raises(SharesDisagree):
        combine([one[0], other[1]])


def test_a_new_set_has_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([b"\x12\x34", b"\x12\x34", b"\x43\x21"])
    monkeypatch.setattr("nskeys.crypto.slip39.os.urandom", lambda size: next(drawn))
    first = split(SecretBytes(bytes(SECRET_SIZE)), 3, 2)
    second = split(SecretBytes(bytes(SECRET_SIZE)), 3, 2, other_than=[first[0].label.set_name])
    assert first[0].label.set_name != second[0].label.set_name


def forged(made: Share) -> Share:
    """Whole by itself and of the same set, but with another value: what a dishonest custodian can make."""
    real = Slip39Share.from_mnemonic(made.words.text())
    fields = {**real.__dict__, "value": bytes(byte ^ 1 for byte in real.value)}
    return share(Slip39Share(**fields).mnemonic())


def test_an_altered_share_is_found_out_and_named_where_that_can_be_told() -> None:
    made = list(split(new_split_secret(), 5, 3))
    altered = [*made]
    altered[1] = forged(made[1])
    with pytest.raises(SharesDisagree) as found:
        combine(altered[:3])
    assert found.value.suspects == ()  # three of three: any of them may be the one
    with pytest.raises(SharesDisagree) as found:
        combine(altered)
    assert found.value.suspects == (2,)
    altered = [*made]
    altered[4] = forged(made[4])
    with pytest.raises(SharesDisagree) as found:
        combine(altered)
    assert found.value.suspects == (5,)


def test_the_same_share_twice_is_one() -> None:
    made = split(new_split_secret(), 5, 3)
    with pytest.raises(SharesIncomplete):
        combine([made[0], made[0], made[1]])


@pytest.mark.parametrize(("shares", "threshold"), [(5, 1), (17, 3), (3, 4), (1, 1), (0, 0), (5, -1)])
def test_splits_that_are_refused(shares: int, threshold: int) -> None:
    with pytest.raises(SplitRefused):
        split(new_split_secret(), shares, threshold)


def test_shares_are_never_shown_by_accident() -> None:
    one = split(new_split_secret(), 3, 2)[0]
    words = words_of(one)
    # Whole words: one may be a part of any other.
    assert not set(words[4:]) & set(re.findall("[a-z]+", repr(one).replace(one.label.set_name, "")))
    with pytest.raises(TypeError):
        assert one.words == one.words


def test_the_librarys_random_numbers_are_the_systems() -> None:
    assert shamir_mnemonic.shamir.RANDOM_BYTES is secrets.token_bytes
