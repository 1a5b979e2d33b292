"""The checkpoint: shown, compared, and accepted by a person where something does not fit it."""
