"""What monitoring reads: a plugin's line by the guidelines, and an exposition by Prometheus' own parser."""

import re
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

_LABEL = r"'[^'=]+'|[^'=\s]+"
_NUMBER = r"-?\d+(?:\.\d+)?"
_RANGE = rf"@?(?:(?:{_NUMBER}|~):)?(?:{_NUMBER})?"
_ITEM = re.compile(
    rf"(?P<label>{_LABEL})=(?:(?P<value>{_NUMBER})(?P<unit>s|%|B|c)?|U)"
    rf"(?:;(?P<warn>{_RANGE}))?(?:;(?P<crit>{_RANGE}))?(?:;(?P<min>{_NUMBER})?)?(?:;(?P<max>{_NUMBER})?)?"
)
"""https://www.monitoring-plugins.org/doc/guidelines.html, "Performance data"."""

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@dataclass(frozen=True)
class PluginLine:
    """A plugin's answer: `SERVICE STATE: words | data`; a number that is not known is None."""

    state: str
    words: str
    data: dict[str, float | None]


def plugin_line(text: str) -> PluginLine:
    """The answer, or an AssertionError where the guidelines allow no such line."""
    assert text.endswith("\n")
    assert text.count("\n") == 1, "one line"
    said, _, data = text.rstrip("\n").partition(" | ")
    assert "|" not in said + data
    head = re.match(r"NSKEYS (OK|WARNING|CRITICAL|UNKNOWN): (.+)", said)
    assert head, said
    items = {}
    for item in data.split():
        found = _ITEM.fullmatch(item)
        assert found, item
        items[found["label"]] = None if found["value"] is None else float(found["value"])
    return PluginLine(head[1], head[2], items)


def samples(text: str) -> Samples:
    """Every sample by its name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
