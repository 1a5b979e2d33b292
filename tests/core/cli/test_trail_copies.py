"""Each audit line has a copy in the journal and in syslog; a log that fails is a warning, no failure."""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nskeys.model.audit import Action
from nskeys.model.trail_copies import message_id
from tests.fakes.command_line import Machine
from tests.fakes.log_sockets import LogSockets, log_sockets

FORMAT = (Path(__file__).parents[3] / "core/FORMAT.md").read_text(encoding="utf-8")


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[LogSockets]:
    with log_sockets() as sockets:
        monkeypatch.setenv("NSKEYS_LOG_ROOT", str(sockets.root))
        yield sockets


def reveal(server: Machine) -> int:
    return server.run("credential", "show", "run-as/deploy-finance", "--reveal").code


def lines(server: Machine) -> list[dict[str, Any]]:
    return list(server.does("audit"))


def warning(server: Machine) -> str:
    """What `status` says of logs; empty where all is well."""
    found = [line for line in server.run("status").out.splitlines() if line.startswith("audit trail")]
    return found[0] if found else ""


def test_what_stands_in_the_trail_stands_in_the_journal_too(server: Machine, logs: LogSockets) -> None:
    logs.start_journal()
    assert reveal(server) == 0
    (record,) = logs.records()
    last = lines(server)[-1]
    assert record["MESSAGE"] == "credential-revealed run-as/deploy-finance, by root"
    assert record["MESSAGE_ID"] == message_id("credential-revealed")
    assert (record["NSKEYS_NUMBER"], record["NSKEYS_HASH"]) == (str(last["number"]), last["hash"])
    line = json.loads(record["NSKEYS_LINE"])
    assert line.pop("number") > 0  # of the change; that of the line stands beside it
    assert line == {name: value for name, value in last.items() if name not in ("number", "hash")}
    assert (record["NSKEYS_ACTION"], record["NSKEYS_USER"]) == ("credential-revealed", "root")
    assert (record["SYSLOG_IDENTIFIER"], record["PRIORITY"]) == ("nskeys", "5")
    assert warning(server) == ""


def test_every_line_from_the_first_one_on_is_copied(machine: Machine, logs: LogSockets) -> None:
    logs.start_journal()
    machine.set_up()
    assert [record["NSKEYS_NUMBER"] for record in logs.records()] == ["1", "2", "3"]


def test_a_change_that_was_not_made_is_in_no_log(server: Machine, logs: LogSockets) -> None:
    logs.start_journal()
    assert server.run("credential", "remove", "run-as/none", "--yes").code != 0
    assert logs.records() == []


def test_a_line_with_line_feeds_and_one_larger_than_a_datagram_arrive_whole(
    server: Machine, logs: LogSockets
) -> None:
    logs.start_journal()
    words = "tape\nto the safe, " + "each night and " * 30_000
    vault = server.folder / "vault"
    vault.mkdir()
    server.does("destination", "add", str(vault), "--elsewhere", words)
    assert logs.records() == []  # it waits for the next change
    assert reveal(server) == 0
    (record,) = (one for one in logs.records() if one["NSKEYS_ACTION"] == "destination-added")
    assert len(record["NSKEYS_LINE"]) > 400_000
    assert json.loads(record["NSKEYS_LINE"])["details"]["declared"] == words


def test_a_log_that_fails_fails_no_change_and_gets_the_lines_later(
    server: Machine, logs: LogSockets
) -> None:
    logs.start_journal()
    assert reveal(server) == 0
    first = logs.records()
    logs.stop()
    assert (reveal(server), reveal(server)) == (0, 0)
    assert "The last 2 lines of the audit trail are not in the journal of this machine" in warning(server)
    assert "the server refused the connection" in warning(server)
    assert server.run("status", "--nagios").code == 1
    logs.start_journal()
    assert reveal(server) == 0
    copied = [*first, *logs.records()]
    numbers = [int(record["NSKEYS_NUMBER"]) for record in copied]
    assert numbers == [line["number"] for line in lines(server)[-4:]]
    assert warning(server) == ""


def test_a_journal_that_hangs_costs_a_change_a_second(server: Machine, logs: LogSockets) -> None:
    logs.start_journal()
    logs.fill_journal()
    assert reveal(server) == 0
    assert "it did not answer in time" in warning(server)


