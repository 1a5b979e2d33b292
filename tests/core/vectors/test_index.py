"""Every vector of the index gives its outcome in the program."""

import json

import pytest

from nskeys.errors import NskeysError
from nskeys.model.signed_json import Malformed
from tests.core.vectors.runners import VECTORS, Line, outcome_of, read

INDEX = json.loads((VECTORS / "index.json").read_text("utf-8"))["vectors"]


@pytest.mark.parametrize("line", INDEX, ids=lambda line: f"{line['files'][0]} {line['note']}")
def test_a_vector_gives_its_outcome(line: Line) -> None:
    if line["expect"] == "refused":
        with pytest.raises((NskeysError, Malformed)) as raised:
            read(line)
        assert outcome_of(raised.value) == line["outcome"]
        return
    gives, told = read(line), line.get("gives", {})
    assert {name: gives[name] for name in told} == told
