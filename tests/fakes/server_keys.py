"""The server key that signed a backup, as a person finds it on the runbook."""

from pathlib import Path

from nskeys.archive.inspection import inspect


def signed_by(archive: Path | str) -> tuple[str, str]:
    """The option with which a script confirms the server key of this archive."""
    manifest = inspect(str(archive), Path(archive).read_bytes()).manifest
    assert manifest is not None
    return "--server-key", manifest.facts.server_key
