"""Every field of every kind has a label and a line of help that is true to the model."""

import pytest

from nskeys.model.credentials import CredentialFields, CredentialKind, check_fields
from nskeys.wording.fields import field_help, field_label, kind_help
from nskeys.wording.text.terminal import width

FIELDS = [*CredentialFields._fields, "secret"]


@pytest.mark.parametrize("kind", list(CredentialKind))
@pytest.mark.parametrize("field", FIELDS)
def test_every_field_has_a_label_and_one_short_line_of_help(kind: CredentialKind, field: str) -> None:
    assert 0 < width(field_label(field)) <= 10
    assert 0 < width(field_help(kind, field)) <= 52
    assert not field_help(kind, field).endswith(".")
    assert kind_help(kind).startswith("to ")


def test_the_examples_in_the_help_are_valid() -> None:
    check_fields(CredentialKind.HIERARCHY, "a", "https://ns02.example.net", "DOMAIN\\user")
    check_fields(CredentialKind.PCANYWHERE, "a", "host:5631", "caller")
    check_fields(CredentialKind.RUN_AS, "a", "finance-*", "DOMAIN\\user")


def test_a_field_that_the_model_does_not_know_is_shown_safely() -> None:
    assert field_label("\x1b[2J") == "\\x1b[2J"
    assert field_help(CredentialKind.RUN_AS, "otp") == ""
