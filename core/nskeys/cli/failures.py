"""Credentials that did not open, as a list to work through: what must be re-entered, and where."""

from nskeys.cli.output import Output
from nskeys.model.plans import ProofReport
from nskeys.wording.labels import failure_words, kind_name

_HEADINGS = ("kind", "name", "target", "account", "id", "why")


def tell_failures(output: Output, proof: ProofReport, *, apart: bool = False) -> None:
    """A table of them, behind an empty line where it stands `apart`; nothing where all opened."""
    if apart and proof.failures:
        output.lines([""])
    output.table(
        _HEADINGS,
        (
            (
                kind_name(item.credential.fields.kind),
                item.credential.fields.name,
                item.credential.fields.target,
                item.credential.fields.account,
                item.credential.credential_id[:12],
                failure_words(item.failure) if item.failure else "",
            )
            for item in proof.failures
        ),
    )
