"""What an import holds: little for each row, however many there are."""

import tracemalloc
from itertools import pairwise
from pathlib import Path

import pytest

from nskeys.services.credentials.importer import _ids
from tests.benchmark.homes import give_password, make_home

ROW = "Root/Run as,package-{0:06},CORP\\svc-{0},secret {0},finance-{0},\n"
FIELDS = len(ROW) * 3
"""What a row may take besides its own text: its packed values, its secret and a hash of its name."""


def export(rows: int) -> bytes:
    return ("Group,Title,Username,Password,URL,Notes\n" + "".join(map(ROW.format, range(rows)))).encode()


@pytest.mark.parametrize("again", [False, True])
def test_a_plan_holds_little_more_of_a_row_than_the_export_says(tmp_path: Path, again: bool) -> None:
    services = make_home(tmp_path / "home", 0, scrypt_log_n=4)
    held = []
    for rows in (1_000, 3_000):
        data = export(rows)
        if again:
            with services.imports.plan("x", data, give_password) as prepared:
                services.imports.execute(prepared, give_password)
        tracemalloc.start()
        try:
            with services.imports.plan("x", data, give_password) as prepared:
                held.append(tracemalloc.get_traced_memory()[0])
            assert (len(prepared.plan.credentials), len(prepared.plan.present)) == (
                (0, rows) if again else (rows, 0)
            )
        finally:
            tracemalloc.stop()
    services.close()
    assert (held[1] - held[0]) / 2_000 < FIELDS


def test_ids_are_random_and_come_in_order() -> None:
    drawn = list(_ids(3_000))
    assert len({one for one in drawn if len(one) == 32}) == 3_000
    assert all(one < other for one, other in pairwise(drawn))
    assert len({one[:2] for one in drawn}) > 250
    assert list(_ids(0)) == []
