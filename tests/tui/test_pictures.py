"""The pictures in `screenshots/` show the program as it is. `python -m tests.tui.pictures` draws them."""

import re
from collections.abc import Iterator

import pytest

from tests.tui.moving_picture import STORY, story
from tests.tui.pictures import FOLDER, PICTURES, Picture, draw, one_time_zone, signature, svg_checksum


@pytest.fixture(autouse=True)
def _one_time_zone() -> Iterator[None]:
    with one_time_zone():
        yield


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
async def test_a_picture_shows_the_program_as_it_is(picture: Picture) -> None:
    lines, svg = await draw(picture)
    kept = (FOLDER / f"{picture.name}.svg").read_text(encoding="utf-8")
    assert svg == kept, "\n".join(["the program now shows:", *lines])


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_png_was_drawn_from_its_svg(picture: Picture) -> None:
    kept = (FOLDER / f"{picture.name}.svg").read_text(encoding="utf-8")
    assert signature((FOLDER / f"{picture.name}.png").read_bytes()) == svg_checksum(kept)


def test_there_are_no_pictures_that_nobody_draws() -> None:
    drawn = {f"{picture.name}{ending}" for picture in PICTURES for ending in (".svg", ".png")}
    assert {path.name for path in FOLDER.iterdir()} == drawn | {STORY.name}


async def test_the_moving_picture_shows_the_program_as_it_is() -> None:
    assert await story() == STORY.read_text(encoding="utf-8")


def test_the_moving_picture_is_small_fetches_nothing_and_can_stand_still() -> None:
    kept = STORY.read_text(encoding="utf-8")
    assert len(kept.encode()) < 200_000
    assert "<script" not in kept
    assert re.findall(r"href|src=|@import|url\((?!#)", kept) == []
    assert (
        "@media (prefers-reduced-motion: reduce) { .s { animation: none } .s0 { visibility: visible } }"
        in kept
    )
