"""Messages between the program and its worker."""

import pytest
from hypothesis import given, settings, strategies as st

from nskeys.destinations.workers.protocol import Message, ProtocolError, pack, unpack, wanted
from tests.fakes.examples import examples

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(head=VALUES, body=st.binary(max_size=200), step=st.integers(1, 50))
@settings(max_examples=examples(80), deadline=None)
def test_a_message_arrives_as_it_was_sent_in_whatever_pieces(head: object, body: bytes, step: int) -> None:
    sent = pack(Message(head, body)) + b"the next one"
    received, place = bytearray(), 0
    while more := wanted(received):
        piece = sent[place : place + min(step, more)]
        place += len(piece)
        received += piece
    assert unpack(received) == Message(head, body)
    assert sent[place:] == b"the next one"


@pytest.mark.parametrize("lengths", [b"\xff\xff\xff\xff\0\0\0\0", b"\0\0\0\0\xff\xff\xff\xff"])
def test_a_length_that_no_message_has_is_not_waited_for(lengths: bytes) -> None:
    with pytest.raises(ProtocolError):
        wanted(lengths)


def test_a_head_that_is_no_json_is_no_message() -> None:
    with pytest.raises(ProtocolError):
        unpack(b"\0\0\0\x01\0\0\0\0{")
