"""Every reason that an error can have is told in words of its own, and is raised somewhere."""

import ast
import inspect
from enum import StrEnum
from pathlib import Path

import pytest

import nskeys
from nskeys import reasons
from nskeys.errors import CannotCreate, NskeysError
from nskeys.ports import Purpose
from nskeys.reasons import Problem, ProtectorProblem, SystemProblem, Wanted
from nskeys.wording.errors import say
from nskeys.wording.errors.database import REASONS
from nskeys.wording.problems import problem_text
from tests.core.wording.samples import error_classes, reasons as reasons_of, sample

ENUMS = [
    thing
    for _, thing in inspect.getmembers(reasons, inspect.isclass)
    if issubclass(thing, StrEnum) and thing is not StrEnum
]


@pytest.mark.parametrize("problem", [*Problem, *ProtectorProblem])
def test_every_problem_has_its_clause_or_its_sentence(problem: Problem | ProtectorProblem) -> None:
    spelt_out = f": {problem.replace('_', ' ')}"
    assert problem in REASONS or problem_text(problem) != spelt_out


@pytest.mark.parametrize("cls", error_classes(), ids=lambda cls: cls.__name__)
def test_each_reason_of_an_error_has_words_of_its_own(cls: type[NskeysError]) -> None:
    for name, reason in reasons_of(cls):
        if isinstance(reason, Problem | ProtectorProblem):
            continue  # their words are the same for every error
        is_many = isinstance(getattr(sample(cls, "x"), name), tuple)
        told = str(say(sample(cls, "x", given={name: (reason,) if is_many else reason})))
        assert "_" not in told
        others = {
            str(say(sample(cls, "x", given={name: (other,) if is_many else other})))
            for _, other in reasons_of(cls)
            if other is not reason and type(other) is type(reason)
        }
        assert told not in others


def test_a_rare_error_of_the_system_is_told_in_its_own_words() -> None:
    told = say(CannotCreate("/m", SystemProblem("ENOTBLK"))).what
    assert told.endswith("the operating system says 'block device required' (ENOTBLK).")


def test_whatever_a_secret_is_asked_for_can_be_wanted() -> None:
    assert {purpose.value for purpose in Purpose} <= {wanted.value for wanted in Wanted}


def test_no_reason_is_left_that_nothing_gives() -> None:
    given = {
        f"{node.value.id}.{node.attr}"
        for file in Path(nskeys.__file__).parent.rglob("*.py")
        if "wording" not in file.parts
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    by_value = {"Wanted", "ScheduleProblem", "UnitProblem", "FieldProblem"}
    """Made from another enum's member."""
    left = {f"{enum.__name__}.{name}" for enum in ENUMS for name in enum.__members__} - given
    assert {name for name in left if name.partition(".")[0] not in by_value} == set()
