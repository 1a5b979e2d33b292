"""Floor 2: durable files. What this module reports as written is on the medium when it returns.

Every write goes to a random temporary name in the same folder (`.nskeys-<random>.part`; exclusive,
no-follow, 0600), is synced, gets its name by link or rename, and then the folder is synced. Nothing is ever
truncated in place. A killed process leaves at most a temporary file, which `sweep` removes. OSErrors become
`CannotCreate` or `FileUnreadable` here, and `problem_of` alone maps an errno to a token.
"""

from nskeys.files.folders import discard, make_folder, remove, remove_folder
from nskeys.files.problems import cannot_create, problem_of
from nskeys.files.reading import (
    exists,
    is_folder,
    mode_of,
    named_path,
    names_in,
    read_beginning,
    read_bounded,
    read_if_there,
)
from nskeys.files.scratch import named, nameless, unfinished
from nskeys.files.syncing import sync_folder
from nskeys.files.temporary_files import left_of, sweep, temporary
from nskeys.files.writing import (
    behind,
    publish,
    put_in_place,
    rename_to_first_free,
    replace,
    replace_behind,
    replace_by_link,
    try_publishing,
    try_writing,
    write_first_free,
    write_new,
)

__all__ = [
    "behind",
    "cannot_create",
    "discard",
    "exists",
    "is_folder",
    "left_of",
    "make_folder",
    "mode_of",
    "named",
    "named_path",
    "nameless",
    "names_in",
    "problem_of",
    "publish",
    "put_in_place",
    "read_beginning",
    "read_bounded",
    "read_if_there",
    "remove",
    "remove_folder",
    "rename_to_first_free",
    "replace",
    "replace_behind",
    "replace_by_link",
    "sweep",
    "sync_folder",
    "temporary",
    "try_publishing",
    "try_writing",
    "unfinished",
    "write_first_free",
    "write_new",
]
