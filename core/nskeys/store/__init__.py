"""Floor 3: what nskeys keeps on this server's disk and in its database, behind the ports of floor 2."""
