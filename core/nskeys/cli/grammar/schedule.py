"""The grammar of `nskeys schedule`."""

from nskeys.cli.grammar.parser import Commands


def add(commands: Commands) -> None:
    schedules = commands.group(
        "schedule", "back up and check automatically, without a person", shows="status"
    )
    schedules.command(
        "show",
        "schedule:show",
        "print the units, install nothing",
        example="  nskeys schedule show",
    )
    schedules.command(
        "install",
        "schedule:install",
        "write the units and start their timers",
        text=(
            "Every day a backup to each destination that lacks a key backup or a database\n"
            "copy, every hour a copy of a small database that changed, every week a look at\n"
            "every copy. No password is on the machine: backups go to the recovery identity.\n"
            "A file that nskeys did not write is never changed."
        ),
        example="  nskeys schedule install\n      again after a destination was added",
    )
    schedules.command(
        "status",
        "schedule:status",
        "say whether it is in force; exit code 1 if not",
        example="  nskeys schedule status",
    )
    schedules.command(
        "remove",
        "schedule:remove",
        "stop the timers and remove the units",
        example="  nskeys schedule remove",
    )
