"""`nskeys schema` prints the JSON Schema of every document, and what keeps to none is told apart."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, ValidationError

from nskeys.cli import commands
from nskeys.cli.schemas.documents import DOCUMENTS
from tests.fakes.command_line import Machine

_COMMANDS = Path(commands.__file__).parent


def test_alone_it_prints_the_names(machine: Machine) -> None:
    assert machine.run("schema").out.split() == list(DOCUMENTS)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_schema_is_one_and_names_its_document(machine: Machine, name: str) -> None:
    schema = json.loads(machine.run("schema", name).out)
    Draft202012Validator.check_schema(schema)
    assert schema["properties"]["schema"] == {"const": f"nskeys/{name}/1"}
    assert "schema" in schema["required"]


def test_a_name_that_there_is_not_is_refused(machine: Machine) -> None:
    ran = machine.run("schema", "statsu")
    assert ran.code == 64
    assert "'nskeys schema' prints the names" in ran.err


def test_a_document_that_lacks_a_member_or_has_a_strange_token_does_not_keep_to_it(server: Machine) -> None:
    schema = Draft202012Validator(json.loads(server.run("schema", "status").out))
    document = json.loads(server.run("status", "--json").out)
    schema.validate(document)
    schema.validate({**document, "added_later": 1})
    for changed in (
        {**document, "schema": "nskeys/status/2"},
        {**document, "taken": "yesterday"},
        {**document, "due": ["soon"]},
        {name: value for name, value in document.items() if name != "keys"},
    ):
        with pytest.raises(ValidationError):
            schema.validate(changed)


def test_every_document_that_a_command_prints_has_a_schema() -> None:
    written = "".join(path.read_text("utf-8") for path in _COMMANDS.glob("*.py"))
    named = re.findall(r'(?:output\.(?:document|array)|document_text)\(\s*"([a-z-]+)"', written)
    assert set(named) == set(DOCUMENTS)
    assert len(named) == len(re.findall(r"output\.(?:document|array)\(|document_text\(", written))
