"""Debian's Nagios core with one check: it runs the command as its own user and keeps what came of it."""

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.private_mounts import PrivateMounts
from tests.fakes.programs import ENVIRONMENT, need

USER = "nagios"
_PATIENCE = 60.0
_MAIN = """
log_file={folder}/nagios.log
cfg_file={folder}/objects.cfg
object_cache_file={folder}/objects.cache
precached_object_file={folder}/objects.precache
status_file={folder}/status.dat
status_update_interval=1
nagios_user=nagios
nagios_group=nagios
check_external_commands=1
command_file={folder}/commands
lock_file={folder}/nagios.lock
temp_file={folder}/nagios.tmp
temp_path={folder}
check_result_path={folder}/results
query_socket={folder}/query
retain_state_information=0
use_syslog=0
interval_length=1
check_for_updates=0
enable_notifications=0
enable_environment_macros=0
execute_service_checks=1
service_inter_check_delay_method=n
illegal_macro_output_chars=`~$&"<>
process_performance_data=1
service_perfdata_file={folder}/performance
service_perfdata_file_mode=a
service_perfdata_file_template=$SERVICESTATE$\\t$SERVICEOUTPUT$\\t$SERVICEPERFDATA$
"""
_OBJECTS = """
define timeperiod {{
    timeperiod_name always
    alias always
    {days}
}}
define command {{
    command_name nskeys
    command_line {command}
}}
define contact {{
    contact_name nobody
    host_notifications_enabled 0
    service_notifications_enabled 0
    host_notification_commands nskeys
    service_notification_commands nskeys
    host_notification_period always
    service_notification_period always
}}
define host {{
    host_name ns01
    alias ns01
    address 127.0.0.1
    active_checks_enabled 0
    max_check_attempts 1
    check_period always
    contacts nobody
    notification_period always
}}
define service {{
    host_name ns01
    service_description nskeys
    check_command nskeys
    check_interval 3600
    retry_interval 3600
    max_check_attempts 1
    check_period always
    contacts nobody
    notification_period always
}}
"""
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Recorded:
    """What Nagios made of a check."""

    state: str
    output: str
    data: str


class Nagios:
    """It runs; checks come when they are asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def first(self) -> Recorded:
        """What the check said when Nagios started."""
        return self._after(0)

    def check(self) -> Recorded:
        """What the check says now."""
        before = len(self._results())
        now = int(time.time())
        with (self._folder / "commands").open("w") as commands:
            commands.write(f"[{now}] SCHEDULE_FORCED_SVC_CHECK;ns01;nskeys;{now}\n")
        return self._after(before)

    def shown(self) -> dict[str, str]:
        """The service in the status file, as its web pages read it."""
        text = (self._folder / "status.dat").read_text()
        found = re.search(r"servicestatus \{(.*?)\n\t\}", text, re.DOTALL)
        assert found
        lines = (line.strip().partition("=") for line in found[1].strip().splitlines())
        return {name: value for name, _, value in lines}

    def _results(self) -> list[str]:
        try:
            return (self._folder / "performance").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _after(self, before: int) -> Recorded:
        _wait(lambda: len(self._results()) > before)
        recorded = Recorded(*self._results()[-1].split("\t"))
        _wait(lambda: self.shown()["plugin_output"] == recorded.output)
        return recorded


@contextmanager
def nagios(folder: Path, mounts: PrivateMounts, command: str) -> Iterator[Nagios]:
    """It runs `command` as its only check; skips where it is not installed."""
    need("nagios4")
    days = "\n    ".join(f"{day} 00:00-24:00" for day in _DAYS)
    (folder / "results").mkdir()
    (folder / "nagios.cfg").write_text(_MAIN.format(folder=folder))
    (folder / "objects.cfg").write_text(_OBJECTS.format(days=days, command=command))
    for path in (folder, *folder.iterdir()):
        shutil.chown(path, USER, USER)
    environment = ENVIRONMENT
    with (folder / "console").open("w") as console:
        argv = mounts.argv("nagios4", str(folder / "nagios.cfg"))
        process = subprocess.Popen(argv, stdout=console, stderr=console, cwd="/", env=environment)
        try:
            yield Nagios(folder)
        except BaseException as error:
            error.add_note((folder / "console").read_text())
            raise
        finally:
            process.terminate()
            process.wait(timeout=_PATIENCE)


def _wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < end, "Nagios recorded nothing"
        time.sleep(0.05)
