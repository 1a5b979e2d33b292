"""RESTORE.txt: for whoever has to bring a server's credentials back and was not there.

Each version of the format has a template of its own, and none of them ever changes
(core/decisions/0002-words-of-the-archive.md).
"""

from nskeys.archive.restore_text_1 import restore_text_1
from nskeys.archive.restore_text_2 import restore_text_2
from nskeys.model.backup import Facts


def restore_text(facts: Facts) -> bytes:
    """The whole file, UTF-8 with line feeds. `facts.members` plays no part in it."""
    return restore_text_1(facts) if facts.format == 1 else restore_text_2(facts)
