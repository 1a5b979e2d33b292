"""References of KeePass to fields of other entries: `{REF:P@I:46C9B1FFBD4ABC4BBB260C6190BAD20C}`.

The first letter is the field that is wanted, the second the one that is searched: T title, U account, P
password, A URL, N notes, I the entry's UUID.
"""

import base64
import re
from collections.abc import Iterable, Mapping

_FIELDS = {"T": "name", "U": "account", "P": "secret", "A": "target", "N": "note"}
# KeePass and KeePassXC resolve references on their screens but export them as they are: taken literally,
# the password would be the text "{REF:P@I:...}" and the account would be lost without anybody noticing.
_REFERENCE = re.compile(r"\{REF:([TUPANI])@([TUPANIO]):([^}]+)\}", re.IGNORECASE)
LOOKS_LIMIT = 100
"""References that one field may lead to, one by one."""
_LENGTH_LIMIT = 131_072
"""Characters; twice the longest secret."""


def is_reference(text: str) -> bool:
    """Return whether the text holds a reference to a field of another entry."""
    return "{" in text and _REFERENCE.search(text) is not None


class References:
    """Resolves references among entries, given by UUID (in base64) and fields."""

    def __init__(self, entries: Iterable[tuple[str, Mapping[str, str]]]) -> None:
        known = list(entries)
        self._entries = [texts for _, texts in known]
        self._by_field = {"I": {_hex(identity): [texts] for identity, texts in known if identity}}
        self._left = 0

    def resolved(self, text: str) -> str | None:
        """Return the text with what its references stand for; None where one leads nowhere, to several
        entries, in a circle or to more than LOOKS_LIMIT others."""
        self._left = LOOKS_LIMIT
        return self._resolved(text) if is_reference(text) else text

    def _resolved(self, text: str) -> str | None:
        parts, place = list[str](), 0
        for found in _REFERENCE.finditer(text):
            self._left -= 1
            meant = self._meant(found[1].upper(), found[2].upper(), found[3]) if self._left >= 0 else None
            value = None if meant is None else self._resolved(meant)
            if value is None or len(value) > _LENGTH_LIMIT:
                return None
            parts += [text[place : found.start()], value]
            place = found.end()
        return "".join((*parts, text[place:]))

    def _meant(self, wanted: str, searched: str, key: str) -> str | None:
        found = self._index(searched).get(key.strip().upper() if searched == "I" else key.casefold(), ())
        return found[0].get(_FIELDS.get(wanted, "")) if len(found) == 1 else None

    def _index(self, searched: str) -> Mapping[str, list[Mapping[str, str]]]:
        """Return the entries by what stands in the field that is searched."""
        if searched not in self._by_field:
            index: dict[str, list[Mapping[str, str]]] = {}
            for texts in self._entries:
                index.setdefault(texts.get(_FIELDS.get(searched, ""), "").casefold(), []).append(texts)
            self._by_field[searched] = index
        return self._by_field[searched]


def _hex(identity: str) -> str:
    try:
        return base64.b64decode(identity).hex().upper()
    except ValueError:
        return identity
