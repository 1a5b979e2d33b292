"""Text from a command line, an environment or a file system may hold bytes that are none.

Python has such bytes as lone surrogates. They lead back to the file, and have no UTF-8.
"""


def is_text(text: str) -> bool:
    """Whether it can be written down."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def as_text(text: str) -> str:
    """What can be written down of it: each byte that is no text is a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")
