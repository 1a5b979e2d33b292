"""The user's own folder."""

from pathlib import Path


def own_folder() -> Path:
    """Return the user's home; `/` for a number without a name, as in a container."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/")
