"""Labelled facts: broken into lines, and painted again only where they changed."""

import pytest

from nskeys_tui.widgets.facts import Facts, laid
from tests.tui.stage import SMALL_SIZE, Stage, until

PATH = "/mnt/vault/backups-of-the-notification-servers/of-this-year/ns01-5ac19e2b-20261122T140200Z.zip"
BEFORE = (("File", PATH), ("Where", "elsewhere"), ("Seen", "good"))
AFTER = (("File", "/short.zip"), ("Where", "elsewhere"), ("Seen", "missing"))


def test_what_goes_on_stands_below_itself() -> None:
    lines = laid(BEFORE, 40)
    assert [label for label, _ in lines] == ["File    ", " " * 8, " " * 8, "Where   ", "Seen    "]
    assert "".join(words for _, words in lines[:3]) == PATH


@pytest.mark.parametrize("fixed", [True, False])
async def test_other_facts_take_the_place_of_those_before(fixed: bool) -> None:
    facts = Facts(BEFORE)
    if fixed:
        facts.styles.height = 5
    stage = Stage(facts, size=SMALL_SIZE)
    async with stage.play() as pilot:
        await stage.settled(pilot)
        assert stage.lines()[3] == "Seen    good"
        facts.pairs = AFTER
        await until(pilot, lambda: stage.lines()[2] == "Seen    missing")
        assert stage.lines()[:4] == ["File    /short.zip", "Where   elsewhere", "Seen    missing", ""]
        facts.pairs = BEFORE
        await until(pilot, lambda: stage.lines()[3] == "Seen    good")
        assert "".join(line[8:] for line in stage.lines()[:2]) == PATH
        facts.pairs = ()
        await until(pilot, lambda: not any(stage.lines()))
