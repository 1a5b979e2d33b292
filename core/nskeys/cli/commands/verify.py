"""`nskeys verify`: does every credential open with the keys of this server?"""

from argparse import Namespace

from nskeys.cli import documents
from nskeys.cli.exit_codes import Exit
from nskeys.cli.output import tell_failures
from nskeys.cli.parser import Commands
from nskeys.cli.session import Session
from nskeys.wording.proofs import failure_lines, proof_sentence


def add(commands: Commands) -> None:
    """Tell the grammar."""
    commands.command(
        "verify",
        run,
        "open every credential with the keys of this server",
        text="Changes nothing and shows no secret. Exit code 1 if some do not open.",
        example="  nskeys verify --json\n      for a script",
    )


def run(session: Session, _: Namespace) -> int:
    """Try all of them."""
    services = session.services()
    with session.progress() as progress:
        proof = services.verify.execute(session.secrets, progress)
    if session.output.as_json:
        session.output.document(documents.verified(proof))
    else:
        tell_failures(session.output, proof)
    session.output.say(proof_sentence(proof), *failure_lines(proof))
    return Exit.INCOMPLETE if proof.failed else Exit.DONE
