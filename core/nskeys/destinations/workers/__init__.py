"""Worker processes for questions that may never be answered."""
