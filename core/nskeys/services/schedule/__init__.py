"""The schedule: systemd units that back up and check by themselves."""
