"""The program's screens as pictures: which ones, how they are reached, and how they are drawn.

`python -m tests.tui.pictures` draws them all into `screenshots/`, as SVG and as PNG (Debian's packages
fonts-firacode and fonts-dejavu-core have the fonts). Tests compare the SVG files with what the program
draws today.
"""

import asyncio
import hashlib
import os
import re
import struct
import sys
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from textual.screen import Screen

from nskeys.bootstrap import Services
from nskeys_tui.app import NskeysApp, Opening
from nskeys_tui.screens.first_start import FirstStartScreen
from nskeys_tui.screens.overview import OverviewScreen
from nskeys_tui.screens.session import Session
from nskeys_tui.screens.startup_error import StartupErrorScreen
from tests.tui.example import PASSWORD, Example, build
from tests.tui.stage import text, until

FOLDER = Path(__file__).parents[2] / "screenshots"
_FONTS = Path("/usr/share/fonts/truetype/firacode")
_SIGNS = Path("/usr/share/fonts/truetype/dejavu")
"""Signs that Fira Code does not have (DejaVu Sans Mono)."""
_SIGNED = b"svg-sha256"


@dataclass(frozen=True, slots=True)
class Step:
    """Keys to press, then words to wait for."""

    keys: tuple[str, ...]
    shows: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A screen worth a picture."""

    name: str
    shows: str
    """Words that are there once the first screen is."""
    steps: tuple[Step, ...] = ()
    size: tuple[int, int] = (80, 24)
    new_hardware: bool = False
    """Where the database was copied to, rather than the server itself."""


def typed(words: str) -> tuple[str, ...]:
    return tuple("space" if sign == " " else sign for sign in words)


_RESTORE = (
    Step(("enter",), "what is in it"),
    Step(("enter",), "Password of the backup"),
    Step((*typed(PASSWORD), "enter"), "the plan"),
)
PICTURES = (
    Picture("overview", "12 of 14", (Step((), "deploy-office"),)),
    Picture("overview-60x18", "12 of 14", (Step((), "emea-ns02"),), size=(60, 18)),
    Picture(
        "backup",
        "12 of 14",
        (
            Step(("b",), "where to?"),
            Step(("enter",), "New password"),
            Step((*typed(PASSWORD), "tab", *typed(PASSWORD), "enter"), "this will be written"),
        ),
    ),
    Picture("restore", "14 credentials", _RESTORE, new_hardware=True),
    Picture("first-start", "14 credentials", new_hardware=True),
    Picture("menu", "12 of 14", (Step(("m",), "Register"),)),
    Picture("help", "12 of 14", (Step(("question_mark",), "Help"),)),
    Picture("drill", "12 of 14", (Step(("d",), "which backup?"),)),
)


async def draw(picture: Picture) -> tuple[list[str], str]:
    """The screen's lines, and the picture as SVG."""
    example = build()
    if picture.new_hardware:
        example = example.new_hardware()
    async for lines, svg in drawn(example, (Step((), picture.shows), *picture.steps), picture.size):
        last = lines, svg
    return last


async def drawn(
    example: Example, steps: Sequence[Step], size: tuple[int, int]
) -> AsyncIterator[tuple[list[str], str]]:
    """After each step the screen's lines, and the picture as SVG."""
    app = _app(example)
    async with app.run_test(size=size) as pilot:

        def lines() -> list[str]:
            return [text(strip) for strip in app.screen._compositor.render_strips()]

        def shows(words: str) -> Callable[[], bool]:
            return lambda: any(words in line for line in lines())

        for step in steps:
            await pilot.press(*step.keys)
            try:
                await until(pilot, shows(step.shows))
            except AssertionError:
                raise AssertionError("\n".join([f"never showed {step.shows!r}:", *lines()])) from None
            await pilot.pause(0.2)  # cursors come to rest, strength is judged
            yield lines(), _plain(app.export_screenshot(title="nskeys"))


def _app(example: Example) -> NskeysApp:
    def first(services: Services) -> Screen[None]:
        session = Session(app, services)
        if services.installation.key_store.exists():
            return OverviewScreen(session)
        return FirstStartScreen(session, services.set_up.look())

    app = NskeysApp(Opening(lambda: example.services, first, StartupErrorScreen))
    return app


def _plain(svg: str) -> str:
    """Without what differs each time (the terminal's number) or points to a server (web fonts)."""
    svg = re.sub(r"terminal-\d+", "terminal", svg)
    svg = re.sub(r"\s*@font-face \{.*?\}\n", "\n", svg, flags=re.DOTALL)
    return re.sub(r"<!-- Generated with .*?-->", "", svg)


@contextmanager
def one_time_zone() -> Iterator[None]:
    """Times are shown in the machine's zone; pictures have one of their own."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()


def to_png(svg: str) -> bytes:
    """The picture as PNG, with the SVG's checksum in it."""
    import resvg_py

    svg = svg.replace("Fira Code", "Fira Code, DejaVu Sans Mono")
    data = resvg_py.svg_to_bytes(
        svg_string=svg,
        font_dirs=[str(_FONTS)],
        font_files=[str(path) for path in sorted(_SIGNS.glob("DejaVuSansMono*.ttf"))],
        skip_system_fonts=True,  # what else a machine has must not draw a sign
        monospace_family="Fira Code",
        sans_serif_family="DejaVu Sans Mono",
        width=1200,
    )
    return _signed(bytes(data), svg_checksum(svg))


def svg_checksum(svg: str) -> str:
    """What a PNG says it was drawn from."""
    return hashlib.sha256(svg.replace("Fira Code, DejaVu Sans Mono", "Fira Code").encode()).hexdigest()


def _signed(png: bytes, checksum: str) -> bytes:
    """A tEXt chunk right behind the header chunk (PNG specification, 11.3.4.3)."""
    chunk = b"tEXt" + _SIGNED + b"\x00" + checksum.encode("ascii")
    framed = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return png[:33] + framed + png[33:]


def signature(png: bytes) -> str:
    """The checksum in a PNG; empty where there is none."""
    found = re.search(_SIGNED + b"\x00([0-9a-f]{64})", png)
    return found[1].decode("ascii") if found else ""


def main() -> None:
    """Draw all pictures, or those that are named."""
    with one_time_zone():
        for picture in PICTURES:
            if len(sys.argv) > 1 and picture.name not in sys.argv[1:]:
                continue
            _, svg = asyncio.run(draw(picture))
            (FOLDER / f"{picture.name}.svg").write_text(svg, encoding="utf-8")
            (FOLDER / f"{picture.name}.png").write_bytes(to_png(svg))
            print(picture.name)
        from tests.tui.moving_picture import STORY, story  # which draws with this module

        if len(sys.argv) == 1 or STORY.stem in sys.argv[1:]:
            STORY.write_text(asyncio.run(story()), encoding="utf-8")
            print(STORY.stem)


if __name__ == "__main__":
    main()
