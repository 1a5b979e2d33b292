"""A server's life in both halves by command, up to the day on which its machine is gone; what people use on
that day is each test's own."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tests.fakes.command_line import Machine
from tests.fakes.postgres import postgres_url

ENGINES = ("sqlite", "postgres")
SECRETS = {
    "hierarchy/emea-ns02": "MARKED of a child server",
    "pcanywhere/till-1": "MARKED, with a comma",
    **{f"run-as/deploy-{number}": f"MARKED secret {number}" for number in range(5)},
}
EDITED = "run-as/deploy-3"
_TARGETS = {
    "hierarchy": "https://ns02.example.net",
    "pcanywhere": "till-1.example.net",
    "run-as": "finance-*",
}


@contextmanager
def cmdb_options(engine: str) -> Iterator[tuple[str, ...]]:
    """The options with which a server names a CMDB of its own."""
    if engine == "sqlite":
        yield ()
    else:
        with postgres_url() as url:
            yield "--cmdb", url


def revealed(machine: Machine) -> dict[str, str]:
    """Every credential, as a person sees it."""
    found = {}
    for item in machine.does("credential", "list"):
        reference = f"{item['kind']}/{item['name']}"
        found[reference] = machine.does("credential", "show", reference, "--reveal")["secret"]
    return found


def answer(machine: Machine) -> tuple[int, int]:
    """How many credentials would come back, and how many are at risk."""
    totals = machine.run("status", "--json").json["credentials"]
    return totals["recoverable"], totals["at_risk"]


@dataclass(frozen=True)
class Openers:
    """The options that close a key backup, and those that open it."""

    closes: tuple[str, ...]
    opens: tuple[str, ...]


def by_password(old: Machine) -> Openers:
    """Whoever knows the password opens it."""
    option = ("--password-file", old.password)
    return Openers(option, option)


@dataclass(frozen=True)
class Life:
    """What is left of a server: where its archives lie, what the runbook says, and what was in it."""

    place: str
    confirmed: tuple[str, str]
    opens: tuple[str, ...]
    secrets: dict[str, str]


def lived(
    old: Machine, place: str, cmdb: Sequence[str], who: Callable[[Machine], Openers] = by_password
) -> Life:
    """Install, import, back up, drill, edit one credential, back up, and lose the machine. `who` says who
    opens the backups, once there is a server."""
    everything = len(SECRETS)
    old.does("init", "--server-name", "ns01.example.net", "--protector", "file", *cmdb)
    assert old.does("credential", "import", export_of(old))["imported"] == everything
    assert answer(old) == (0, everything)
    old.does("destination", "add", place, "--elsewhere", "a vault in another house")
    openers = who(old)
    old.does("backup", "--to", place, *openers.closes)
    drilled = old.does("drill", "latest", *openers.opens)
    assert drilled["credentials"] == {"opened": everything, "failed": 0}
    assert answer(old) == (everything, 0)

    changed = {**SECRETS, EDITED: "MARKED anew"}
    old.does("credential", "edit", EDITED, "--secret-file", old.file("secret", changed[EDITED]))
    assert answer(old) == (everything - 1, 1), "its row is in no copy"
    old.does("backup", "--to", place)  # asks for nothing: the key backup there holds every key already
    assert answer(old) == (everything, 0)
    life = Life(place, old.confirmed, openers.opens, changed)
    shutil.rmtree(old.home)
    return life


def bring_back(bare: Machine, life: Life, cmdb: Sequence[str]) -> None:
    """A bare machine with the address, what opens a key backup, and the number on the runbook."""
    how = (life.place, "--protector", "file", *cmdb, *life.opens)
    assert bare.run("restore", *how).code == 77, "nobody said whose server key it is"
    ran = bare.run("restore", *how, *life.confirmed)
    assert ran.code == 0, ran.err
    assert f"Every credential opened ({len(life.secrets)})." in ran.err + ran.out
    assert revealed(bare) == life.secrets
    assert bare.run("status", "--json").json["mismatches"] == []
    assert bare.run("audit", "--verify").code == 0
    assert bare.run("verify").code == 0


_GROUPS = {"hierarchy": "Hierarchy", "pcanywhere": "Remote control", "run-as": "Software delivery"}


def export_of(old: Machine) -> str:
    """What KeePassXC exported."""
    lines = ['"Group","Title","Username","Password","URL","Notes"']
    for reference, secret in SECRETS.items():
        kind, _, name = reference.partition("/")
        fields = (_GROUPS[kind], name, "CORP\\svc", secret, _TARGETS[kind], "")
        lines.append(",".join(f'"{field}"' for field in fields))
    return old.file("export.csv", "\n".join(lines) + "\n")
