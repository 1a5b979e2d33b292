"""Floor 3: what binds the key-encryption key to a machine or a person; one file per protector."""
