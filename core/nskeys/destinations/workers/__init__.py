"""Worker processes for calls that may never return."""
