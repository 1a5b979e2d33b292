"""The words while an answer is awaited, and where leaving loses something."""

WORKING = "Working …"
CANNOT_STOP = "cannot be stopped here; Ctrl+Q twice leaves"
STOPPING = "Stopping at the next safe place …"
NOT_STOPPING = f"What runs now {CANNOT_STOP}."

LEAVE = "Leave nskeys"
LEAVE_SHEET = "Leave the sheet"
LEAVE_QUESTION = "What you typed is not saved. Leave all the same?"
LEAVE_YES, LEAVE_NO = "Yes, leave", "No, go on typing"
BUSY = "Work is under way: Esc stops it safely, Ctrl+Q again leaves now."
WAITING = "An answer is awaited: Ctrl+Q again leaves without it."
FIRST_WORDS = " If this server died now   looking …"
"""Shown before anything was read."""


def not_utf8(wrong: bytes) -> str:
    """Return what was dropped, and how to set a terminal right."""
    named = " ".join(f"0x{byte:02X}" for byte in wrong[:4]) + (" …" if len(wrong) > 4 else "")
    return f"The terminal sent what is not UTF-8 ({named}): dropped. Set the terminal to UTF-8."
