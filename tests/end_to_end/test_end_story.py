"""The whole story of recoverability by command, and the answer at every step of it.

The clock is the test's, so that every date is exact. All else is the program: files, SQLite, archives.
"""

import csv
import io
import shutil
import signal
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from nskeys.cli.progress import TerminalProgress
from nskeys.model.times import to_rfc3339
from nskeys.ports import Stage
from tests.fakes.command_line import Machine
from tests.fakes.fixed import AFTERNOON, FixedClock
from tests.fakes.server_keys import signed_by

OLD = ("run-as/deploy-1", "run-as/deploy-2", "pcanywhere/db-3")
NEW = ("hierarchy/ns-4", "run-as/deploy-5")
SECRETS = {name: f"MARKED-secret of {name}" for name in (*OLD, *NEW)}


class Story:
    """Two machines, two places elsewhere, one clock."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str], clock: FixedClock) -> None:
        self.clock = clock
        self.a, self.b = (Machine(folder, capture, name) for name in ("a", "b"))
        self.vault, self.safe = folder / "vault", folder / "safe"
        for place in (self.vault, self.safe):
            place.mkdir()

    def at(self, hour: int, minute: int) -> str:
        """It is that late now; as documents say it."""
        self.clock.moment = AFTERNOON.replace(hour=hour, minute=minute)
        return to_rfc3339(self.clock.moment)

    def add(self, reference: str) -> None:
        """A credential of server A."""
        kind, _, name = reference.partition("/")
        self.a.add(kind, name, _target(kind), "CORP\\svc", SECRETS[reference])

    def status(self, machine: Machine, code: int) -> Any:
        """The answer; its numbers are those of the table and of each credential, or the test ends."""
        ran = machine.run("status", "--json")
        assert ran.code == code, ran
        document = ran.json
        states = [item["state"] for item in machine.does("credential", "list")]
        totals = document["credentials"]
        for state in ("recoverable", "at_risk", "lost"):
            assert totals[state] == states.count(state)
        assert totals["total"] == len(states)
        people = machine.run("status").out
        if states:
            assert f" {totals['recoverable']} of {len(states)} credentials would come back" in people
        return document

    def states(self, machine: Machine) -> dict[str, str]:
        """Each credential's."""
        listed = machine.does("credential", "list")
        return {f"{item['kind']}/{item['name']}": item["state"] for item in listed}


def _target(kind: str) -> str:
    return {"run-as": "finance-*", "pcanywhere": "db.example.net", "hierarchy": "https://ns04.example.net"}[
        kind
    ]


@pytest.fixture
def story(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Story]:
    clock = FixedClock()
    monkeypatch.setattr("nskeys.store.machine.SystemClock.now", lambda _: clock.now())
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield Story(tmp_path, capsys, clock)
    time.tzset()


