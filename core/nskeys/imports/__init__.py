"""Floor 3: other programs' exports: bytes to dataclasses, strict and bounded; one file per format."""
