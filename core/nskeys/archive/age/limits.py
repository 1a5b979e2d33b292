"""The limits of an age file: its stanzas and recipients, passwords and identity files."""

RECIPIENTS_LIMIT = 100
STANZAS_LIMIT = RECIPIENTS_LIMIT + 1
"""In an age header: one for each recipient, and the writer's own, until the file was read back."""
RECIPIENT_LIMIT = 4_096
"""Characters; post-quantum recipients have about 2,000."""
PASSWORD_LIMIT = 1_024
"""Bytes of UTF-8; a terminal line cannot carry many more to `age`."""
IDENTITY_LIMIT = 64 * 1024
"""Bytes of an identity file; the largest ssh key has about 6,000."""
