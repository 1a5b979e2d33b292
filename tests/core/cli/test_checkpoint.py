"""What contradicts the checkpoint is said by every look, and taken only exactly as it was shown."""

import sqlite3
from contextlib import closing

from tests.fakes.command_line import Machine
from tests.fakes.monitoring import samples


def _written_by_somebody(server: Machine, *statements: str) -> None:
    with closing(sqlite3.connect(server.home / "cmdb.sqlite3")) as database, database:
        for statement in statements:
            database.execute(statement)


def _gauge(server: Machine, name: str) -> float:
    return samples(server.run("status", "--prometheus").out)[name, ()]


def test_a_good_server_says_so(server: Machine) -> None:
    shown = server.run("checkpoint")
    assert shown.code == 0
    assert shown.err == "Everything is as the server key signed it.\n"
    document = server.does("checkpoint", "show")
    assert document["mismatches"] == []
    assert document["number"] == server.run("status", "--json").json["change"] == 3
    assert server.run("checkpoint", "verify").code == 0
    assert _gauge(server, "nskeys_checkpoint_ok") == _gauge(server, "nskeys_trail_ok") == 1
    assert _gauge(server, "nskeys_change_number") == 3


def test_a_cut_trail_is_critical_everywhere_and_changes_wait(server: Machine) -> None:
    _written_by_somebody(server, "DELETE FROM audit WHERE no = (SELECT max(no) FROM audit)")
    ran = server.run("status", "--json")
    assert ran.code == 2
    (found,) = (one for one in ran.json["findings"] if one["finding"] == "mismatch")
    assert (found["severity"], found["reason"]) == ("critical", "audit")
    assert "The audit trail was cut, lengthened or edited" in found["sentence"]
    assert found["next"] == {"action": "checkpoint", "command": "nskeys checkpoint show"}
    assert server.run("status", "--nagios").out.startswith("NSKEYS CRITICAL: ")
    assert _gauge(server, "nskeys_checkpoint_ok") == _gauge(server, "nskeys_trail_ok") == 0
    assert server.run("checkpoint", "show").code == server.run("checkpoint", "verify").code == 1
    waits = server.run("credential", "remove", "run-as/deploy-finance", "--yes")
    assert waits.code == 77
    assert "checkpoint" in waits.err
    assert len(server.run("credential", "list", "--json").json) == 2


def test_what_is_in_the_register_counts_for_nothing_while_it_does_not_fit(server: Machine) -> None:
    server.back_up("--to", server.vault())
    assert server.does("status")["credentials"]["recoverable"] == 2
    _written_by_somebody(server, "UPDATE register SET body = replace(body, 'vault', 'fault')")
    ran = server.run("status", "--json")
    assert ran.code == 2
    assert ran.json["credentials"]["recoverable"] == 0
    assert [one["what"] for one in ran.json["mismatches"]] == ["register"]
    assert _gauge(server, "nskeys_checkpoint_ok") == 0
    assert _gauge(server, "nskeys_trail_ok") == 1


def test_a_removed_row_is_named_and_its_key_counts_as_in_no_backup(server: Machine) -> None:
    server.back_up("--to", server.vault())
    row = "(SELECT id FROM credentials WHERE name = 'emea-ns02')"
    _written_by_somebody(
        server, f"DELETE FROM listing WHERE id = {row}", "DELETE FROM credentials WHERE name = 'emea-ns02'"
    )
    ran = server.run("status", "--json")
    assert ran.code == 2
    assert ran.json["credentials"] | {"total": 1, "recoverable": 0, "at_risk": 1} == ran.json["credentials"]
    (found,) = (one for one in ran.json["findings"] if one["finding"] == "rows_changed")
    assert "removed by something other than nskeys" in found["sentence"]


def test_it_is_accepted_exactly_as_it_was_shown_and_the_reason_stays(server: Machine) -> None:
    _written_by_somebody(server, "DELETE FROM audit WHERE no = (SELECT max(no) FROM audit)")
    shown = server.run("checkpoint", "show", "--json").json["shown"]
    accept = ("checkpoint", "accept", "--reason", "restored after a crash", "--shown")
    other = server.run(*accept, "0" * 16)
    assert other.code == 64
    assert server.run("status").code == 2
    _written_by_somebody(server, "DELETE FROM audit WHERE no = (SELECT max(no) FROM audit)")
    assert server.run(*accept, shown[:16]).code == 64, "something else is there now"
    shown = server.run("checkpoint", "show", "--json").json["shown"]
    empty = server.run("checkpoint", "accept", "--shown", shown, "--reason", " ")
    assert (empty.code, "reason is empty" in empty.err) == (65, True)
    made = server.does(*accept, shown[:16])
    assert made["number"] == 1_000_003
    assert server.run("checkpoint", "show").code == 0
    line = server.does("audit")[-1]
    assert (line["action"], line["details"]["reason"]) == ("mismatch-accepted", "restored after a crash")
    assert server.run("credential", "remove", "run-as/deploy-finance", "--yes").code == 0


def test_a_copy_from_before_what_was_accepted_is_called_that(server: Machine) -> None:
    server.back_up("--to", server.vault())
    row = "(SELECT id FROM credentials WHERE name = 'emea-ns02')"
    _written_by_somebody(
        server, f"DELETE FROM listing WHERE id = {row}", "DELETE FROM credentials WHERE name = 'emea-ns02'"
    )
    shown = server.run("checkpoint", "show", "--json").json["shown"]
    accepted = server.run("checkpoint", "accept", "--shown", shown, "--reason", "a clean-up by hand")
    assert "each is at risk until the next one; 'nskeys backup' makes one." in " ".join(
        accepted.err.split()
    )
    said = " ".join(server.run("status").out.split())
    assert "is older than the rows here" in said
    assert "is opened by no key backup" not in said
    assert server.run("backup", "--database-only", "--to", server.vault()).code == 0
    assert server.does("status")["credentials"]["recoverable"] == 1


def test_nothing_is_accepted_where_everything_fits(server: Machine) -> None:
    shown = server.does("checkpoint", "show")["shown"]
    ran = server.run("checkpoint", "accept", "--shown", shown, "--reason", "why not")
    assert ran.code not in (0, 70)
