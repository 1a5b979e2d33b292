"""`--recipient R`: a recipient as it stands, or a file of them. Both are public."""

from collections.abc import Iterator, Sequence

from nskeys.archive.age.limits import RECIPIENT_LIMIT, RECIPIENTS_LIMIT
from nskeys.cli.files import read_text_input
from nskeys.cli.secret_files import guard
from nskeys.errors import FileUnreadable, RecipientRefused

_LIMIT = RECIPIENTS_LIMIT * RECIPIENT_LIMIT
_AS_IT_STANDS = ("age1", "ssh-", "ecdsa-", "sk-", "AGE-", "age-secret")


def recipients_of(values: Sequence[str]) -> tuple[str, ...]:
    """Every recipient in its one spelling; RecipientRefused, FileUnreadable."""
    return tuple(text for value in values for text in _recipients(value))


def _recipients(value: str) -> Iterator[str]:
    from nskeys.archive.age.recipients import parse_recipient, parse_recipients

    if value.startswith(_AS_IT_STANDS) or "PRIVATE KEY" in value:
        yield parse_recipient(value).text
        return
    data = read_text_input(value, _LIMIT, guard(value, secret=False))
    if len(data) > _LIMIT:
        raise FileUnreadable(value, "too_large")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise RecipientRefused(value, "none") from None
    for recipient in parse_recipients(text, value):
        yield recipient.text
