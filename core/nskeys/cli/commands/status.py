"""`nskeys status`: if this server died now, which credentials would come back?"""

import json
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from nskeys.cli import documents
from nskeys.cli.exit_codes import exit_for_findings
from nskeys.cli.grammar.parser import UsageProblem
from nskeys.cli.nagios import nagios_failure, nagios_line
from nskeys.cli.prometheus import failed_metrics, metrics
from nskeys.cli.session import Session
from nskeys.cli.status_text import status_text
from nskeys.errors import NotSetUp, NskeysError
from nskeys.files import replace_behind
from nskeys.services.status.findings import findings_of
from nskeys.wording.errors import UNFORESEEN, say
from nskeys.wording.reports import remembered_line

if TYPE_CHECKING:
    from nskeys.bootstrap import Services
    from nskeys.services.status.overview import Overview

_READABLE = 0o644
"""Of `--output`: an exporter runs as another user."""

Form = Callable[["Services", "Overview"], str]


def run(session: Session, options: Namespace) -> int:
    if session.output.as_json and (options.prometheus or options.nagios):
        raise UsageProblem("--json, --prometheus and --nagios exclude one another", options.command)
    try:
        services = session.services()
        overview = services.recoverability.overview()
        text = _form(session, options)(services, overview)
    except Exception as error:
        _publish(session, options, _failure(options, error))
        if isinstance(error, NotSetUp):
            _say_remembered(session)
        raise
    _publish(session, options, text)
    return exit_for_findings(findings_of(overview))


def _form(session: Session, options: Namespace) -> Form:
    if session.output.as_json:
        return _json
    if options.prometheus:
        return _metrics
    return _nagios if options.nagios else status_text


def _json(services: "Services", overview: "Overview") -> str:
    cmdb = services.about.cmdb
    return json.dumps(documents.status(overview, cmdb), indent=2) + "\n"


def _metrics(services: "Services", overview: "Overview") -> str:
    return metrics(overview, services.about.cmdb_id())


def _nagios(_: "Services", overview: "Overview") -> str:
    return nagios_line(overview)


def _failure(options: Namespace, error: Exception) -> str:
    """Return what monitoring gets where there is no answer; empty for text and JSON."""
    if options.prometheus:
        return failed_metrics()
    sentence = say(error) if isinstance(error, NskeysError) else UNFORESEEN
    return nagios_failure(sentence.what) if options.nagios else ""


def _say_remembered(session: Session) -> None:
    """Say which backup to look for where a copied database waits for its keys."""
    for copy in session.services().set_up.look().remembered[:1]:
        session.output.say(remembered_line(copy))


def _publish(session: Session, options: Namespace, text: str) -> None:
    if not text:
        return
    if options.output is None:
        session.output.text(text)
    else:
        replace_behind(Path(options.output), text.encode("utf-8"), mode=_READABLE)