def test_a_log_that_once_was_there_is_missed(server: Machine, logs: LogSockets) -> None:
    logs.start_journal()
    assert reveal(server) == 0
    logs.remove()
    assert reveal(server) == 0
    assert "The last line of the audit trail is not in the journal" in warning(server)


def test_where_no_log_ever_was_none_is_missed(server: Machine, logs: LogSockets) -> None:
    assert reveal(server) == 0
    assert warning(server) == ""
    assert not (server.home / "trail-copies.json").exists()


def test_config_toml_ends_the_copies(server: Machine, logs: LogSockets) -> None:
    logs.start_journal()
    logs.start_syslog()
    config = server.home / "config.toml"
    plain = config.read_text("utf-8")
    config.write_text(plain + "audit_journal = false\n", "utf-8")
    assert reveal(server) == 0
    assert (logs.records(), len(logs.messages())) == ([], 1)
    config.write_text(plain + "audit_syslog = false\n", "utf-8")
    assert reveal(server) == 0
    assert (len(logs.records()), logs.messages()) == (1, [])


def test_config_toml_demands_a_log_that_is_not_there(server: Machine, logs: LogSockets) -> None:
    config = server.home / "config.toml"
    config.write_text(config.read_text("utf-8") + "audit_syslog = true\n", "utf-8")
    assert reveal(server) == 0
    assert "is not in syslog of this machine" in warning(server)


def test_syslog_gets_number_and_hash_before_the_line(server: Machine, logs: LogSockets) -> None:
    logs.start_syslog()
    assert reveal(server) == 0
    (message,) = logs.messages()
    last = lines(server)[-1]
    found = re.fullmatch(
        r"<85>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d nskeys\[\d+\]: audit ([0-9a-f]{32}) (\d+) (\S+) ({.*})",
        message,
    )
    assert found
    assert (int(found[2]), found[3]) == (last["number"], last["hash"])
    assert json.loads(found[4])["action"] == "credential-revealed"


def test_a_syslog_that_is_a_stream_gets_them_too(server: Machine, logs: LogSockets) -> None:
    logs.start_syslog(socket.SOCK_STREAM)
    assert reveal(server) == 0
    assert '"credential-revealed"' in logs.connected()


def test_where_journald_is_the_syslog_daemon_a_line_stands_in_it_once(
    server: Machine, logs: LogSockets
) -> None:
    logs.start_journal()
    journal = logs.root / "run/systemd/journal"
    (logs.root / "dev").mkdir()
    (logs.root / "dev/log").symlink_to(journal / "dev-log")
    (journal / "dev-log").touch()
    assert reveal(server) == 0
    assert len(logs.records()) == 1
    assert warning(server) == ""


def test_a_state_that_cannot_be_read_or_is_anothers_begins_anew(server: Machine, logs: LogSockets) -> None:
    logs.start_journal()
    state = server.home / "trail-copies.json"
    another = {"cmdb_id": "0" * 32, "journal": {"lines": 1000, "problem": None, "since": None}}
    for text in ("{", "[]", json.dumps(another), '{"journal": 7}'):
        state.write_text(text, "utf-8")
        state.chmod(0o600)
        assert reveal(server) == 0
        assert len(logs.records()) == 1
        assert json.loads(state.read_text("utf-8"))["journal"]["lines"] == lines(server)[-1]["number"]


def test_a_state_that_is_ahead_of_the_trail_begins_where_it_goes_on(
    server: Machine, logs: LogSockets
) -> None:
    """As after an older database was put back and accepted."""
    logs.start_journal()
    assert reveal(server) == 0
    state = server.home / "trail-copies.json"
    state.write_text(state.read_text("utf-8").replace('"lines": ', '"lines": 1000'), "utf-8")
    logs.records()
    assert reveal(server) == 0
    (record,) = logs.records()
    assert record["NSKEYS_NUMBER"] == str(lines(server)[-1]["number"])


def test_every_action_has_a_message_id_of_its_own_and_the_format_prints_it() -> None:
    ids = {message_id(action) for action in Action}
    assert len(ids) == len(Action)
    for action in Action:
        assert f"| `{action.value}` | `{message_id(action)}` |" in FORMAT
