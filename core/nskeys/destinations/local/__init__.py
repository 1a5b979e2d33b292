"""Folders on this machine or mounted from another; calls that may hang go to a worker process."""