def test_the_answer_is_right_from_the_first_credential_to_the_last_re_entry(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _installs_and_adds(story)
    _backs_up_on_the_same_disk(story, first)
    old = _backs_up_elsewhere_and_drills(story)
    kept = _rotates_with_the_gate(story, monkeypatch)
    _adds_what_only_the_new_key_opens(story)
    _loses_the_file_at_the_destination(story, kept)
    _finds_another_one_corrupted(story)
    _restores_an_old_one_on_a_new_machine(story, old)
    _re_enters_them(story)
    _backs_up_again(story)


def _installs_and_adds(story: Story) -> str:
    story.at(14, 0)
    assert story.a.run("status").code == 3
    story.a.does("init", "--server-name", "ns01.example.net", "--protector", "file")
    nothing = story.status(story.a, 0)
    assert (nothing["credentials"]["total"], nothing["exposed_since"]) == (0, None)
    first = story.at(14, 1)
    for minute, reference in enumerate(OLD, 1):
        story.at(14, minute)
        story.add(reference)
    exposed = story.status(story.a, 1)
    assert exposed["credentials"] == _totals(at_risk=3, here=3)
    assert exposed["exposed_since"] == first, "the first of them, not the last"
    assert (exposed["best_backup"], exposed["last_backup"], exposed["due"]) == (None, None, ["never"])
    return first


def _backs_up_on_the_same_disk(story: Story, first: str) -> None:
    story.at(14, 10)
    made = story.a.back_up()
    assert (made["proof"], made["location"]) == ("opened", "here")
    status = story.status(story.a, 1)
    assert status["credentials"] == _totals(at_risk=3, here=3)
    assert status["exposed_since"] == first
    assert status["best_backup"] is None
    assert status["last_backup"]["path"] == made["path"]
    assert status["copies"]["good"] == 1
    assert status["copies"]["counting"] == 0
    assert status["proofs"]["opened"] is None, "of no copy that counts"


def _backs_up_elsewhere_and_drills(story: Story) -> str:
    """The path of the older of two backups elsewhere."""
    story.a.does("destination", "add", str(story.vault), "--elsewhere", "a share on vault02")
    story.a.does("destination", "add", str(story.safe), "--elsewhere", "tape to the safe")
    opened = story.at(14, 20)
    old = story.a.back_up("--to", str(story.safe))
    status = story.status(story.a, 0)
    assert status["credentials"] == _totals(recoverable=3, here=3)
    assert (status["exposed_since"], status["backup_due"]) == (None, False)
    best = status["best_backup"]
    assert (best["path"], best["proof"], best["location"]) == (old["path"], "opened", "elsewhere")
    assert best["proofs"]["opened"] == opened
    assert status["proofs"]["keys_match"] is None, "nobody tried its keys yet"

    proven = story.at(14, 30)
    drilled = story.a.does("drill", "latest", "--password-file", story.a.password)
    assert (drilled["proof"], drilled["credentials"]) == ("credentials_open", {"opened": 3, "failed": 0})
    status = story.status(story.a, 0)
    assert status["best_backup"]["proof"] == "credentials_open"
    assert status["best_backup"]["proofs"]["credentials_open"] == proven
    assert status["best_backup"]["created"] == opened, "last made and last proven are two dates"
    assert status["proofs"]["credentials_open"] == proven
    assert "every credential opened in a drill just now" in story.a.run("status").out
    return str(old["path"])


def _rotates_with_the_gate(story: Story, monkeypatch: pytest.MonkeyPatch) -> str:
    """The path of the one file that holds the new key."""
    story.at(15, 0)
    waits = story.a.run("key", "rotate", "--json")
    assert (waits.code, waits.json["state"]) == (1, "pre-active")
    still = story.a.run("key", "rotate", "--json")
    assert (still.code, still.json["state"], still.json["resealed"]) == (1, "pre-active", 0), "the gate"
    status = story.status(story.a, 0)
    waiting = {"stage": "waiting", "held_by": None, "drill_due": False}
    assert status["rotation"] == {"key_id": waits.json["key_id"], **waiting}
    assert "key_missing" in status["due"]
    story.at(15, 10)
    kept = story.a.back_up("--to", str(story.vault))
    assert waits.json["key_id"] in kept["key_ids"]
    # Somebody presses Ctrl-C before the first credential is sealed under the new key, and goes home.
    with monkeypatch.context() as patch:
        stage = TerminalProgress.stage

        def interrupted(self: TerminalProgress, now: Stage, total: int | None = None) -> None:
            stage(self, now, total)
            if now is Stage.RESEALING:
                signal.raise_signal(signal.SIGINT)

        patch.setattr(TerminalProgress, "stage", interrupted)
        story.at(15, 20)
        assert story.a.run("key", "rotate").code == 130
    status = story.status(story.a, 0)
    assert status["rotation"]["stage"] == "resealing"
    assert [(key["state"], key["credentials"]) for key in status["keys"]] == [
        ("active", 0),
        ("deactivated", 3),
    ]
    assert status["credentials"] == _totals(recoverable=3, here=3)
    return str(kept["path"])


def _adds_what_only_the_new_key_opens(story: Story) -> None:
    for minute, reference in enumerate(NEW, 30):
        story.at(15, minute)
        story.add(reference)
    status = story.status(story.a, 1)
    assert status["credentials"] == _totals(recoverable=3, at_risk=2, here=5), "no copy has their rows"
    assert status["exposed_since"] == to_rfc3339(_time(15, 30))
    story.at(15, 40)
    copied = story.a.does("backup", "--if-needed", "--to", str(story.vault))
    assert not copied["keys_made"], "their key was backed up before them, so nobody is asked for a password"
    assert copied["database"]["copies"][0]["credentials"] == 5
    status = story.status(story.a, 0)
    assert status["credentials"] == _totals(recoverable=5, here=5)
    assert status["best_backup"]["proof"] == "opened", "the drill was of another file"
    assert "every credential opened" not in story.a.run("status").out


def _loses_the_file_at_the_destination(story: Story, kept: str) -> None:
    seen = story.at(16, 0)
    story.a.does("register", "check")
    Path(kept).unlink()
    for hour in (17, 18):  # two commands, hours later: it does not begin anew
        story.at(hour, 0)
        status = story.status(story.a, 1)
        assert status["credentials"] == _totals(recoverable=3, at_risk=2, here=5)
        assert status["exposed_since"] == seen, "until then a good copy was there"
        assert status["copies"]["missing"] == 1
    assert story.states(story.a) == dict.fromkeys(OLD, "recoverable") | dict.fromkeys(NEW, "at_risk")
    assert status["best_backup"]["proof"] == "credentials_open"
    assert "no_good_copy" in status["due"]
    nagios = story.a.run("status", "--nagios")
    assert (nagios.code, "2 are at risk since 16:00" in nagios.out) == (1, True)


def _finds_another_one_corrupted(story: Story) -> None:
    story.at(18, 10)
    second = Path(story.a.back_up("--to", str(story.vault))["path"])
    assert story.status(story.a, 0)["exposed_since"] is None
    data = bytearray(second.read_bytes())
    data[len(data) // 2] ^= 1
    second.write_bytes(data)
    story.at(18, 30)
    status = story.status(story.a, 1)
    assert status["credentials"] == _totals(recoverable=3, at_risk=2, here=5)
    assert status["exposed_since"] == to_rfc3339(_time(18, 10))
    assert (status["copies"]["changed"], status["copies"]["missing"]) == (1, 1)
    copy = next(item for item in story.a.does("register", "list") if item["path"] == str(second))
    assert (copy["sight"], copy["counts"]) == ("changed", False)
    assert "is not the file that was written" in story.a.run("status").out
    assert story.a.run("inspect", str(second)).code == 65


def _restores_an_old_one_on_a_new_machine(story: Story, old: str) -> None:
    story.at(19, 0)
    b = story.b
    b.home.mkdir(mode=0o700)
    shutil.copy(story.a.home / "cmdb.sqlite3", b.home)
    shutil.rmtree(story.a.home)
    waiting = b.run("status", "--json")
    assert (waiting.code, waiting.out) == (3, "")
    planned = b.run(
        "restore", old, "--plan", "--password-file", b.password, "--protector", "file", "--json"
    )
    assert planned.json["credentials"] == {"opened": 3, "failed": 2}
    given = ("--password-file", b.password, "--protector", "file", *signed_by(old))
    restored = b.run("restore", old, *given, "--json")
    assert (restored.code, restored.json["credentials"]) == (1, {"opened": 3, "failed": 2})
    assert {_reference(item) for item in restored.json["failures"]} == set(NEW)

    b.does("destination", "add", str(story.safe), "--elsewhere", "tape to the safe")
    assert b.run("register", "check").code == 1, "three copies are not as they were"
    status = story.status(b, 2)
    assert status["credentials"] == _totals(at_risk=3, lost=2, here=3), "no copy knows of the restore"
    assert b.run("database", "copy", "--to", str(story.safe)).code == 0
    status = story.status(b, 2)
    assert status["credentials"] == _totals(recoverable=3, lost=2, here=3)
    assert story.states(b) == dict.fromkeys(OLD, "recoverable") | dict.fromkeys(NEW, "lost")
    _lists_exactly_the_others(b)


def _lists_exactly_the_others(b: Machine) -> None:
    listed = b.run("re-entry", "--json")
    assert (listed.code, listed.json["opened"], listed.json["failed"]) == (1, 3, 2)
    items = {_reference(item): item for item in listed.json["items"]}
    assert set(items) == set(NEW)
    for minute, reference in enumerate(NEW, 30):
        item = items[reference]
        assert (item["reason"], item["account"]) == ("key_missing", "CORP\\svc")
        assert item["target"] == _target(item["kind"])
        assert item["updated"] == to_rfc3339(_time(15, minute))
        assert item["backup"]["sight"] in ("missing", "changed"), "the last word on each file that had it"
        assert item["backup"]["counts"] is False
    told = b.run("re-entry")
    text = told.out
    assert "For 2 the backup that holds the key was not found whole" in told.err
    assert "2 of 5 credentials do not open here." in text
    assert [line.split("  ")[1] for line in text.splitlines() if line.startswith("[ ]")] == [
        reference.partition("/")[2] for reference in sorted(NEW)
    ]
    rows = list(csv.DictReader(io.StringIO(b.run("re-entry", "--csv").out)))
    assert {f"{row['kind']}/{row['name']}" for row in rows} == set(NEW)
    for row in rows:
        assert (row["target"], row["account"]) == (_target(row["kind"]), "CORP\\svc")
        assert row["changed"] == items[f"{row['kind']}/{row['name']}"]["updated"]
        assert row["backup"].startswith("ns01.example.net-")
        assert row["seen"] in ("missing", "changed")
    for form in ([], ["--csv"], ["--json"]):
        assert "MARKED" not in b.run("re-entry", *form).out


def _re_enters_them(story: Story) -> None:
    b = story.b
    for hour, reference in enumerate(NEW, 20):
        story.at(hour, 0)
        left = b.run("re-entry", "--json").json["items"]
        assert reference in {_reference(item) for item in left}
        b.does("credential", "edit", reference, "--secret-file", b.file("secret", SECRETS[reference]))
        left = b.run("re-entry", "--json").json["items"]
        assert reference not in {_reference(item) for item in left}, "ticked off, and by any later command"
    done = b.run("re-entry")
    assert (done.code, done.out.count("[ ]")) == (0, 0)
    assert "every credential opens (5)" in done.out


def _backs_up_again(story: Story) -> None:
    story.at(22, 0)
    b = story.b
    made = b.back_up("--to", str(story.safe))
    assert made["location"] == "elsewhere"
    drilled = b.does("drill", made["path"], "--password-file", b.password)
    assert drilled["credentials"] == {"opened": 5, "failed": 0}
    status = story.status(b, 0)
    assert status["credentials"] == _totals(recoverable=5, here=5)
    assert (status["exposed_since"], status["backup_due"]) == (None, False)
    assert status["best_backup"]["path"] == made["path"]
    assert b.does("verify") == {"opened": 5, "failed": 0, "failures": [], "differences": []}
    for reference, secret in SECRETS.items():
        assert b.does("credential", "show", reference, "--reveal")["secret"] == secret


def _totals(recoverable: int = 0, at_risk: int = 0, lost: int = 0, here: int = 0) -> dict[str, int]:
    total = recoverable + at_risk + lost
    return {
        "total": total, "recoverable": recoverable, "at_risk": at_risk, "lost": lost, "opens_here": here,
    }  # fmt: skip


def _reference(item: Any) -> str:
    return f"{item['kind']}/{item['name']}"


def _time(hour: int, minute: int) -> datetime:
    return AFTERNOON.replace(hour=hour, minute=minute)
