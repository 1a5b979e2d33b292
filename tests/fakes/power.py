"""A disk that loses power: what is on the medium at a moment, as far as the program has made sure of it.

While it is watched, every call that changes something goes to the real files and into a model of them. The
model knows what was synced: a file's content by an fsync of the file, the names in a folder by an fsync of
the folder. A power cut leaves at least that; what else arrived is chance, and some of it is played out.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, TypeAlias

import pytest


class Luck(Enum):
    """What of the unsynced arrived."""

    NOTHING_MORE = "nothing more"
    NAMES_WITHOUT_CONTENT = "every name, but no content"
    SOME_NAMES = "the first, third, ... change of a name"
    OTHER_NAMES = "the second, fourth, ... change of a name"

    def arrived(self, number: int) -> bool:
        """Whether the unsynced change of a name with this number (from 0) is on the medium."""
        match self:
            case Luck.NOTHING_MORE:
                return False
            case Luck.NAMES_WITHOUT_CONTENT:
                return True
            case Luck.SOME_NAMES:
                return number % 2 == 0
            case Luck.OTHER_NAMES:
                return number % 2 == 1


@dataclass
class _File:
    content: bytes = b""
    synced: bytes = b""


@dataclass
class _Folder:
    names: dict[str, "_Node"] = field(default_factory=dict)
    synced: dict[str, "_Node"] = field(default_factory=dict)

    def unsynced(self) -> list[str]:
        """The names that came, went or changed since the last sync."""
        every = sorted(self.names.keys() | self.synced.keys())
        return [name for name in every if self.names.get(name) is not self.synced.get(name)]


_Node: TypeAlias = _File | _Folder
_Change = Callable[..., object]


class Disk:
    """A model of everything below `root`, which all lies on the medium at first. `look` is called before
    every change that is made to it."""

    def __init__(self, root: Path, look: Callable[["Disk"], None]) -> None:
        self._root = root
        self._look = look
        self._looking = False
        self._top = _found(root)
        self._open: dict[int, _Node] = {}

    def leave(self, target: Path, luck: Luck) -> None:
        """Write into `target` what a power cut at this moment leaves."""
        _leave(self._top, target, luck)

    @contextmanager
    def watched(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Inside, what the program does to the disk is seen."""
        changes: dict[str, _Change] = {
            "write": self._written,
            "fsync": self._synced,
            "link": self._linked,
            "rename": self._renamed,
            "replace": self._renamed,
            "unlink": self._removed,
            "rmdir": self._removed,
            "mkdir": self._made,
        }
        with monkeypatch.context() as patch:
            for name, change in changes.items():
                patch.setattr(os, name, self._noting(getattr(os, name), change))
            patch.setattr(os, "open", self._opening(os.open))
            yield

    def _noting(self, call: Callable[..., Any], change: _Change) -> Callable[..., Any]:
        def noting(*arguments: Any, **options: Any) -> Any:
            if self._looking:
                return call(*arguments, **options)
            self._looking = True
            self._look(self)
            self._looking = False
            result = call(*arguments, **options)
            change(*arguments)
            return result

        return noting

    def _opening(self, call: Callable[..., int]) -> Callable[..., int]:
        def opening(path: Any, flags: int, *more: Any) -> int:
            descriptor = call(path, flags, *more)
            if not self._looking and self._holds(path):
                if flags & os.O_CREAT:
                    self._folder(path).names.setdefault(Path(path).name, _File())
                self._open[descriptor] = self._at(path)
            return descriptor

        return opening

    def _written(self, descriptor: int, data: bytes) -> None:
        node = self._open[descriptor]
        assert isinstance(node, _File)
        node.content += bytes(data)

    def _synced(self, descriptor: int) -> None:
        node = self._open[descriptor]
        if isinstance(node, _File):
            node.synced = node.content
        else:
            node.synced = dict(node.names)

    def _linked(self, source: Any, target: Any) -> None:
        self._folder(target).names[Path(target).name] = self._at(source)

    def _renamed(self, source: Any, target: Any) -> None:
        self._folder(target).names[Path(target).name] = self._folder(source).names.pop(Path(source).name)

    def _removed(self, path: Any) -> None:
        del self._folder(path).names[Path(path).name]

    def _made(self, path: Any, *_: Any) -> None:
        self._folder(path).names[Path(path).name] = _Folder()

    def _holds(self, path: Any) -> bool:
        return Path(path).is_relative_to(self._root)

    def _folder(self, path: Any) -> _Folder:
        node = self._at(Path(path).parent)
        assert isinstance(node, _Folder)
        return node

    def _at(self, path: Any) -> _Node:
        node: _Node = self._top
        for name in Path(path).relative_to(self._root).parts:
            assert isinstance(node, _Folder)
            node = node.names[name]
        return node


def _found(path: Path) -> _Node:
    if path.is_file():
        data = path.read_bytes()
        return _File(data, data)
    names = {entry.name: _found(entry) for entry in path.iterdir()}
    return _Folder(names, dict(names))


def _leave(node: _Node, target: Path, luck: Luck) -> None:
    if isinstance(node, _File):
        target.write_bytes(node.synced)
        return
    target.mkdir()
    names = dict(node.synced)
    for number, name in enumerate(node.unsynced()):
        if luck.arrived(number):
            names.pop(name, None)
            if name in node.names:
                names[name] = node.names[name]
    for name, inner in names.items():
        _leave(inner, target / name, luck)
