"""The `nskeys` command: with arguments the command line, without any (or only `--home DIR`) the app, with
`demo` alone the app on a made-up server.

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
    from collections.abc import Callable

    from textual.screen import Screen

    from nskeys.errors import NskeysError
    from nskeys_tui.first_page import FirstPage
    from nskeys_tui.screens.startup import Connected
    from nskeys_tui.screens.startup_error import StartupErrorScreen
    from nskeys_tui.terminal.early import EarlyScreen

_A_BUG = 70
_USAGE = 64
_CANNOT_CREATE = 73


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; return its exit code."""
    keep_memory_private()
    if arguments is None:
        # What is imported stays for good: looking for garbage among it takes as long as importing it. That
        # begins once the app is connected, or a command has long work to do.
        gc.disable()
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given == ["demo"]:
        return _open_demo()
    opens, home = _opens_the_app(given)
    if opens:
        return _open_app(home)
    from nskeys.cli.main import main as command_line

    code = command_line(given)
    if arguments is None:
        gc.freeze()  # the process ends: looking once more through all that was imported would free nothing
    return code


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


def _is_terminal() -> bool:
    if sys.stdin.isatty() and sys.stderr.isatty():
        return True
    sys.stderr.write("nskeys: this is no terminal. For scripts there are commands: 'nskeys --help'.\n")
    return False


def _open_demo() -> int:
    """Run the app on a made-up server, which is gone afterwards; return the exit code."""
    if not _is_terminal():
        return _USAGE
    from nskeys.wording.demo import BANNER, NO_FOLDER, OPENS, TITLE
    from nskeys_tui.demo.folder import DemoFolder

    try:
        folder = DemoFolder()  # before any thread runs: it forks
    except OSError:
        sys.stderr.write(NO_FOLDER)
        return _CANNOT_CREATE
    # What the app offers to save, and what ssh would look up, lies in the demo's own folder.
    os.environ.update({"HOME": str(folder.path), "TMPDIR": str(folder.path)})

    def connect() -> "Connected":
        from nskeys_tui.demo.sample import demo_server
        from nskeys_tui.screens.startup import sighted

        return sighted(demo_server(folder.path))

    _quieten_textual(os.environ)
    return _run(connect, None, folder.end, TITLE, f"{BANNER} {OPENS}")


def _open_app(home: str | None) -> int:
    """Run the full-screen app on a terminal and return the exit code."""
    if not _is_terminal():
        return _USAGE
    _quieten_textual(os.environ)
    from functools import partial

    from nskeys_tui.first_page import FirstPage

    first = FirstPage(home)
    try:
        first.show()
        return _run(partial(_connect, first), first.screen)
    finally:
        first.put_back()


def _run(
    connect: "Callable[[], Connected]",
    early: "EarlyScreen | None",
    afterwards: "Callable[[], None]" = lambda: None,
    title: str = "nskeys",
    banner: str = "",
) -> int:
    """Run the app, which takes over what is on the screen already, and return the exit code. `connect` is
    called in a thread once the first screen is painted, `afterwards` when everything is closed."""
    import asyncio
    from contextlib import ExitStack
    from functools import partial

    from nskeys_tui.app import NskeysApp, Opening
    from nskeys_tui.keyboard import read_any_bytes
    from nskeys_tui.leaving import Leaving

    read_any_bytes()
    loop, on_exit = asyncio.new_event_loop(), ExitStack()
    on_exit.callback(afterwards)

    def arrive(found: "Connected") -> "Screen[None]":
        from nskeys_tui.screens import startup

        session, screen = startup.arrive(app, found)
        on_exit.callback(session.close)
        return screen

    leaving = Leaving(loop, early.modes if early else None)
    opening = Opening(partial(_collected, connect), arrive, _refused, title, banner)
    app = NskeysApp(opening, leaving.at_the_latest)
    if early is not None:
        app.take_over(early)
    leaving.on_signals(app.exit)
    app.run(mouse=False, loop=loop)
    return leaving.end(app.return_code or 0, on_exit.close)


def _connect(first: "FirstPage") -> "Connected":
    """Look at the home, as far as the first page did not. Runs in a thread, after the first paint, because
    the imports take time."""
    from nskeys_tui.screens.startup import shown, sighted

    services = first.connected()
    return sighted(services) if first.page is None else shown(services, first.page.overview)


def _collected(connect: "Callable[[], Connected]") -> "Connected":
    """Connect, then let garbage be collected again."""
    try:
        return connect()
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
