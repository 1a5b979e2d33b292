"""Floor 3: destinations of backups; one folder per scheme. Nothing at a destination is ever replaced."""
