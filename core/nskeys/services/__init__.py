"""Floor 4: the use cases. They reach everything outside through `nskeys.ports`, and take and return
dataclasses."""
