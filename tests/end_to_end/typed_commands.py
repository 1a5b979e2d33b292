"""Commands one after the other in one process, to be watched from outside: `python typed_commands.py FILE`.

FILE holds a JSON list of argument lists. Standard output and error are the commands' own; the exit codes go
to FILE.codes.
"""

import json
import sys
from pathlib import Path

from nskeys.cli.main import main
from tests.fakes.command_line import connect_cheaply

if __name__ == "__main__":
    commands = Path(sys.argv[1])
    codes = [int(main(argv, connect_cheaply)) for argv in json.loads(commands.read_text())]
    commands.with_suffix(".codes").write_text(json.dumps(codes))
