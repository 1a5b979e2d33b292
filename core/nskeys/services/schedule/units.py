"""The units' text: systemd's own quoting, and a sandbox that allows only what they need.

The jobs write in the home, the CMDB's folder and the folders that backups go to; they read everything else,
ssh keys among it; they use the network, and the TPM where it protects the keys.
"""

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass

from nskeys.errors import ScheduleRefused
from nskeys.model.schedule import Job, UnitFile
from nskeys.reasons import ScheduleProblem

MARK = "# Written by nskeys for the home "
"""How every unit begins, so that nskeys changes and removes no other file."""
TPM = "/dev/tpmrm0"

_HINT = "# 'nskeys schedule install' writes it anew. What you add belongs in 'systemctl edit'."
_PLAIN = re.compile(r"[A-Za-z0-9/._=:@,%+-]+")
_SHARED_TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108  # named, not used
_WORK = {
    Job.BACKUP: ("backup", "--everywhere", "--if-needed"),
    Job.COPY: ("database", "copy", "--everywhere", "--if-needed", "--while-small"),
    Job.CHECK: ("register", "check"),
}
_WORDS = {
    Job.BACKUP: "Back up keys and database to each destination that lacks them",
    Job.COPY: "Copy the database, while it is small, to each destination that lacks a change",
    Job.CHECK: "Look at every copy of every backup",
}
_TIMES = {
    Job.BACKUP: ("*-*-* 01:00:00", "2h"),
    Job.COPY: ("hourly", "10min"),
    Job.CHECK: ("Sun *-*-* 04:00:00", "2h"),
}
_FAILS = {
    Job.BACKUP: "a destination got no copy, or a backup was needed and none was made",
    Job.COPY: "a destination got no copy, or the copy does not cover everything",
    Job.CHECK: "a copy is missing, changed or out of reach",
}


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What the units have to name. `user` is empty for root; `uses_tpm` where the TPM protects the keys;
    `writable` are folders besides the home."""

    program: tuple[str, ...]
    home: str
    user: str = ""
    uses_tpm: bool = False
    postgres: bool = False
    writable: tuple[str, ...] = ()


def units(facts: UnitFacts) -> tuple[UnitFile, ...]:
    """Return every unit. Raises ScheduleRefused (`odd_path`) where a path holds characters that no unit can
    hold."""
    for path in (*facts.program, facts.home, *facts.writable):
        if not path.isprintable():
            raise ScheduleRefused(ScheduleProblem.ODD_PATH, path)
    return tuple(
        unit
        for job in Job
        for unit in (UnitFile(job.service, _service(job, facts)), UnitFile(job.timer, _timer(job, facts)))
    )


def _service(job: Job, facts: UnitFacts) -> str:
    command = _command([*facts.program, "--home", facts.home, *_WORK[job]])
    after = "network-online.target remote-fs.target" + (" postgresql.service" if facts.postgres else "")
    return _lines(
        MARK + facts.home,
        _HINT,
        "[Unit]",
        f"Description={_WORDS[job]} (nskeys)",
        "Wants=network-online.target",
        f"After={after}",
        "",
        "[Service]",
        "Type=oneshot",
        f"ExecStart={command}",
        f"# An exit code of 1 is no success: {_FAILS[job]}.",
        "# The unit then fails, so that 'systemctl --failed' and OnFailure= tell.",
        "SuccessExitStatus=0",
        "TimeoutStartSec=1h",
        *([f"User={facts.user}"] if facts.user else []),
        "UMask=0077",
        "",
        *_sandbox(facts),
    )


def _sandbox(facts: UnitFacts) -> list[str]:
    # With '-' before it, a share that is not mounted does not stop the job for the other destinations.
    writable = [facts.home, *(f"-{path}" for path in facts.writable)]
    private = not any(_below(path, shared) for path in _needed(facts) for shared in _SHARED_TEMPORARY)
    if not private:
        # Libraries need a folder for temporary files, and the sandbox leaves no other.
        writable += [f"-{folder}" for folder in _SHARED_TEMPORARY]
    # Without this capability root cannot open files of others: a TPM's node, a share's folder.
    capabilities = "" if facts.user else "CAP_DAC_OVERRIDE"
    return [
        "# Everything is read-only but what is named here; ssh keys stay readable.",
        "ProtectSystem=strict",
        *(f"ReadWritePaths={_word(path)}" for path in writable),
        "ProtectHome=read-only",
        f"PrivateTmp={'yes' if private else 'no'}",
        "PrivateMounts=yes",
        *_devices(facts),
        "NoNewPrivileges=yes",
        f"CapabilityBoundingSet={capabilities}",
        "AmbientCapabilities=",
        "KeyringMode=private",
        "LockPersonality=yes",
        "MemoryDenyWriteExecute=yes",
        "ProtectClock=yes",
        "ProtectControlGroups=yes",
        "ProtectHostname=yes",
        "ProtectKernelLogs=yes",
        "ProtectKernelModules=yes",
        "ProtectKernelTunables=yes",
        "ProtectProc=invisible",
        "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
        "RestrictNamespaces=yes",
        "RestrictRealtime=yes",
        "RestrictSUIDSGID=yes",
        "SystemCallArchitectures=native",
        "SystemCallFilter=@system-service",
        "SystemCallFilter=~@privileged",
        "SystemCallErrorNumber=EPERM",
    ]


def _devices(facts: UnitFacts) -> list[str]:
    if not facts.uses_tpm:
        return ["PrivateDevices=yes"]
    return ["DevicePolicy=closed", f"DeviceAllow={TPM} rw"]


def _timer(job: Job, facts: UnitFacts) -> str:
    when, spread = _TIMES[job]
    return _lines(
        MARK + facts.home,
        _HINT,
        "[Unit]",
        f"Description={_WORDS[job]} (nskeys)",
        "",
        "[Timer]",
        f"OnCalendar={when}",
        f"RandomizedDelaySec={spread}",
        "# What was missed while the machine was off is made up for when it starts.",
        "Persistent=true",
        "",
        "[Install]",
        "WantedBy=timers.target",
    )


def _needed(facts: UnitFacts) -> Sequence[str]:
    return (facts.program[0], facts.home, *facts.writable)


def _below(path: str, folder: str) -> bool:
    return posixpath.commonpath((posixpath.normpath(path), folder)) == folder


def _command(words: Sequence[str]) -> str:
    # ':' switches off what '$' would mean.
    first, *rest = words
    plain = not any("$" in word for word in words)
    return " ".join([_word(first if plain else f":{first}"), *map(_word, rest)])


def _word(text: str) -> str:
    """Return a word as systemd reads it: quoted where it must be, and '%' doubled, which begins a
    specifier."""
    escaped = text.replace("%", "%%")
    if _PLAIN.fullmatch(text):
        return escaped
    return '"' + escaped.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _lines(*lines: str) -> str:
    return "\n".join(lines) + "\n"
