"""Every rule of core/FORMAT.md that refuses has a vector that must be refused, with the rule's outcome."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from nskeys import errors
from nskeys.cli.exit_codes import exit_for
from nskeys.errors import NskeysError
from nskeys.model.credentials import CredentialKind
from nskeys.reasons import IdentityProblem, Opens, Problem, SealProblem, Versioned
from tests.core.vectors.runners import VECTORS, outcome_of
from tests.vectors.entries import OUTCOMES

DOCUMENT = (Path(__file__).parents[3] / "core" / "FORMAT.md").read_text("utf-8")
INDEX = json.loads((VECTORS / "index.json").read_text("utf-8"))["vectors"]
_RULE = re.compile(r"^\| (R-\d+\.\d+) \|.* \| ([^|]+) \|$", re.MULTILINE)
RULES: Mapping[str, str] = dict(_RULE.findall(DOCUMENT))
"""The outcome of each rule; `-` where it refuses nothing."""
_KINDS = {
    "no backup": errors.NotABackup("a"),
    "newer": errors.NewerVersion(Versioned.BACKUP, 2, 1),
    "damaged": errors.BackupDamaged("a", "b", Problem.HASH),
    "not canonical": errors.BackupDamaged("a", "b", Problem.NOT_CANONICAL),
    "forged": errors.BackupForged("a", "b"),
    "not signed": errors.BackupForged("a", "signature"),
    "wrong password": errors.WrongPassword(Opens.BACKUP),
    "other identity": errors.IdentityNotRecipient("a"),
    "does not open": errors.SealDoesNotOpen("a", CredentialKind.RUN_AS, "b", SealProblem.TAMPERED),
    "incomplete": errors.PartsMissing("a", (1,), 2),
    "mixed": errors.PartsMixed("a", "b"),
}
"""An error of each outcome."""


def test_every_rule_stands_once_in_its_section() -> None:
    assert len(RULES) == len(_RULE.findall(DOCUMENT)) > 100
    for section in re.split(r"^## ", DOCUMENT, flags=re.MULTILINE)[1:]:
        number = section.split(".")[0]
        for rule, _ in _RULE.findall(section):
            assert rule.startswith(f"R-{number}."), rule


def test_every_rule_that_is_named_is_there() -> None:
    assert set(re.findall(r"R-\d+\.\d+", DOCUMENT)) == set(RULES)


def test_every_rule_that_refuses_has_its_vector() -> None:
    refusing = {rule for rule, outcome in RULES.items() if outcome != "-"}
    assert refusing - {line["rule"] for line in INDEX if line["expect"] == "refused"} == set()


def test_every_vector_has_the_outcome_of_its_rule() -> None:
    for line in INDEX:
        if line["expect"] == "refused":
            assert RULES[line["rule"]].startswith(line["outcome"]), line


def test_the_outcomes_are_those_of_the_document_with_the_program_s_exit_codes() -> None:
    table = dict(re.findall(r"^\| ([a-z ]+) \| .* \| (\d+) \|$", DOCUMENT, re.MULTILINE))
    assert tuple(table) == OUTCOMES == tuple(_KINDS)
    for outcome, error in _KINDS.items():
        assert outcome_of(error) == outcome
        assert int(table[outcome]) == exit_for(error)
    others: tuple[tuple[NskeysError, str, int], ...] = (
        (errors.SharesIncomplete(1, 2), "incomplete", 77),
        (errors.ConfigurationInvalid("a", Problem.NOT_TOML), "damaged", 78),
        (errors.KeyStoreDamaged("a", Problem.HASH), "damaged", 65),
        (errors.IdentityUnusable("a", IdentityProblem.DAMAGED), "damaged", 65),
        (errors.CopyKeyMissing("a", "b"), "other identity", 77),
        (errors.SharesDisagree(), "mixed", 65),
    )
    for error, outcome, code in others:
        assert (outcome_of(error), exit_for(error)) == (outcome, code)


def test_the_index_names_every_file_and_nothing_else() -> None:
    there = {
        str(path.relative_to(VECTORS))
        for folder in ("format-1", "age")
        for path in (VECTORS / folder).rglob("*")
        if path.is_file() and path.name != "README.md"
    }
    assert {name for line in INDEX for name in line["files"]} == there


def test_the_vectors_stay_small() -> None:
    assert sum(path.stat().st_size for path in VECTORS.rglob("*") if path.is_file()) < 5_000_000
