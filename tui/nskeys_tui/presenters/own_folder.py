"""The user's own folder, and the one that nskeys was started in."""

from pathlib import Path


def own_folder() -> Path:
    """Return the user's home; `/` for a number without a name, as in a container."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/")


def started_in() -> Path:
    """Return the folder that nskeys was started in; the user's own where that is gone."""
    try:
        return Path.cwd()
    except OSError:
        return own_folder()
