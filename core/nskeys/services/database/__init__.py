"""The other half of a backup: database copies, made, sent, proven and registered."""
