"""Floor 3: places for backups; one file per scheme. Nothing at a destination is ever replaced."""
