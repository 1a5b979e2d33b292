"""The app as it is started, `python cheap_app.py HOME`, but that passwords cost next to nothing.

Textual is not imported here: what the program does before it imports it is to be seen.
"""

import sys

from nskeys import bootstrap
from nskeys_tui.__main__ import main
from tests.fakes.command_line import connect_cheaply


def connect(home: str | None = None, cmdb: str | None = None) -> bootstrap.Services:
    """As `bootstrap.connect`."""
    return connect_cheaply(home, cmdb)


if __name__ == "__main__":
    assert "textual" not in sys.modules
    bootstrap.connect = connect  # type: ignore[assignment]  # the app names no environment and no costs
    sys.exit(main(["--home", sys.argv[1]]))
