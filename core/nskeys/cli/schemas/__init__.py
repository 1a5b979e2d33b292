"""JSON Schemas (draft 2020-12) of the documents that `--json` prints; `nskeys schema NAME` prints one.

A document says which one it keeps to in its member `schema`: `nskeys/status/1`. Within a number members and
tokens are added and never changed or removed, so a schema allows members that it does not name.
"""
