"""Who did it: what the kernel knows of a login session, and what SUDO_USER only says."""

from nskeys.model.audit import NO_SESSION, Actor
from nskeys.wording.text.terminal import safe


def who_word(actor: Actor) -> str:
    """Return text for a column, such as `operator as root`."""
    known = actor.user if actor.login_user in ("", actor.user) else f"{actor.login_user} as {actor.user}"
    return safe(f"{known}, says {actor.claimed}" if actor.claimed else known)


def who_words(actor: Actor) -> str:
    """Return text such as `root, no login session`, as of a timer or a container; nothing is said of
    sessions where the kernel keeps none."""
    if actor.login_uid != NO_SESSION:
        return who_word(actor)
    known = safe(f"{actor.user}, no login session")
    return f"{known}, says {safe(actor.claimed)}" if actor.claimed else known
