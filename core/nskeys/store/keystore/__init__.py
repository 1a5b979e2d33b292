"""The key store: this server's keys on disk, wrapped under one key-encryption key."""
