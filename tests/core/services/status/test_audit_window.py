"""The audit trail from its newest line, a window at a time."""

from tests.fakes.servers import Server


def test_windows_are_the_trail_backwards(server: Server) -> None:
    for name in ("one", "two", "three", "four"):
        server.add(name)
    audit = server.services.audit
    newest_first = list(reversed(list(audit.entries())))
    total = audit.total()
    assert total == len(newest_first)
    read = [entry for first in range(0, total, 2) for entry in audit.window(first, 2)]
    assert read == newest_first
    assert audit.window(0, 3) == audit.latest(3) == tuple(newest_first[:3])


def test_behind_the_first_line_there_is_nothing(server: Server) -> None:
    audit = server.services.audit
    total = audit.total()
    assert audit.window(total, 5) == ()
    assert audit.window(total + 7, 5) == ()
    assert [entry.number for entry in audit.window(total - 1, 5)] == [1]
