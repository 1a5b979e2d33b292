"""The proof, credential by credential, and the list of what must be re-entered."""

from functools import partial
from pathlib import Path

import pytest

from nskeys.model.plans import ProofReport
from nskeys_tui.screens.proof import ProofScreen, VerifyScreen
from nskeys_tui.screens.session import Session
from tests.fakes.fixed import NobodyToAsk
from tests.fakes.real_site import RealServer
from tests.fakes.servers import PASSPHRASE
from tests.tui.on_screen import SIZES, OnScreen, server_in

NAMES = ("alpha", "beta", "gamma")


def proof_list(proof: ProofReport, session: Session) -> ProofScreen:
    return ProofScreen(session, proof)


@pytest.fixture
def server(tmp_path: Path) -> RealServer:
    """Three credentials, one of which somebody changed in the database."""
    server = server_in(tmp_path, *NAMES)
    with server.installation.cmdb.reading() as view:
        beta = next(row.credential for row in view.sealed() if row.credential.fields.name == "beta")
    server.forge_credential(beta.credential_id, target="somewhere-else-*")
    return server


def proof_of(server: RealServer) -> ProofReport:
    return server.services.verify.execute(NobodyToAsk())


@pytest.mark.parametrize("size", SIZES)
async def test_what_failed_is_seen_first_and_everything_on_request(
    server: RealServer, size: tuple[int, int]
) -> None:
    stage = OnScreen(server, partial(proof_list, proof_of(server)), size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "2 of 3 credentials opened, 1 did not.", "beta", "changed or damaged !")
        assert "alpha" not in stage.words
        await stage.press(pilot, "f", until=("alpha", "gamma", "opened"))
        await stage.press(pilot, "f")
        await stage.gone(pilot, "alpha")
        await stage.press(pilot, "e", until=("Re-entry", "1 of 3 do not open here"))


async def test_the_list_is_saved_without_secrets_and_never_over_a_file(
    server: RealServer, tmp_path: Path
) -> None:
    path = tmp_path / "re-enter.txt"
    path.write_text("a list from before")
    stage = OnScreen(server, partial(proof_list, proof_of(server)))
    async with stage.play() as pilot:
        await stage.wait(pilot, "beta")
        await stage.press(pilot, "s", until="No secrets.")
        await pilot.press("ctrl+u")
        await stage.press(pilot, "enter", until="Type the name of a new file.")
        await stage.type(pilot, str(path))
        await stage.press(pilot, "enter", until="Name another file")
        await stage.type(pilot, ".new")
        await stage.press(pilot, "enter", until="The list is in")
    assert path.read_text() == "a list from before"
    saved = Path(f"{path}.new")
    assert "[ ] run-as  beta" in saved.read_text()
    assert "somewhere-else-*" in saved.read_text()
    assert "alpha" not in saved.read_text()
    assert saved.stat().st_mode & 0o777 == 0o600


async def test_where_all_opened_there_is_nothing_to_save(tmp_path: Path) -> None:
    server = server_in(tmp_path, *NAMES)
    stage = OnScreen(server, partial(proof_list, proof_of(server)))
    async with stage.play() as pilot:
        await stage.wait(pilot, "Every credential opened (3).", "alpha", "beta", "gamma")
        assert "Save list" not in stage.words
        await pilot.press("escape")
        await stage.left(pilot)


# --- verify --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_verify_tries_everything_at_once_and_shows_the_list(
    server: RealServer, size: tuple[int, int]
) -> None:
    before = server.everything()
    stage = OnScreen(server, VerifyScreen, size)
    async with stage.play() as pilot:
        await stage.wait(pilot, "2 of 3 credentials opened", "beta", "edit the credential.")
        await pilot.press("escape")
        await stage.left(pilot)
    assert server.everything() == before


async def test_verify_asks_for_the_passphrase_and_may_be_left_there(tmp_path: Path) -> None:
    server = server_in(tmp_path, protector="passphrase")
    stage = OnScreen(server, VerifyScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "Passphrase of the key store")
        await stage.type(pilot, "wrong")
        await stage.press(pilot, "enter", until="That passphrase does not open the key store.")
        await stage.type(pilot, PASSPHRASE)
        await stage.press(pilot, "enter", until="There are no credentials")
        await pilot.press("escape")
        await stage.left(pilot)


async def test_verify_left_at_its_question_leads_back(tmp_path: Path) -> None:
    stage = OnScreen(server_in(tmp_path, protector="passphrase"), VerifyScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "Passphrase of the key store")
        await pilot.press("escape")
        await stage.left(pilot)
