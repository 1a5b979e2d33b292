"""The first start in words: what is there, what can be done about it, and what each way means."""

from types import MappingProxyType

from nskeys.archive.limits import check_server
from nskeys.errors import FieldInvalid
from nskeys.model.plans import FirstSight, HomeState
from nskeys.model.register import BackupCopy
from nskeys.reasons import ProtectorProblem
from nskeys.wording.copies import backup_name
from nskeys.wording.destinations import location_word
from nskeys.wording.errors import say
from nskeys.wording.labels import protector_name, protector_words
from nskeys.wording.problems import problem_text
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.sentence import capitalised
from nskeys.wording.text.terminal import safe, shown
from nskeys.wording.text.times import when

ONLY_THE_REGISTER = "This is what its register says; what a file really holds is shown before you decide."
NO_BACKUP_REMEMBERED = "Its register remembers no backup. One may still exist that it does not know."
NEW_INSTALLATION = ("New installation", "Makes a first key and an empty CMDB here.")
RESTORE = ("Restore from a backup", "Keys and credentials come back; nothing changes before you say so.")
DRILL = ("Drill a backup", "Proves both halves in memory; nothing is restored.")
RESTORE_ANOTHER = ("Restore from another backup", "An older one, or a file that you name or look for.")
FIRST_START = "First start"
KEYS_ELSEWHERE = "Keys of another machine"
KEYS_UNREACHED = "Keys of a TPM that is not here"
TRY_AGAIN = ("Try again", "Once what is missing is back: the TPM, its driver, its library.")
LOOK = ("Look at what is here", "All that needs no key: lists, register, audit trail.")
OTHER_CMDB = ("Use a CMDB that exists", "The credentials are in PostgreSQL, or in a file elsewhere.")
OTHER_CMDB_PROMPT = "Where is the CMDB with the credentials?"
CMDB_HELP = "postgresql://USER@HOST/NAME or sqlite:///PATH; passwords come from the passfile"
NEW_CMDB_HELP = "empty: SQLite, a file in the home; or postgresql://USER@HOST/NAME"
SERVER_HELP = "the name that its backups carry"
NAME_MISSING = "Type a name, best the host name of this machine."
PROTECTOR_QUESTION = "What shall bind the keys to this machine?"
OFFER = "These keys are in no backup yet: if this machine fails, its credentials are lost."
OFFER_YES = ("Back up now", "To a place that survives this machine, under a password.")
OFFER_NO = ("Later", "The first screen warns until there is a backup.")


def first_sight(status: FirstSight) -> tuple[str, ...]:
    if status.state is HomeState.ELSEWHERE:
        return (
            "The keys here are bound to another machine, and do not open on this one.",
            "A restore puts those of a backup in their place.",
        )
    if status.state is HomeState.UNREACHED:
        return (
            f"The keys here are bound to a TPM, which cannot be asked{problem_text(status.unreached)}.",
            "If it is only away, bring it back and try again: nothing is lost.",
            "If this is another machine, a restore puts the keys of a backup in their place.",
        )
    if status.credentials:
        return (
            f"The CMDB holds {count(status.credentials, 'credential')}, and no keys are here.",
            "Until the keys are restored, none of them opens.",
        )
    if status.remembered:
        return ("The CMDB remembers backups, but holds no credentials, and no keys are here.",)
    return (f"Nothing is set up in {shown(status.home)} yet: no keys, no credentials.",)


def first_title(status: FirstSight) -> str:
    """Return the title of a first start."""
    titles = {HomeState.ELSEWHERE: KEYS_ELSEWHERE, HomeState.UNREACHED: KEYS_UNREACHED}
    return titles.get(status.state, FIRST_START)


def cmdb_used(status: FirstSight) -> str:
    """Return which CMDB this home uses from now on."""
    return f"This home uses the CMDB {shown(status.cmdb)} now."


def restore_remembered(copy: BackupCopy) -> tuple[str, str]:
    """Return the way to restore the remembered backup, and where it lies."""
    place = f"{safe(copy.address)} ({location_word(copy.where.location)})"
    return f"Restore from {backup_name(copy)} of {when(copy.backup.created)}", place


def go_on_without(credentials: int) -> tuple[str, str]:
    """Return the last way, and what it costs."""
    stay = "stays" if credentials == 1 else "stay"
    return (
        "Go on without their keys",
        f"{count(credentials, 'credential')} {stay} lost until entered again, or a backup is found.",
    )


def count_question(credentials: int) -> str:
    """Return the question before going on without the keys."""
    return f"{count(credentials, 'credential')} will not open again unless a backup of the keys is found."


def count_help(credentials: int) -> str:
    """Return what has to be typed before credentials are let go."""
    return f"type {credentials} to go on without them"


def count_refused(credentials: int) -> str:
    """Return the line for a count that does not match."""
    return f"There are {number(credentials)}: type {credentials}, or go back with Esc."


_AGAINST = MappingProxyType(
    {
        "tpm2": "a copy of this disk alone does not open them",
        "passphrase": "shut on a stolen machine; asked once per run",
        "pkcs11": "shut without the token; its PIN is asked for",
        "file": "whoever copies this disk has the keys",
    }
)
"""What each protects against, in the 44 cells that the smallest screen has beside a name."""


def server_problem(name: str) -> str:
    """Return why a server cannot have this name; empty where it can."""
    if not name.strip():
        return NAME_MISSING
    try:
        check_server(name.strip())
    except FieldInvalid as error:
        return say(error).what
    return ""


def protector_choice(name: str) -> tuple[str, str]:
    """Return a protector and what it protects against."""
    label = protector_name(name)
    return capitalised(label), _AGAINST.get(name) or protector_words(name).partition(": ")[2]


def protector_unavailable(name: str, reason: ProtectorProblem | None) -> str:
    """Return a protector that cannot be had here, and why."""
    label, _ = protector_choice(name)
    return f"{label} is not available{problem_text(reason)}."


def set_up_sentence(server: str) -> str:
    """Return the sentence that the set-up is done."""
    return f"Notification Server {shown(server)} is set up."
