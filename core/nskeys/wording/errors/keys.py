"""When a key, the key store, its protector or a rotation is not as it must be."""

import shlex
from types import MappingProxyType

from nskeys.errors import (
    AmbiguousKey,
    KeyIsActive,
    KeyNotUsable,
    KeyStoreDamaged,
    KeyStoreElsewhere,
    KeyStoreOfAnotherCmdb,
    KeyStoreUnreached,
    KeyUsedUp,
    NoProvenBackup,
    NoSuchKey,
    ProtectorUnavailable,
    RotationNotOpen,
)
from nskeys.model.keys import SEALS_LIMIT
from nskeys.reasons import ProtectorProblem
from nskeys.wording.keys import NO_BACKUP
from nskeys.wording.labels import kid_name, protector_name
from nskeys.wording.problems import problem_text
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.sentence import WITH_SUDO, Row, Table, alike, listed
from nskeys.wording.text.terminal import safe, shown


def _key_is_active(error: KeyIsActive) -> Row:
    return Row(
        f"Key {kid_name(error.kid)} is the one that seals, so another one has to take its place first.",
        "Run 'nskeys key rotate' until another key is active, then mark this one again.",
        "Rotate first (o on the first screen), then mark this one again.",
    )


def _key_store_damaged(error: KeyStoreDamaged) -> Row:
    return Row(
        f"{shown(error.path)} in the key store is not what was written{problem_text(error.problem)}.",
        "Keep the home as it is, and restore the keys into another one, over the same CMDB: "
        f"'nskeys restore FILE --home DIR --cmdb {_cmdb_beside(error.path)}', or the address in the 'cmdb' "
        "line of config.toml where it has one.",
        "Keep this home as it is, and restore the keys from a backup into another one.",
    )


def _cmdb_beside(path: str) -> str:
    """Return the URL of the SQLite CMDB that lies in the home of a key store's file."""
    home, between, _ = path.rpartition("/store/")
    if not between:
        home = path.rpartition("/")[0]
    return shlex.quote(safe(f"sqlite:///{home}/cmdb.sqlite3")) if home else "URL"


def _key_store_elsewhere(error: KeyStoreElsewhere) -> Row:
    return Row(
        f"The keys here are bound to another machine (protector: {protector_name(error.protector)}) "
        "and do not open on this one.",
        "Restore them from a backup: 'nskeys restore FILE'.",
        "Restore them from a backup (r).",
    )


def _key_store_of_another_cmdb(error: KeyStoreOfAnotherCmdb) -> Row:
    return Row(
        f"The key store belongs to CMDB {kid_name(error.store_cmdb_id)}, "
        f"but the configured CMDB is {kid_name(error.cmdb_id)}.",
        "Name the CMDB of these keys in config.toml, or the home of that CMDB with '--home DIR'.",
        "Name the CMDB of these keys in config.toml, or start nskeys with its home.",
    )


_OTHER_IN_APP = "Choose another one."
_BY_KEY = MappingProxyType(
    {
        ProtectorProblem.BAD_DEVICE: _OTHER_IN_APP,
        ProtectorProblem.NO_DEVICE: "Load its driver and try again, or choose another one.",
        ProtectorProblem.NOT_ROOT: WITH_SUDO,
        ProtectorProblem.NO_URI: _OTHER_IN_APP,
        ProtectorProblem.BAD_URI: _OTHER_IN_APP,
        ProtectorProblem.PIN_IN_URI: "Leave it out: the PIN is asked for.",
    }
)
"""What makes a protector usable, where the command line has another way."""
_OTHER_PROTECTOR = "Choose another one with '--protector passphrase' or '--protector file'."
_UNTIL_USABLE = MappingProxyType(
    {
        ProtectorProblem.BAD_DEVICE: (
            "Name it as '--protector tpm2:/dev/tpmrm0', or 'tpm2' alone for this machine's own."
        ),
        ProtectorProblem.NO_DEVICE: (
            "Load its driver and try again, or choose '--protector passphrase' or '--protector file'."
        ),
        ProtectorProblem.NOT_ROOT: "Run the command again with sudo.",
        ProtectorProblem.NO_SYSTEMD_CREDS: (
            "Install the package that brings systemd-creds (systemd 250 or newer)."
        ),
        ProtectorProblem.LIBRARY_MISSING: (
            "Install it; on Debian: 'apt install libtss2-esys-3.0.2-0 libtss2-rc0'."
        ),
        ProtectorProblem.LOCKED_OUT: "Wait ten minutes and try again; nothing is lost.",
        ProtectorProblem.REGISTER_USED: (
            "Restart this machine: then the register is empty, and the keys open again."
        ),
        ProtectorProblem.NO_URI: "Name it with '--protector pkcs11:token=NAME'.",
        ProtectorProblem.BAD_URI: "Name it with '--protector pkcs11:token=NAME'.",
        ProtectorProblem.PIN_IN_URI: "Leave it out: the PIN is asked for, or '--pin-file F' gives it.",
        ProtectorProblem.NOT_INSTALLED: "Install nskeys with its extra 'hsm'.",
        ProtectorProblem.MODULE_MISSING: (
            "Install it, or name it in the URI: pkcs11:token=NAME?module-path=/usr/lib/x.so."
        ),
        ProtectorProblem.NO_TOKEN: (
            "Plug it in and try again; if it is gone, restore from a backup into another home."
        ),
        ProtectorProblem.WRONG_TOKEN: (
            "Plug the right one in and try again; its serial number is in the key store."
        ),
        ProtectorProblem.SEVERAL_TOKENS: "Plug in one of them, or add its serial number to the URI.",
        ProtectorProblem.NO_KEY: "If it was erased there, restore from a backup into another home.",
        ProtectorProblem.SEVERAL_KEYS: "Add the id of one of them to the URI.",
        ProtectorProblem.KEY_LEAVES: (
            "Name another one, or none: then one is made that never leaves the token."
        ),
        ProtectorProblem.PIN_LOCKED: (
            "Its security officer can unlock it with the token's own tools; nothing is lost."
        ),
        ProtectorProblem.PIN_EXPIRED: "Change it with the token's own tools.",
        ProtectorProblem.NO_PIN: "Set one with the token's own tools.",
        ProtectorProblem.NO_ANSWER: "Try again; if it stays so, restart this machine.",
    }
)
"""What makes a protector usable again; where nothing does, there is another one."""


