"""Passwords: new ones, remembered ones, and custodians' shares."""
