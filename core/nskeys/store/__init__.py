"""Floor 3: what lies on this server's disk and in its database, behind the ports of floor 2."""
