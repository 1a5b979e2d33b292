"""Floor 3: what binds the key-encryption key to a machine, a token or a person; one file per protector."""
