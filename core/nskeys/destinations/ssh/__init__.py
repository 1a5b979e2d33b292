"""Folders on SSH servers, over SFTP."""
