"""A document for a person: on standard output, or in a new file that is named afterwards."""

from nskeys.cli.output import Output
from nskeys.services.user_files import save_text
from nskeys.wording.reports import saved_line


def deliver(output: Output, text: str, path: str | None) -> None:
    """Print it, or write it durably to a file that is not there yet (0600): CannotCreate."""
    if path is None:
        output.text(text)
    else:
        output.say(saved_line(save_text(path, text)))
