"""The register: signed rows, looking at copies, pruning old ones."""
