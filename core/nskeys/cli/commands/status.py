"""`nskeys status`: if this server died now, which credentials would come back?"""

from argparse import Namespace
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nskeys.cli.exit_codes import Exit, exit_for_findings
from nskeys.cli.grammar.parser import UsageProblem
from nskeys.cli.output import document_text
from nskeys.cli.session import Session
from nskeys.errors import NotSetUp, NskeysError
from nskeys.services.status.findings import findings_of

if TYPE_CHECKING:
    from nskeys.bootstrap import Services
    from nskeys.services.status.overview import Overview

_READABLE = 0o644
"""Of `--output`: an exporter runs as another user."""

Form = Callable[["Services", "Overview"], str]


def run(session: Session, options: Namespace) -> int:
    if session.output.as_json and (options.prometheus or options.nagios or options.alert_rules):
        others = "--prometheus, --nagios and --alert-rules"
        raise UsageProblem(f"--json, {others} exclude one another", options.command)
    if options.alert_rules:
        from importlib.resources import files

        _publish(session, options, files("nskeys.cli").joinpath("alert_rules.yml").read_text("utf-8"))
        return Exit.DONE
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
    if options.nagios:
        return _nagios
    from nskeys.cli.status_text import status_text

    return status_text if options.output else partial(status_text, layout=session.output.layout)


def _json(services: "Services", overview: "Overview") -> str:
    from nskeys.cli import answer_documents

    cmdb = services.about.cmdb
    return document_text("status", answer_documents.status(overview, cmdb))


def _metrics(services: "Services", overview: "Overview") -> str:
    from nskeys.cli.prometheus import metrics

    return metrics(overview, services.about.cmdb_id())


def _nagios(_: "Services", overview: "Overview") -> str:
    from nskeys.cli.nagios import nagios_line

    return nagios_line(overview)


def _failure(options: Namespace, error: Exception) -> str:
    """Return what monitoring gets where there is no answer; empty for text and JSON."""
    if options.prometheus:
        from nskeys.cli.prometheus import failed_metrics

        return failed_metrics()
    from nskeys.cli.nagios import nagios_failure
    from nskeys.wording.errors import UNFORESEEN, say

    sentence = say(error) if isinstance(error, NskeysError) else UNFORESEEN
    return nagios_failure(sentence.what) if options.nagios else ""


def _say_remembered(session: Session) -> None:
    """Say which backup to look for where a copied database waits for its keys."""
    from nskeys.wording.reports import remembered_line

    for copy in session.services().set_up.look().remembered[:1]:
        session.output.say(remembered_line(copy))


def _publish(session: Session, options: Namespace, text: str) -> None:
    if not text:
        return
    if options.output is None:
        session.output.text(text)
    else:
        from nskeys.files import replace_behind

        replace_behind(Path(options.output), text.encode("utf-8"), mode=_READABLE)
