"""Floor 1: what things are. Frozen dataclasses and enums; no I/O, no clock, standard library only."""
