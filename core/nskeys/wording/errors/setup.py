"""When the home is not as a command needs it, is busy, or a person stopped."""

import shlex
from collections.abc import Mapping
from types import MappingProxyType

from nskeys.errors import (
    AlreadySetUp,
    Cancelled,
    ConfigurationInvalid,
    CredentialsWithoutKeys,
    HomeNotSafe,
    HomeUnreachable,
    HomeUnreadable,
    Locked,
    LossCountWrong,
    NewerVersion,
    NotPermitted,
    NotSetUp,
    PlanOutdated,
)
from nskeys.model.times import from_rfc3339
from nskeys.reasons import AnyProblem, Operation, OwnershipProblem, Problem, Versioned
from nskeys.wording.problems import problem_text
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.sentence import WITH_SUDO, Row, Table, alike, capitalised, token_words
from nskeys.wording.text.terminal import safe, shown
from nskeys.wording.text.times import when

_NEWER = MappingProxyType(
    {
        Versioned.CMDB: "The CMDB",
        Versioned.STORE: "The key store",
        Versioned.CONFIG: "The configuration",
        Versioned.BACKUP: "This backup",
        Versioned.DATABASE_COPY: "This database copy",
        Versioned.RECOVERY: "The record of recovery identities",
        Versioned.CHECKPOINT: "The checkpoint",
    }
)
_CONFIGURATION = MappingProxyType(
    {
        Problem.NOT_INSTALLED: "Install that library: pip install 'nskeys[postgres]'.",
        Problem.HAS_PASSWORD: "Take the password out; PostgreSQL reads it from its own password file.",
        Problem.UNKNOWN_DATABASE: "Name a file (sqlite:///PATH) or a PostgreSQL server (postgresql://HOST/NAME).",
        Problem.UNKNOWN_SETTING: "Correct its spelling, or take it out.",
    }
)
_ASKS = "Leave nskeys (q) and start it again: it asks how to begin."
_OTHER_HOME = "leave nskeys (q) and start it with another home."
_OPERATIONS = MappingProxyType(
    {
        Operation.IMPORT: "the import",
        Operation.RESTORE: "the restore",
        Operation.ROTATION: "the rotation",
        Operation.BACKUP: "the backup",
        Operation.KEY_STORE: "the change of the key store",
        Operation.PROTECTOR: "the change of the protector",
        Operation.EDIT: "the edit of this credential",
        Operation.REMOVAL: "the removal of this credential",
        Operation.PRUNE: "the pruning",
        Operation.RETIREMENT: "the retirement of this backup",
        Operation.IDENTITY: "the new recovery identity",
        Operation.CUSTODIANS: "the shares for custodians",
        Operation.MOVE: "the move to another database",
        Operation.ACCEPTANCE: "what does not fit the checkpoint",
        Operation.PROOF: "the trying of the credentials",
    }
)


def _not_set_up(error: NotSetUp) -> Row:
    if error.credentials:
        return Row(
            f"The CMDB of {shown(error.home)} holds {count(error.credentials, 'credential')}, "
            "but no keys are here.",
            "Bring the keys back with 'nskeys restore FILE'; 'nskeys inspect FILE' shows what is in one.",
            _ASKS,
        )
    return Row(
        f"Nothing is set up in {shown(error.home)}.",
        "Run 'nskeys init' for a new installation, or 'nskeys restore FILE' to restore a backup.",
        _ASKS,
    )


def _already_set_up(error: AlreadySetUp) -> Row:
    return Row(
        f"{shown(error.home)} is set up already and has keys, so nothing was changed.",
        "Run 'nskeys status' to see it, or name another home with '--home DIR'.",
        "Leave nskeys (q) and start it again: it shows what is there.",
    )


def _home_unreadable(error: HomeUnreadable) -> Row:
    return Row(
        f"{shown(error.home)} is there, but this user may not read it.",
        "Run the command again with sudo, for example 'sudo nskeys status'.",
        WITH_SUDO,
    )


_TO_OPEN_HOME: Mapping[AnyProblem, str] = MappingProxyType(
    {
        Problem.LINK_LOOP: "Correct the link, or name another home with '--home DIR'.",
        Problem.NAME_TOO_LONG: "Name a home with a shorter path: '--home DIR'.",
        Problem.NO_HOME: "Name a folder for it: '--home DIR', or the environment variable NSKEYS_HOME.",
        Problem.NO_WORKING_FOLDER: "Go to a folder that is there, or name the home by its absolute path.",
        Problem.ZERO_CHARACTER: "Name another home: '--home DIR'.",
        Problem.TOO_MANY_OPEN: "Raise the limit of open files, or end other programs, and try again.",
        Problem.NO_MEMORY: "End other programs, and try again.",
        Problem.GONE: "Check that it is mounted and its server runs, and try again.",
    }
)


_TO_OPEN_HOME_BY_KEY: Mapping[AnyProblem, str] = MappingProxyType(
    {
        Problem.LINK_LOOP: f"Correct the link, or {_OTHER_HOME}",
        Problem.NAME_TOO_LONG: "Leave nskeys (q) and start it with a home that has a shorter path.",
        Problem.NO_HOME: "Name a folder for it in the environment variable NSKEYS_HOME.",
        Problem.ZERO_CHARACTER: f"Correct its name, or {_OTHER_HOME}",
    }
)


