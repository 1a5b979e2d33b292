"""What the settings keep to, wherever they lie."""

from dataclasses import replace
from pathlib import Path

import pytest

from nskeys.model.destinations import DestinationInfo
from nskeys.model.retention import Retention
from nskeys.ports import Settings, SettingsFile
from nskeys.store.settings import ConfigToml
from tests.fakes.memory_files import MemorySettings

DEFAULTS = Settings("ns01.example.net", "")


@pytest.fixture(params=["toml", "memory"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> SettingsFile:
    if request.param == "toml":
        return ConfigToml(tmp_path / "config.toml", "ns01.example.net")
    return MemorySettings()


def test_without_a_file_there_are_defaults(settings: SettingsFile) -> None:
    assert settings.read() == DEFAULTS


@pytest.mark.parametrize(
    "wanted",
    [
        DEFAULTS,
        Settings("emea-ns02", "postgresql://nskeys@db.example.net/cmdb"),
        Settings("ns01", "", (DestinationInfo("/mnt/vault"), DestinationInfo("/mnt/b", "tape"))),
        Settings("ns01", "", (DestinationInfo("/mnt/b", "tape"), DestinationInfo("/mnt/vault", "x"))),
        Settings("ns01", "", (DestinationInfo("/mnt/vault"),), drill_days=30),
        Settings("ns01", "", drill_days=0),
        Settings("ns01", "", drill_days=30, check_days=0),
        Settings('a "quoted" \\ name', "", (DestinationInfo('/mnt/"x"/[y]\t', "Tresor\nim Keller \x7f"),)),
    ],
)
def test_what_was_written_last_is_read(settings: SettingsFile, wanted: Settings) -> None:
    settings.write(Settings("before", "x", (DestinationInfo("/mnt/vault", "said before"),)))
    settings.write(wanted)
    assert settings.read() == wanted
    settings.write(wanted)
    assert settings.read() == wanted


def test_the_days_until_a_drill_is_overdue_stand_before_every_table(settings: SettingsFile) -> None:
    kept = Settings("ns01", "", (DestinationInfo("/mnt/vault"),), Retention(keep_last=5))
    settings.write(kept)
    settings.write(replace(kept, drill_days=30))
    assert settings.read() == replace(kept, drill_days=30)
