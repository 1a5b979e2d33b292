"""Objects of a bucket, as `obstore` puts, gets, lists and deletes them. Its exceptions pass."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nskeys.ports import Listed

if TYPE_CHECKING:
    from obstore.store import S3Store

_PIECE = 1 << 20  # bytes
_MARK = "nskeys-put"


def put(store: "S3Store", path: str, data: bytes, mark: str = "") -> bool:
    """Put an object; return False where its name exists."""
    import obstore
    from obstore.exceptions import AlreadyExistsError

    try:
        obstore.put(
            store,
            path,
            data,
            attributes={_MARK: mark} if mark else None,
            mode="create",
            use_multipart=False,
        )
    except AlreadyExistsError:
        return False
    return True


def mark_of(store: "S3Store", path: str) -> str:
    """Return the mark that its writer put on an object; nothing where it cannot be read or is gone."""
    import obstore

    try:
        return str(obstore.get(store, path).attributes.get(_MARK, ""))
    except FileNotFoundError:
        return ""


def get(store: "S3Store", path: str, limit: int) -> bytes | None:
    """Return the whole object, or None where it is larger than the limit. Raises FileNotFoundError."""
    import obstore

    found = obstore.get(store, path)
    if found.meta["size"] > limit:
        return None
    data = bytearray()
    for piece in found.stream(min_chunk_size=_PIECE):
        data += piece
        if len(data) > limit:
            return None
    return bytes(data)


def beginning(store: "S3Store", path: str, size: int) -> bytes:
    """Return the first `size` bytes of an object. Raises FileNotFoundError."""
    import obstore

    data = bytearray()
    for piece in obstore.get(store, path).stream(min_chunk_size=_PIECE):
        data += piece
        if len(data) >= size:
            break
    return bytes(data[:size])


def listed(store: "S3Store", prefix: str) -> Iterator[Listed]:
    import obstore

    front = f"{prefix}/" if prefix else ""
    for found in obstore.list_with_delimiter(store, prefix or None)["objects"]:
        yield Listed(found["path"].removeprefix(front), found["size"])


def delete(store: "S3Store", path: str) -> None:
    import obstore

    obstore.delete(store, path)
