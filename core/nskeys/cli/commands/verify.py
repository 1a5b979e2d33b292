"""`nskeys verify`: does every credential open with the keys of this server?"""

from argparse import Namespace

from nskeys.cli import proof_documents
from nskeys.cli.exit_codes import Exit
from nskeys.cli.output import tell_failures
from nskeys.cli.session import Session
from nskeys.wording.proofs import failure_lines, proof_sentence


def run(session: Session, _: Namespace) -> int:
    services = session.services()
    with session.progress() as progress:
        proof = services.verify.execute(session.secrets, progress)
    if session.output.as_json:
        session.output.document("verification", proof_documents.verified(proof))
    else:
        tell_failures(session.output, proof)
    session.output.say(proof_sentence(proof), *failure_lines(proof))
    return Exit.DONE if proof.whole else Exit.INCOMPLETE
