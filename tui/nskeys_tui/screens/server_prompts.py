"""Answering a server's questions: whether to trust its host key, and its secret. Then the call is made
again."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

from textual.screen import Screen

from nskeys.errors import HostKeyUnknown, NoCopyMade, NskeysError, ServerSecretWanted
from nskeys.ports import Purpose, SecretRequest
from nskeys.wording.destinations import TRUST_NO, TRUST_TITLE, TRUST_YES, trust_question
from nskeys_tui.dialogs.questions import ConfirmDialog
from nskeys_tui.screens.background import run_in_background
from nskeys_tui.screens.session import Session, ask_secret, show_error

T = TypeVar("T")


async def with_server_access(
    screen: Screen[Any],
    session: Session,
    call: Callable[[], T],
    problems: Callable[[T], Iterable[NskeysError | None]] = lambda _: (),
) -> T | NskeysError:
    """Return the value of a reading service call, made again after each answer to the error that it raises,
    or to the `problems` of its value; its last value or error when nothing more can be answered."""
    while True:
        value = await run_in_background(call)
        wanted = _wanted([value] if isinstance(value, NskeysError) else problems(value))
        if wanted is None or not await answer_server(screen, session, wanted):
            return value


async def answer_server(screen: Screen[Any], session: Session, wanted: NskeysError) -> bool:
    """Return whether a person trusted the server, or gave the secret."""
    destinations = session.services.destinations
    if isinstance(wanted, HostKeyUnknown):
        question = ConfirmDialog(TRUST_TITLE, *trust_question(wanted), yes=TRUST_YES, no=TRUST_NO)
        if not await screen.app.push_screen_wait(question):
            return False
        failed = await session.quickly(partial(destinations.trust, wanted))
        if isinstance(failed, NskeysError):
            show_error(screen.app, TRUST_TITLE, failed)
            return False
        return True
    if isinstance(wanted, ServerSecretWanted):
        request = SecretRequest(Purpose(wanted.wanted), wanted.subject)
        secret = await screen.app.push_screen_wait(ask_secret(request, int(wanted.refused)))
        if secret is None:
            return False
        with secret:
            destinations.give(wanted, secret)
        return True
    return False


def _wanted(problems: Iterable[NskeysError | None]) -> NskeysError | None:
    """Return the first thing that a person can answer."""
    for problem in problems:
        if isinstance(problem, HostKeyUnknown | ServerSecretWanted):
            return problem
        if isinstance(problem, NoCopyMade):
            return _wanted([error for _, error in problem.failures])
    return None
