"""Floor 4: the use cases. They see the world through `nskeys.ports` and speak in dataclasses."""
