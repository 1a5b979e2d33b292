"""Pure functions: model to rows, cells and lines, through wording. No Textual, no services."""
