"""Documents with a signature beside them: the same steps for each kind (sections 8, 11, 12)."""

from typing import Any

from tests.second_reader.canonical import read_document
from tests.second_reader.names import signature_holds
from tests.second_reader.refusal import refuse_unless, under_rule
from tests.second_reader.shapes import Shape


def read_signed(text: str, most: int, shape: Shape, rule: str) -> Any:
    """Read a document as its table says; `rule` is the section's for what is not."""
    data = text.encode("utf-8")
    bound = "R-10.13" if rule == "R-12.1" else "R-10.12"
    refuse_unless(len(data) <= most, "damaged", bound, f"more than {most} bytes")
    with under_rule(rule):
        document = read_document(data)
        shape(document, "document")
    return document


def check_signature(label: str, text: str, signature: bytes | None, public: bytes, rule: str) -> None:
    """Refuse a document whose signature does not hold under its label."""
    holds = signature is not None and signature_holds(label, text.encode("utf-8"), signature, public)
    refuse_unless(holds, "not signed", rule, f"signature as {label}")
