"""One file per command: `add` tells the grammar, the function it names does the work."""
