"""Whatever the bytes, reading a backup ends in one of our errors, never in a backup that is not ours."""

import random

from hypothesis import given, settings, strategies as st

from nskeys.archive.inspection import inspect
from nskeys.archive.opening import open_backup
from nskeys.errors import NskeysError
from tests.core.archive.samples import archive, members_of, password, rebuilt
from tests.fakes.examples import examples

WRITTEN = archive()
MEMBERS = members_of(WRITTEN.data)


def _read(data: bytes) -> bool:
    """Whether it is inspected and opened; anything but an error of ours fails the test."""
    try:
        with password() as given_password:
            open_backup(inspect("", data), given_password).wipe()
    except NskeysError:
        return False
    return True


@settings(max_examples=examples(300), deadline=None)
@given(
    st.sampled_from([b"", b"PK\x03\x04", b"age-encryption.org/v1\n", b"age-encryption.org/v1\n-> "]),
    st.binary(),
)
def test_bytes_that_begin_like_a_backup(begin: bytes, rest: bytes) -> None:
    assert not _read(begin + rest)


@settings(max_examples=examples(400), deadline=None)
@given(st.sampled_from([WRITTEN.data, WRITTEN.kms]), st.randoms(use_true_random=False))
def test_a_backup_with_pieces_cut_out_doubled_or_swapped(whole: bytes, chance: random.Random) -> None:
    first, second = sorted(chance.sample(range(len(whole) + 1), 2))
    piece = whole[first:second]
    other = chance.choice((b"", piece + piece, piece[::-1], chance.randbytes(len(piece))))
    changed = whole[:first] + other + whole[second:]
    assert _read(changed) is (changed == whole)


@settings(max_examples=examples(300), deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_manifest_with_pieces_cut_out_doubled_or_swapped(chance: random.Random) -> None:
    whole = MEMBERS["manifest.json"]
    first, second = sorted(chance.sample(range(len(whole) + 1), 2))
    other = chance.choice((b"", whole[first:second] * 2, b"[" * 2_000, b"9" * 30, b'"\\u0000"', b"null"))
    changed = whole[:first] + other + whole[second:]
    assert _read(rebuilt(WRITTEN.data, manifest=changed)) is (changed == whole)
