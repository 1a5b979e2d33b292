"""How large anything in a backup may be. A reader refuses more before it works for it; a writer that
kept within the model's limits never comes near."""

ARCHIVE_LIMIT = 16 * 1024 * 1024
"""Bytes of an archive or of a bare `.kms`."""
MANIFEST_LIMIT = 4 * 1024 * 1024
PAYLOAD_LIMIT = 8 * 1024 * 1024
"""Bytes of the JWK Set inside a `.kms`."""
KEYS_LIMIT = 10_000
RECIPIENTS_LIMIT = 100
STANZAS_LIMIT = RECIPIENTS_LIMIT + 1
"""In an age header: one for each recipient, and the writer's own, until the file was read back."""
RECIPIENT_LIMIT = 4_096
"""Characters; post-quantum recipients have about 2,000."""
SERVER_LIMIT = 255
PASSWORD_LIMIT = 1_024
"""Bytes of UTF-8; a terminal line cannot carry many more to `age`."""
IDENTITY_LIMIT = 64 * 1024
"""Bytes of an identity file; the largest ssh key has about 6,000."""
JSON_DEPTH = 6
JSON_DIGITS = 16
