"""Small parts of sentences: capitals, lists."""

from nskeys.wording.text.sentence import capitalised, either, listed


def test_a_sentence_begins_with_a_capital_and_keeps_the_rest() -> None:
    assert capitalised("the CMDB of /srv/Home") == "The CMDB of /srv/Home"
    assert capitalised("Already") == "Already"
    assert capitalised("") == ""


def test_parts_are_listed_with_commas_and_a_last_word() -> None:
    assert listed(("a", "b", "c")) == "a, b and c"
    assert listed(tuple("abcdefg")) == "a, b, c, d, e and 2 more"
    assert either(("a", "b", "c")) == "a, b or c"
    assert either(("a",)) == "a"
