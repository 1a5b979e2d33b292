"""Buckets of S3 and compatible servers."""
