"""What can be said on the command line, one file per command; imports the standard library alone."""

from nskeys import __version__

VERSION = f"nskeys {__version__}\n"
"""What `--version` prints."""
