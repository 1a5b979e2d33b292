"""Floor 5: everything the program says to a person. Pure: model and errors to sentences."""
