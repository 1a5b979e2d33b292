"""The shape of a table of wordings."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from nskeys.errors import NskeysError
from nskeys.wording.text.sentence import Sentence

Table: TypeAlias = Mapping[type[NskeysError], Callable[[Any], Sentence]]
"""A class and the function that words it; the function takes that class and no other."""
