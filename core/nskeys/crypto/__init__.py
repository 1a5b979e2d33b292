"""Floor 2: the only importers of pyca/cryptography. Pure: bytes in, bytes out."""
