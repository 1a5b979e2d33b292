"""No bit of an archive may differ: inspecting and opening it fails, whichever one it is."""

import pytest

from nskeys.archive.inspection import inspect
from nskeys.archive.opening import open_backup
from nskeys.errors import BackupDamaged, NotABackup, NskeysError
from tests.core.archive.samples import archive, members_of, password, rebuilt

pytestmark = pytest.mark.slow

WRITTEN = archive()


def _refused(data: bytes) -> NskeysError:
    with pytest.raises(NskeysError) as raised, password() as given:
        open_backup(inspect("", data), given).wipe()
    return raised.value


def test_every_flipped_bit_of_an_archive_is_refused_before_a_password_is_asked() -> None:
    data = bytearray(WRITTEN.data)
    for bit in range(8 * len(data)):
        data[bit // 8] ^= 1 << bit % 8
        try:
            inspect("", bytes(data))
        except (BackupDamaged, NotABackup):
            pass
        else:
            pytest.fail(f"bit {bit} was not noticed")
        data[bit // 8] ^= 1 << bit % 8


def test_every_shorter_archive_is_refused() -> None:
    for size in range(len(WRITTEN.data)):
        assert isinstance(_refused(WRITTEN.data[:size]), BackupDamaged | NotABackup)


def test_every_flipped_bit_of_a_bare_kms_is_refused() -> None:
    for bit in range(8 * len(WRITTEN.kms)):
        damaged = bytearray(WRITTEN.kms)
        damaged[bit // 8] ^= 1 << bit % 8
        _refused(bytes(damaged))


def test_every_flipped_bit_of_a_manifest_is_refused_even_under_a_checksum_that_fits() -> None:
    """As a forger would do it: the zip's checksums are made to fit again."""
    manifest = members_of(WRITTEN.data)["manifest.json"]
    for bit in range(8 * len(manifest)):
        forged = bytearray(manifest)
        forged[bit // 8] ^= 1 << bit % 8
        _refused(rebuilt(WRITTEN.data, manifest=bytes(forged)))
