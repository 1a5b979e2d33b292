"""A passphrase or a PIN is asked for at the app's start, once in a run, and not where no key is needed."""

from pathlib import Path

import pytest

from nskeys.bootstrap import Services
from nskeys.errors import SecretUnavailable
from nskeys.model.credentials import CredentialKind, check_fields
from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose, SecretRequest, Settings
from nskeys.reasons import Wanted
from nskeys.services.passwords.remembered import RememberedPassphrase
from nskeys_tui.dialogs.secret import AskPassword
from nskeys_tui.screens.navigation import SCREENS, open_screen
from nskeys_tui.screens.overview import OverviewScreen
from nskeys_tui.widgets.frame import TitleBar
from nskeys_tui.widgets.table.table import CredentialTable
from tests.fakes.fixed import Answers
from tests.fakes.token import PIN, Tokens
from tests.tui.app_on import AppOn, Typed, services_in, set_up
from tests.tui.stage import HOME_SIZE, SMALL_SIZE, until

PASSPHRASE = "nine pears on a shelf"
SIZES = pytest.mark.parametrize("size", [HOME_SIZE, SMALL_SIZE])
OPENS = ("verify", "re_entry")
"""Screens that are there to open every credential."""
ASKED = "Passphrase of the key store"


def server_under(folder: Path, protector: str) -> Services:
    """A server with a credential."""
    services = services_in(folder / "home")
    known = Answers(
        {
            Purpose.NEW_PASSPHRASE: [PASSPHRASE],
            Purpose.PASSPHRASE: [PASSPHRASE] * 2,
            Purpose.PIN: [PIN] * 3,
        }
    )
    services.set_up.execute(protector, known, Settings("ns01.example.net", ""))
    fields = check_fields(CredentialKind.RUN_AS, "deploy", "finance-*", "CORP\\svc")
    with SecretBytes.from_text("correct horse") as secret:
        services.credentials.add(fields, secret, known)
    return services


@pytest.fixture
def services(tmp_path: Path) -> Services:
    """A server whose keys are under a passphrase."""
    return server_under(tmp_path, "passphrase")


@SIZES
async def test_it_is_asked_at_the_start_and_not_again(services: Services, size: tuple[int, int]) -> None:
    app = AppOn(services, size)
    async with app.play() as pilot:
        await app.wait(pilot, "Passphrase of the key store", "asked for once in this run", "Esc leaves it")
        await app.press(pilot, Typed("wrong"), "enter", shows="does not open the key store")
        assert isinstance(app.app.screen, AskPassword)
        await app.press(pilot, Typed(PASSPHRASE), "enter", hides=ASKED)
        await app.wait(pilot, "deploy")
        await until(pilot, lambda: isinstance(app.app.screen, OverviewScreen))
        await app.press(pilot, "enter", shows="s Show secret")
        await app.press(pilot, "s", shows="correct horse")


async def test_the_first_screen_is_there_behind_the_question(services: Services) -> None:
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, ASKED)
        first = app.app.screen_stack[-2]
        assert isinstance(first, OverviewScreen)
        await until(pilot, lambda: "ns01" in first.query_one(TitleBar).subject)


async def test_whoever_leaves_it_is_asked_where_a_key_is_needed(services: Services) -> None:
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, ASKED)
        await app.press(pilot, "escape", hides=ASKED)
        await app.press(pilot, "enter", shows="s Show secret")
        await app.press(pilot, "s", shows=ASKED)
        assert "asked for once in this run" not in app.text
        await app.press(pilot, Typed(PASSPHRASE), "enter", shows="correct horse")
        await app.press(pilot, "escape", shows="deploy")


async def test_whoever_gives_up_after_a_wrong_one_has_given_none(services: Services) -> None:
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, ASKED)
        await app.press(pilot, Typed("wrong"), "enter", shows="does not open the key store")
        await app.press(pilot, "escape", hides=ASKED)
        await app.press(pilot, "enter", shows="s Show secret")
        await app.press(pilot, "s", shows=ASKED)
        assert "does not open" not in app.text


@pytest.mark.parametrize("name", [name for name in SCREENS if name not in OPENS])
async def test_no_screen_asks_when_it_is_opened(services: Services, name: str) -> None:
    """What opens keys asks when it is told to do it, and not before."""
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, ASKED)
        await app.press(pilot, "escape", hides=ASKED)
        assert app.session is not None
        asking: list[SecretRequest] = []
        app.session.secrets = RememberedPassphrase(Recording(asking))
        screen = open_screen(name, app.session)
        app.app.push_screen(screen)
        await until(pilot, lambda: screen in app.app.screen_stack)
        await pilot.pause(0.4)
        assert asking == []
        assert not any(isinstance(shown, AskPassword) for shown in app.app.screen_stack)


class Recording:
    """Whoever is asked, and has no answer."""

    def __init__(self, asked: list[SecretRequest]) -> None:
        self._asked = asked

    def __call__(self, request: SecretRequest, retry: int) -> SecretBytes:
        self._asked.append(request)
        raise SecretUnavailable(Wanted(request.purpose))


async def test_a_plain_file_asks_nobody(tmp_path: Path) -> None:
    app = AppOn(set_up(tmp_path / "home"))
    async with app.play() as pilot:
        await app.wait(pilot, "If this server died now")
        await pilot.pause(0.2)
        assert isinstance(app.app.screen, OverviewScreen)


async def test_a_pin_is_asked_at_the_start_as_well(tmp_path: Path, tokens: Tokens) -> None:
    app = AppOn(server_under(tmp_path, tokens.uri()))
    async with app.play() as pilot:
        await app.wait(pilot, "PIN of the token")
        await app.press(pilot, Typed("0000"), "enter", shows="That PIN is wrong")
        await app.press(pilot, Typed(PIN), "enter", hides="PIN of the token")
        await app.wait(pilot, "deploy")
        await until(pilot, lambda: isinstance(app.app.focused, CredentialTable))
        await app.press(pilot, "enter", shows="s Show secret")
        await app.press(pilot, "s", shows="correct horse")


async def test_a_token_that_is_not_there_is_said(tmp_path: Path, tokens: Tokens) -> None:
    app = AppOn(server_under(tmp_path, tokens.uri()))
    tokens.unplug()
    async with app.play() as pilot:
        await app.wait(pilot, "PIN of the token")
        await app.press(pilot, Typed(PIN), "enter", shows="no such token is plugged in")
        await app.press(pilot, "enter", hides="no such token")
        await app.wait(pilot, "deploy")
