"""What is wrong, in words: from one row for each kind of finding every output takes its own text.

Which findings there are, how severe they are and what helps is decided in `services.status.findings`.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from nskeys.model.findings import Finding
from nskeys.wording.finding_rows import WORDS, Case
from nskeys.wording.layout import Layout, first_fitting
from nskeys.wording.next_steps import step_command, step_hint
from nskeys.wording.text.terminal import width


class Notice(NamedTuple):
    """A finding on the first screen: a label, a few words, and the key that helps (`b  back up`)."""

    label: str
    text: str
    hint: str
    finding: Finding


def notice(finding: Finding, now: datetime, layout: Layout) -> Notice | None:
    """Return the first words that fit the layout beside the key that helps; None for what is told beside
    the keys."""
    brief = WORDS[finding.kind].brief
    if brief is None:
        return None
    hint = step_hint(finding.next.action) if finding.next else ""
    label, texts = brief(Case(finding, now, layout))
    room = layout.text - (width(hint) + 2 if hint else 0)
    return Notice(first_fitting(layout.notice, label), first_fitting(room, *texts), hint, finding)


def beside_keys(finding: Finding, now: datetime) -> str:
    """Return what is told above the keys; empty for everything else."""
    words = WORDS[finding.kind].beside_keys
    return "" if words is None else words(Case(finding, now))


def finding_sentence(finding: Finding, now: datetime) -> str:
    """Return the whole finding, for a reader who sees nothing else."""
    return WORDS[finding.kind].sentence(Case(finding, now))


def finding_on_paper(finding: Finding, now: datetime) -> str:
    """Return what the runbook says of it; empty for what does not matter once the server is gone."""
    paper = WORDS[finding.kind].paper
    return "" if paper is None else paper(Case(finding, now))


def finding_facts(findings: Iterable[Finding], now: datetime) -> tuple[tuple[str, str], ...]:
    """Return headings and lines for `status`, and behind them each command that helps, once."""
    findings = tuple(findings)
    said = tuple((WORDS[one.kind].heading, _line(one, now)) for one in findings)
    steps = dict.fromkeys(step_command(one.next) for one in findings if one.next is not None)
    return (*said, *(("next", f"'{command}'") for command in steps))


def _line(finding: Finding, now: datetime) -> str:
    words = WORDS[finding.kind]
    return (words.line or words.sentence)(Case(finding, now))
