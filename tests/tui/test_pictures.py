"""The pictures in `screenshots/` show the program as it is. `python -m tests.tui.pictures` draws them."""

from collections.abc import Iterator

import pytest

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
    assert {path.name for path in FOLDER.iterdir()} == drawn
