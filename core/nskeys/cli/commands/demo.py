"""`nskeys demo` with options, which it does not take: alone it opens the full-screen app."""

from argparse import Namespace

from nskeys.cli.grammar.parser import UsageProblem
from nskeys.cli.session import Session


def run(_session: Session, options: Namespace) -> int:
    """Refuse what the app itself opens. Raises UsageProblem."""
    raise UsageProblem("the demo opens the full-screen app and takes no options", options.command)
