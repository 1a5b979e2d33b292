"""Folders on this machine or mounted from another; what may hang is asked of a worker."""
