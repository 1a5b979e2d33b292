"""Database copies: the rows of a CMDB in signed parts, encrypted to the copy key (core/FORMAT.md)."""
