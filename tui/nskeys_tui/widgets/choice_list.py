"""A list to choose one item from, or several: Up, Down or a first letter moves, Space marks where several
can be chosen, Enter chooses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import ClassVar

from textual import events
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from nskeys.wording.text.terminal import broken, pad, width
from nskeys_tui.widgets.room import Room

_LEAST = 10
"""Cells of a line, however narrow the list is."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice: `label` in a few words, and in a quiet style its meaning: `detail` on a line below, or
    `aside` on the same line."""

    key: str
    label: str
    detail: str = ""
    aside: str = ""


class ChoiceList(Widget, can_focus=True):
    """Draws `▸ label` for the one under the cursor; all choices are visible, so keep them few."""

    DEFAULT_CSS = """
    ChoiceList { height: auto; min-height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,left,k", "move(-1)", show=False),
        Binding("down,right,j", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home,g", "edge(-1)", show=False),
        Binding("end,G", "edge(1)", show=False),
        Binding("space", "mark", "Mark", tooltip="Take this one too, with every other that is marked"),
        Binding("enter", "choose", "Choose", tooltip="Take the choice that is marked"),
    ]

    @dataclass
    class FromList(Message):
        """A message of a list, which `@on` can select by the list's id."""

        choices: "ChoiceList"
        key: str

        @property
        def control(self) -> "ChoiceList":
            return self.choices

    @dataclass
    class Chosen(FromList):
        """Enter was pressed on this choice."""

    @dataclass
    class Highlighted(FromList):
        """The cursor moved to this choice."""

    cursor: reactive[int] = reactive(0, init=False)

    def __init__(
        self,
        choices: Sequence[Choice],
        *,
        cursor: int = 0,
        id: str | None = None,
        focusable: bool = True,
        marks: Mapping[str, bool] = MappingProxyType({}),
        searches: bool = True,
    ) -> None:
        """`marks` says of each choice that can be marked, by its key, whether it is; with `searches` a
        letter moves to the next choice that begins with it."""
        super().__init__(id=id)
        self._markable = frozenset(marks)
        self.marked = frozenset(key for key, marked in marks.items() if marked)
        self.choices = tuple(choices)
        self.can_focus = focusable
        self._searches = searches
        self._airy = False
        self.set_reactive(ChoiceList.cursor, cursor)

    @property
    def key(self) -> str | None:
        """The key of the choice under the cursor; None for an empty list."""
        return self.choices[self.cursor].key if self.choices else None

    def show(self, choices: Sequence[Choice], *, cursor: int = 0) -> None:
        self.choices = tuple(choices)
        self.set_reactive(ChoiceList.cursor, self.validate_cursor(cursor))
        self.refresh(layout=True)

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor inside the list."""
        return max(0, min(cursor, len(self.choices) - 1))

    def watch_cursor(self) -> None:
        """Post Highlighted, and scroll to the cursor."""
        self.bring_into_view()
        if (key := self.key) is not None:
            self.post_message(self.Highlighted(self, key))

    def action_move(self, by: int) -> None:
        """Move to the next or the previous choice, without wrapping around; at the ends the key is the
        screen's, which scrolls the words above the list."""
        self._go(self.cursor + by)

    def action_page(self, by: int) -> None:
        """Move by as many choices as are seen; a list that is seen whole leaves the key to the screen."""
        whole, seen = self.size.height, self.parent.size.height if isinstance(self.parent, Widget) else 0
        if not 0 < seen < whole:
            raise SkipAction
        self._go(self.cursor + by * max(1, len(self.choices) * seen // whole - 1))

    def action_edge(self, towards: int) -> None:
        """Move to the first or the last choice."""
        self._go(0 if towards < 0 else len(self.choices) - 1)

    def _go(self, cursor: int) -> None:
        if (cursor := self.validate_cursor(cursor)) == self.cursor:
            raise SkipAction
        self.cursor = cursor

    def action_choose(self) -> None:
        """Choose what is under the cursor."""
        if (key := self.key) is not None:
            self.post_message(self.Chosen(self, key))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return bool(self._markable) if action == "mark" else super().check_action(action, parameters)

    def action_mark(self) -> None:
        """Mark or unmark what is under the cursor."""
        if self.key in self._markable:
            self.marked ^= {self.key}
            self.refresh()

    def on_key(self, event: events.Key) -> None:
        """Move to the next choice that begins with the letter."""
        letter = event.character or ""
        places = range(self.cursor + 1, self.cursor + 1 + len(self.choices))
        wrapped = (index % len(self.choices) for index in places)
        if self._searches and letter.isalnum() and self.choices:
            found = [n for n in wrapped if self.choices[n].label.casefold().startswith(letter.casefold())]
            if found:
                self.cursor = found[0]
                event.stop()

    def bring_into_view(self) -> None:
        """Scroll the parent to the choice under the cursor, as far as needed."""
        container = self.parent
        if isinstance(container, Widget) and container.allow_vertical_scroll and self.choices:
            heights = [self._height(self._shown(choice), self.size.width) for choice in self.choices]
            above = sum(heights[: self.cursor]) + self.cursor * self._airy
            region = Region(0, self.virtual_region.y + above, 1, heights[self.cursor])
            container.scroll_to_region(region, animate=False)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        lines = sum(self._height(self._shown(choice), width) for choice in self.choices)
        gaps = max(0, len(self.choices) - 1)
        on_a_screen = isinstance(self.parent, Room) and not self.screen.is_modal
        described = on_a_screen and any(item.detail for item in self.choices)
        # A third of the screen is left to what stands above and below.
        self._airy = described and 3 * (lines + gaps) <= 2 * container.height
        return lines + gaps * self._airy

    def render(self) -> Content:
        return Content("\n\n" if self._airy else "\n").join(
            self._choice(number) for number in range(len(self.choices))
        )

    @property
    def _label_cells(self) -> int:
        """The width of the labels, where something stands beside them."""
        return min(max(width(choice.label) for choice in self.choices) + 2, self.size.width * 3 // 5)

    def _shown(self, choice: Choice) -> Choice:
        """Return the choice with its box, where it can be marked: `[x] label`."""
        if choice.key not in self._markable:
            return choice
        return replace(choice, label=f"[{'x' if choice.key in self.marked else ' '}] {choice.label}")

    def _choice(self, number: int) -> Content:
        choice, here = self._shown(self.choices[number]), number == self.cursor
        room = self.size.width
        style = ("reverse" if self.has_focus or not self.can_focus else "bold") if here else ""
        mark = "▸" if here else " "
        if choice.aside:
            label = f"{pad(f'{mark} {choice.label}', self._label_cells)}  "
            aside = pad(choice.aside, room - width(label))
            return Content.assemble((label, style), (aside, style or "dim"))
        label_lines, detail_lines = _lines(choice, room)
        marks = [mark, *" " * (len(label_lines) - 1)]
        label = "\n".join(
            pad(f"{mark} {line}", room) for mark, line in zip(marks, label_lines, strict=True)
        )
        details = "".join(f"\n  {line}" for line in detail_lines)
        return Content.assemble((label, style), (details, "dim"))

    def _height(self, choice: Choice, cells: int) -> int:
        return 1 if choice.aside else sum(map(len, _lines(choice, cells)))


def _lines(choice: Choice, cells: int) -> tuple[list[str], list[str]]:
    """Return the label's lines and the detail's, indented by two cells; a path is wrapped, not cut."""
    room = max(_LEAST, cells - 2)
    return broken(choice.label, room), broken(choice.detail, room) if choice.detail else []
