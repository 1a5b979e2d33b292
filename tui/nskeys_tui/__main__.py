"""The `nskeys` command: with arguments the command line, without any (or only `--home DIR`) the app.

Textual is imported only when the app is opened, and only after the variables that could make it write to a
file or show locals were taken out of the environment.
"""

import gc
import os
import sys
from collections.abc import MutableMapping, Sequence

from nskeys.private_memory import keep_memory_private

TYPE_CHECKING = False  # known to type checkers; importing `typing` for it would cost `--version` a tenth
if TYPE_CHECKING:
    from textual.screen import Screen

    from nskeys.errors import NskeysError
    from nskeys_tui.screens.startup import Connected
    from nskeys_tui.screens.startup_error import StartupErrorScreen

_A_BUG = 70
_USAGE = 64


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; return its exit code."""
    keep_memory_private()
    given = list(sys.argv[1:] if arguments is None else arguments)
    opens, home = _opens_the_app(given)
    if opens:
        return _open_app(home)
    from nskeys.cli.main import main as command_line

    return command_line(given)


def _opens_the_app(arguments: Sequence[str]) -> tuple[bool, str | None]:
    """Return whether these arguments open the app, and the home they name."""
    match arguments:
        case []:
            return True, None
        case ["--home", home] if home:
            return True, home
        case [only] if only.startswith("--home=") and only != "--home=":
            return True, only.removeprefix("--home=")
    return False, None


def _open_app(home: str | None) -> int:
    """Return the full-screen app, on a terminal."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        sys.stderr.write("nskeys: this is no terminal. For scripts there are commands: 'nskeys --help'.\n")
        return _USAGE
    _quieten_textual(os.environ)
    # What is imported stays for good: looking for garbage among it takes as long as importing it.
    gc.disable()
    import asyncio
    from contextlib import ExitStack
    from functools import partial

    from nskeys_tui.app import NskeysApp, Opening
    from nskeys_tui.keyboard import read_any_bytes
    from nskeys_tui.leaving import Leaving

    read_any_bytes()
    loop, on_exit = asyncio.new_event_loop(), ExitStack()

    def arrive(found: "Connected") -> "Screen[None]":
        from nskeys_tui.screens import startup

        session, screen = startup.arrive(app, found)
        on_exit.callback(session.close)
        return screen

    leaving = Leaving(loop)
    app = NskeysApp(Opening(partial(_connect, home), arrive, _refused), leaving.at_the_latest)
    leaving.on_signals(app.exit)
    app.run(mouse=False, loop=loop)
    return leaving.end(app.return_code or 0, on_exit.close)


def _connect(home: str | None) -> "Connected":
    """Build the services and look at the home. Runs in a thread, after the first paint, because the imports
    take time."""
    try:
        from nskeys_tui.screens.startup import connected

        return connected(home)
    finally:
        gc.freeze()
        gc.enable()


def _refused(error: "NskeysError") -> "StartupErrorScreen":
    from nskeys_tui.screens.startup_error import StartupErrorScreen

    return StartupErrorScreen(error)


def _quieten_textual(environment: MutableMapping[str, str]) -> None:
    """Take out every variable that Textual obeys: some make it write key presses, and with them passwords,
    or pictures of the screen, to a file. Then switch off features that only cost bytes."""
    for name in [name for name in environment if name == "TEXTUAL" or name.startswith("TEXTUAL_")]:
        del environment[name]
    environment.update({"TEXTUAL_ANIMATIONS": "none", "TEXTUAL_SMOOTH_SCROLL": "0"})


if __name__ == "__main__":
    sys.exit(main())
