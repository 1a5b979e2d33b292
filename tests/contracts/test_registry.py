"""What the registry values keep to, wherever they lie."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from nskeys.model.registry import RegistryValues
from nskeys.ports import Registry
from nskeys.store.home_files import RegistryFile
from tests.fakes.memory_files import MemoryRegistry

WHEN = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)


@pytest.fixture(params=["file", "memory"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Registry:
    return RegistryFile(tmp_path / "registry.json") if request.param == "file" else MemoryRegistry()


def test_nothing_was_written_at_first(registry: Registry) -> None:
    assert registry.read() == RegistryValues()


@pytest.mark.parametrize(
    "values",
    [
        RegistryValues("/mnt/vault/nskeys", WHEN),
        RegistryValues('/mnt/Größe "x"\n', WHEN),
        RegistryValues("/mnt/vault", None),
        RegistryValues(),
    ],
)
def test_what_was_written_last_is_read(registry: Registry, values: RegistryValues) -> None:
    registry.write(RegistryValues("/before", WHEN))
    registry.write(values)
    assert registry.read() == values
