"""Keys: rotation, re-sealing, and the protector that binds them."""
