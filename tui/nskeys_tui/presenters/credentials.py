"""Credentials as cells of a table and as lines of a page."""

from collections.abc import Iterator
from datetime import datetime

from nskeys.model.credentials import Credential
from nskeys.model.recoverability import CredentialCoverage, RecoveryState
from nskeys.wording.credentials import (
    EMPTY_SECRET,
    SHOWN_ESCAPED,
    comes_back,
    dates_words,
    row_comes_back,
    sealed_words,
    secret_length,
    state_words,
)
from nskeys.wording.fields import field_label
from nskeys.wording.labels import kind_name, state_name
from nskeys.wording.text.terminal import safe, safe_lines
from nskeys.wording.text.times import day, since

_STYLES = {RecoveryState.RECOVERABLE: "", RecoveryState.AT_RISK: "warning", RecoveryState.LOST: "error"}


def credential_cells(credential: Credential, state: RecoveryState) -> tuple[str, ...]:
    """Return kind, name, target, account, day of the last change, state, and a mark for one at risk.
    Outside text is made safe."""
    fields = credential.fields
    outside = (safe(text) for text in (fields.name, fields.target, fields.account))
    return (kind_name(fields.kind), *outside, day(credential.updated), state_name(state), state_mark(state))


def state_mark(state: RecoveryState) -> str:
    """Return `!` for a credential at risk, so that its state is not shown by colour alone."""
    return "" if state is RecoveryState.RECOVERABLE else "!"


def state_style(state: RecoveryState) -> str:
    """Return an empty text, `warning` or `error`."""
    return _STYLES[state]


def credential_facts(
    credential: Credential, coverage: CredentialCoverage | None, now: datetime | None = None
) -> tuple[tuple[str, str], ...]:
    """Return every field but the secret, label by label; the lines of a note after the first have none.
    `coverage` is None while it is not known, `now` the moment for which it holds."""
    fields = credential.fields
    note = safe_lines(fields.note) if fields.note else ()
    return (
        (field_label("kind"), kind_name(fields.kind)),
        (field_label("name"), safe(fields.name)),
        (field_label("target"), safe(fields.target)),
        (field_label("account"), safe(fields.account)),
        *((field_label("note") if number == 0 else "", line) for number, line in enumerate(note)),
        ("Added", dates_words(credential.created, credential.updated)),
        ("Sealed", sealed_words(credential)),
        ("State", "…" if coverage is None else state_words(coverage.state, coverage.lacks)),
        *_where_from(coverage, now),
    )


def _where_from(coverage: CredentialCoverage | None, now: datetime | None) -> Iterator[tuple[str, str]]:
    if coverage is None or now is None:
        return
    if coverage.state is RecoveryState.AT_RISK and coverage.exposed_since is not None:
        yield "Exposed", since(coverage.exposed_since, now)
    for number, line in enumerate(comes_back(coverage, now)):
        yield ("" if number else "Key"), line
    for number, line in enumerate(row_comes_back(coverage, now)):
        yield ("" if number else "Row"), line


def secret_lines(secret: str) -> tuple[str, tuple[str, ...]]:
    """Return a message about a shown secret, and the secret's lines."""
    if not secret:
        return EMPTY_SECRET, ()
    lines = tuple(safe_lines(secret))
    as_stored = "\n".join(lines) == secret
    return secret_length(secret) if as_stored else f"{secret_length(secret)}. {SHOWN_ESCAPED}", lines
