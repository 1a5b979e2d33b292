"""An implementation of age v1 (C2SP, age.md): scrypt, X25519 and ssh stanzas."""
