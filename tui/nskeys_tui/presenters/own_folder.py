"""Where whoever runs this keeps files of their own."""

from pathlib import Path


def own_folder() -> Path:
    """Their home; `/` for a number without a name, as in a container."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/")
