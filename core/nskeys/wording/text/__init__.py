"""Text for any person: terminal cells, sentences, numbers and times in words."""