def _protector_unavailable(error: ProtectorUnavailable) -> Row:
    in_app = _BY_KEY.get(error.reason) or _UNTIL_USABLE.get(error.reason, _OTHER_IN_APP)
    return Row(
        f"The protector {protector_name(error.protector)} cannot be used on this machine"
        f"{problem_text(error.reason)}.",
        _UNTIL_USABLE.get(error.reason, _OTHER_PROTECTOR),
        in_app,
    )


_BACK = MappingProxyType(
    {
        ProtectorProblem.NO_DEVICE: "load its driver, or switch it on in the firmware",
        ProtectorProblem.LIBRARY_MISSING: (
            "install it; on Debian 'apt install libtss2-esys-3.0.2-0 libtss2-rc0'"
        ),
        ProtectorProblem.NO_SYSTEMD_CREDS: "install the package that brings systemd-creds",
        ProtectorProblem.SYSTEMD_TOO_OLD: "install systemd 250 or newer",
    }
)
"""How a TPM that is only away is brought back."""


def _key_store_unreached(error: KeyStoreUnreached) -> Row:
    back = _BACK.get(error.reason, "bring it back")
    return Row(
        f"The keys here are bound to {protector_name(error.protector)}, which cannot be asked on this "
        f"machine{problem_text(error.reason)}.",
        f"If it is only away, {back}: nothing is lost; if this is another machine, restore from a backup: "
        "'nskeys restore FILE --other-machine'.",
        f"If it is only away, {back}: nothing is lost; if this is another machine, restore from a backup "
        "(r).",
    )


def _no_proven_backup(_: NoProvenBackup) -> Row:
    return Row(
        f"{NO_BACKUP.removesuffix('.')}, so nothing was changed.",
        "Make one with 'nskeys backup --to DESTINATION' and try again, or say '--without-backup'.",
        "Make a backup (b) to a place elsewhere, then change it again.",
    )


def _no_such_key(error: NoSuchKey) -> Row:
    what = (
        f"begins with {shown(error.prefix)}" if len(error.prefix) < 64 else f"is {kid_name(error.prefix)}"
    )
    return Row(
        f"No key here {what}.",
        "Run 'nskeys key list' to see the keys of this server.",
        "Look at the keys once more; a restore (r) brings one back that is missing.",
    )


def _ambiguous_key(error: AmbiguousKey) -> Row:
    matches = listed(tuple(kid_name(kid) for kid in error.matches))
    return alike(
        f"{count(len(error.matches), 'key')} begin with {shown(error.prefix)}: {matches}.",
        "Give more digits of the one that is meant.",
    )


def _key_used_up(error: KeyUsedUp) -> Row:
    return Row(
        f"Key {kid_name(error.kid)} may seal no more than {number(SEALS_LIMIT)} secrets, "
        "and that number is reached.",
        "Make a new key with 'nskeys key rotate'.",
        "A rotation (o on the first screen) makes a new key.",
    )


def _key_not_usable(_: KeyNotUsable) -> Row:
    return Row(
        "No key of this server is active, so nothing can be sealed.",
        "Run 'nskeys key rotate' to make and activate a new one.",
        "A rotation (o on the first screen) makes and activates a new key.",
    )


def _rotation_not_open(_: RotationNotOpen) -> Row:
    return Row(
        "No rotation is open, so there is nothing to go on with.",
        "Begin one with 'nskeys key rotate'.",
        "Begin one with o on the first screen.",
    )


KEYS: Table = MappingProxyType(
    {
        KeyIsActive: _key_is_active,
        KeyStoreDamaged: _key_store_damaged,
        KeyStoreElsewhere: _key_store_elsewhere,
        KeyStoreOfAnotherCmdb: _key_store_of_another_cmdb,
        ProtectorUnavailable: _protector_unavailable,
        KeyStoreUnreached: _key_store_unreached,
        NoProvenBackup: _no_proven_backup,
        NoSuchKey: _no_such_key,
        AmbiguousKey: _ambiguous_key,
        KeyUsedUp: _key_used_up,
        KeyNotUsable: _key_not_usable,
        RotationNotOpen: _rotation_not_open,
    }
)
