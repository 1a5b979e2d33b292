"""Floor 3: the backup formats (core/FORMAT.md): bytes to dataclasses and back, strict and bounded."""
