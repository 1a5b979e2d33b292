"""Wordings of `nskeys.errors`, one file for each of its parts; `nskeys.wording.errors.say` knows all."""
