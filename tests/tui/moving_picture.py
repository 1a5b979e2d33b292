"""Backup, disaster, restore: one SVG that shows the program's screens one after the other.

Nothing but CSS moves it, so it plays where a README is read; whoever asks for less motion sees its first
screen.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from unittest.mock import patch

from nskeys_tui.screens import restore
from tests.tui.example import PASSWORD, build
from tests.tui.pictures import FOLDER, Step, drawn, typed

STORY = FOLDER / "story.svg"
SIZE = (80, 24)
_SECONDS = 3
"""For which each screen is shown."""
_CAPTION = 44
_FRAME = re.compile(r'<g transform="translate\(9, 41\)"[^>]*>(.*)</g>\s*</svg>', re.DOTALL)
_COLOURS = re.compile(r"\.terminal-(r\d+) (\{[^}]*\})")
_VIEW = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Scene:
    """A step of the story, and the words below its screen; a step without words is not shown."""

    step: Step
    caption: str = ""


BACKUP = (
    Scene(Step((), "12 of 14"), "If this server died now, 2 of 14 credentials would be lost."),
    Scene(Step(("b",), "where to?"), "b backs up: to a place that survives this machine,"),
    Scene(Step(("enter",), "New password")),
    Scene(Step((*typed(PASSWORD), "tab", *typed(PASSWORD)), "•"), "under a password that somebody knows."),
    Scene(Step(("enter",), "this will be written"), "What will be written, before it is."),
    Scene(Step(("enter",), "is complete"), "It was read back and opened before it counts."),
    Scene(Step(("enter",), "14 of 14"), "Now everything would come back."),
)
RESTORE = (
    Scene(Step((), "14 credentials"), "The server died. On new hardware the keys are gone."),
    Scene(Step(("enter",), "what is in it"), "Its backup says what it holds, and what opens it."),
    Scene(Step(("enter",), "Password of the backup")),
    Scene(Step((*typed(PASSWORD), "enter"), "the plan"), "The plan, before anything is changed."),
    Scene(Step(("enter",), "on your runbook"), "Who signed it? A person compares."),
    Scene(Step(("down", "enter"), "What shall bind them")),
    Scene(Step(("enter",), "opened (14)"), "Restored: every credential opened, one by one."),
)
_HERE = (("file", True, None), ("passphrase", True, None))
"""Protectors of a machine without a TPM, whatever machine draws this."""


async def story() -> str:
    """The moving picture."""
    example = build()
    scenes = (*BACKUP, *RESTORE)
    frames = [svg async for _, svg in drawn(example, [scene.step for scene in BACKUP], SIZE)]
    other = example.new_hardware()
    with patch.object(restore, "protectors", lambda: _HERE):
        frames += [svg async for _, svg in drawn(other, [scene.step for scene in RESTORE], SIZE)]
    return _joined([(scene, svg) for scene, svg in zip(scenes, frames, strict=True) if scene.caption])


def _joined(shown: Sequence[tuple[Scene, str]]) -> str:
    view = _VIEW.search(shown[0][1])
    assert view is not None
    width, height = float(view[1]), float(view[2])
    frame = shown[0][1]
    window = frame[frame.index("</defs>") + len("</defs>") : frame.index('<g transform="translate(9, 41)"')]
    groups = []
    colours: dict[str, str] = {}
    for number, (scene, svg) in enumerate(shown):
        names = {name: colours.setdefault(rule, f"c{len(colours)}") for name, rule in _COLOURS.findall(svg)}
        groups.append(_group(number, scene.caption, svg, names, (width, height)))
    rules = "\n".join(f".{name} {rule}" for rule, name in colours.items())
    total, share = len(shown) * _SECONDS, 100 / len(shown)
    delays = "\n".join(
        f".s{number} {{ animation-delay: {number * _SECONDS}s }}" for number in range(len(shown))
    )
    return (
        f'<svg viewBox="0 0 {width:g} {height + _CAPTION:g}" xmlns="http://www.w3.org/2000/svg">\n<style>\n'
        ".screen { font-family: Fira Code, monospace; font-size: 20px; line-height: 24.4px }\n"
        ".terminal-title { font-size: 18px; font-weight: bold; font-family: arial }\n"
        ".caption { font-size: 22px; font-family: arial; fill: #68a0b3; text-anchor: middle }\n"
        f"{rules}\n"
        f".s {{ visibility: hidden; animation: show {total}s step-end infinite }}\n"
        f"@keyframes show {{ 0% {{ visibility: visible }} {share:.4f}% {{ visibility: hidden }} }}\n"
        f"{delays}\n"
        "@media (prefers-reduced-motion: reduce) { .s { animation: none } .s0 { visibility: visible } }\n"
        f"</style>\n{window.strip()}\n{''.join(groups)}</svg>\n"
    )


def _group(number: int, caption: str, svg: str, names: dict[str, str], size: tuple[float, float]) -> str:
    """One screen, with the colours of the whole picture and its caption."""
    found = _FRAME.search(svg)
    assert found is not None
    screen = re.sub(r' clip-path="url\(#terminal-line-\d+\)"| class="terminal-matrix"', "", found[1])
    screen = re.sub(r'class="terminal-(r\d+)"', lambda match: f'class="{names[match[1]]}"', screen)
    screen = _HASH.sub("0123456789abcdef" * 4, screen)  # dice of libraries cannot be loaded
    width, height = size
    return (
        f'<g class="s s{number}"><g class="screen" transform="translate(9, 41)">{screen.strip()}</g>'
        f'<text class="caption" x="{width / 2:g}" y="{height + 30:g}">{caption}</text></g>\n'
    )
