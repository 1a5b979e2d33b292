"""The grammar of `nskeys status`."""

from nskeys.cli.grammar.parser import Commands

_CANNOT_TELL = 3
"""How it ends where it fails, whatever the failure is; as in `exit_codes.StatusExit`."""


def add(commands: Commands) -> None:
    parser = commands.command(
        "status",
        "status:run",
        "say which credentials would come back",
        usage="[--json|--prometheus|--nagios|--alert-rules] [--output FILE]",
        text=(
            "Would they, if this server died now? Every backup that can be reached is read;\n"
            "nothing is unlocked or changed. Exit codes of its own, in every form: 0 all\n"
            "recoverable, 1 some at risk or another warning, such as a drill that is\n"
            "overdue, 2 some lost, 3 cannot tell."
        ),
        example=(
            "  nskeys status --prometheus \\\n"
            "      --output /var/lib/prometheus/node-exporter/nskeys.prom\n"
            "      from a timer, for Prometheus' textfile collector"
        ),
    )
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument("--prometheus", action="store_true", help="print metrics for Prometheus")
    forms.add_argument("--nagios", action="store_true", help="print one line for Nagios and its kin")
    forms.add_argument(
        "--alert-rules", action="store_true", help="print Prometheus' alert rules for these metrics"
    )
    parser.add_argument("--output", metavar="FILE", help="write to a file, at once and readable by all")
    parser.set_defaults(failed=_CANNOT_TELL)