def _home_unreachable(error: HomeUnreachable) -> Row:
    by_command = _TO_OPEN_HOME.get(
        error.problem,
        "Look into the system's log and check the disk; if it is lost, restore a backup into another "
        "home: 'nskeys restore FILE --home DIR'.",
    )
    otherwise = "Look into the system's log and check the disk; if it is lost, restore a backup elsewhere."
    return Row(
        f"The home {shown(error.home)} cannot be opened{problem_text(error.problem)}.",
        by_command,
        _TO_OPEN_HOME_BY_KEY.get(error.problem) or _TO_OPEN_HOME.get(error.problem, otherwise),
    )


def _home_not_safe(error: HomeNotSafe) -> Row:
    path, home = shown(error.path), shlex.quote(safe(error.home))
    place = shlex.quote(safe(error.path)) if error.above else home
    within = "" if error.above else "-R "
    if error.problem is OwnershipProblem.OTHER_OWNER:
        owner = shown(error.owner)
        return alike(
            f"{path} belongs to {owner}, who can change what lies there, so {shown(error.user)} opens no "
            "key there.",
            f"Run nskeys as {owner}; or, if nobody changed it, make it yours: "
            f"'chown {within}{shlex.quote(safe(error.user))}: {place}'.",
        )
    return alike(
        f"Other users may write to {path}, so nothing there can be believed and no key is opened.",
        f"Look whether somebody changed it, then close it to others: 'chmod {within}go-w {place}'.",
    )


def closed_words(path: str) -> str:
    """Return the sentence that others could read something until now, and cannot any more."""
    return f"Other users could read {shown(path)}; it is closed to them now (chmod go=)."


def waiting_words(holder: Locked, seconds: float) -> str:
    """Return whom a change waits for, and how long."""
    told = holder_words(holder).removesuffix(".")
    return f"{told}; waiting up to {count(round(seconds), 'second')} for that to end ..."


def _newer_version(error: NewerVersion) -> Row:
    what = token_words(_NEWER, error.what)
    return Row(
        f"{what} was written by a newer nskeys (version {error.found} of its format; "
        f"this nskeys knows up to {error.known}).",
        "Install the newer nskeys and run the command again; nothing was changed.",
        "Install the newer nskeys and start it again; nothing was changed.",
    )


def _configuration_invalid(error: ConfigurationInvalid) -> Row:
    detail = f" ({shown(error.detail)})" if error.detail else ""
    return Row(
        f"{shown(error.path)} cannot be used{problem_text(error.problem)}{detail}.",
        _CONFIGURATION.get(error.problem, "Correct it in an editor and run the command again."),
        _CONFIGURATION.get(error.problem, "Correct it in an editor and start nskeys again."),
    )


def _credentials_without_keys(error: CredentialsWithoutKeys) -> Row:
    n = error.credentials
    return Row(
        f"The CMDB holds {count(n, 'credential')} whose keys are not here, so no first key was made.",
        "Run 'nskeys restore FILE' with a backup of the keys, or, where no backup exists any more, "
        f"'nskeys init --accept-loss {n}'.",
        "Restore a backup of the keys; where no backup exists any more, type the number of credentials "
        "that are lost.",
    )


def _loss_count_wrong(error: LossCountWrong) -> Row:
    return Row(
        f"--accept-loss says {number(error.given)}, but the number of credentials without keys is "
        f"{number(error.actual)}.",
        f"Look for a backup once more; if there is none, run 'nskeys init --accept-loss {error.actual}'."
        if error.actual
        else "Run 'nskeys init' without it: no credential would be lost.",
        "Look for a backup once more; if there is none, type that number.",
    )


def holder_words(error: Locked) -> str:
    """Return text such as `root (process 4711) is making a backup, since 14:02.`"""
    who = shown(error.holder) if error.holder else "Somebody else"
    process = f" (process {error.pid})" if error.pid else ""
    doing = shown(error.doing) if error.doing else "changing this installation"
    return f"{who}{process} is {doing}{_since(error.since)}."


def _locked(error: Locked) -> Row:
    return Row(
        holder_words(error),
        "Wait until that is finished, then run the command again.",
        "Wait until that is finished, then try again.",
    )


def _since(text: str) -> str:
    try:
        return f", since {when(from_rfc3339(text))}"
    except ValueError:
        return f", since {shown(text)}" if text else ""


def _plan_outdated(error: PlanOutdated) -> Row:
    return alike(
        f"Something changed since {token_words(_OPERATIONS, error.what)} was planned, so nothing was done.",
        "Look at the new plan and confirm that.",
    )


def _cancelled(error: Cancelled) -> Row:
    what = token_words(_OPERATIONS, error.what) if error.what else "the work"
    return alike(
        f"{capitalised(what)} was stopped; nothing is left half done.",
        "Start it again whenever it suits.",
    )


def _not_permitted(error: NotPermitted) -> Row:
    return Row(
        f"The operating system does not permit access to {shown(error.path)}.",
        "Run the command again with sudo, or as the user who owns it.",
        WITH_SUDO,
    )


SETUP: Table = MappingProxyType(
    {
        NotSetUp: _not_set_up,
        AlreadySetUp: _already_set_up,
        HomeUnreadable: _home_unreadable,
        HomeUnreachable: _home_unreachable,
        HomeNotSafe: _home_not_safe,
        NewerVersion: _newer_version,
        ConfigurationInvalid: _configuration_invalid,
        CredentialsWithoutKeys: _credentials_without_keys,
        LossCountWrong: _loss_count_wrong,
        Locked: _locked,
        PlanOutdated: _plan_outdated,
        Cancelled: _cancelled,
        NotPermitted: _not_permitted,
    }
)
