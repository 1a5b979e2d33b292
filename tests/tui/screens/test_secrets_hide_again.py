"""A secret that was shown is hidden after a minute, on leaving, and by the same key."""

from pathlib import Path

import pytest

from nskeys.model.secret import SecretBytes
from nskeys_tui.screens import credential_detail, credential_form
from nskeys_tui.screens.credential_detail import CredentialScreen
from nskeys_tui.screens.credential_form import CredentialFormScreen
from tests.fakes.fixed import NobodyToAsk
from tests.tui.on_screen import OnScreen, server_in
from tests.tui.stage import until


async def test_a_secret_is_hidden_after_its_time_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = server_in(tmp_path, "alpha")
    with SecretBytes.from_text("correct horse") as fresh:
        server.services.credentials.edit(
            server.services.credentials.show("run-as/alpha"),
            server.services.credentials.show("run-as/alpha").fields,
            fresh,
            NobodyToAsk(),
        )
    credential = server.services.credentials.show("run-as/alpha")
    secret = "correct horse"
    stage = OnScreen(server, lambda session: CredentialScreen(session, credential.credential_id))
    async with stage.play() as pilot:
        await stage.wait(pilot, "s Show secret")
        await stage.press(pilot, "s", until=(secret, "It is hidden after a minute, and when you leave"))
        assert "s Hide secret" in stage.words
        await stage.press(pilot, "s", until="s Show secret")
        assert secret not in stage.words
        monkeypatch.setattr(credential_detail, "SHOWN_FOR_S", 0.3)
        await stage.press(pilot, "s", until=secret)
        await stage.gone(pilot, secret)
        assert "s Show secret" in stage.words


async def test_a_generated_secret_is_put_into_its_field_hidden_and_shown_for_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credential_form, "SHOWN_FOR_S", 0.3)
    stage = OnScreen(server_in(tmp_path), CredentialFormScreen)
    async with stage.play() as pilot:
        await stage.wait(pilot, "^G Generate", "^R Show secret")
        await stage.press(pilot, "ctrl+g", until="generated; Ctrl+R shows it")
        screen = stage.app.screen
        assert isinstance(screen, CredentialFormScreen)
        secret = screen._field("secret").value
        assert len(secret) > 20
        assert secret not in stage.words
        await stage.press(pilot, "ctrl+r", until="^R Hide secret")
        assert secret[:20] in stage.words
        await until(pilot, lambda: "^R Show secret" in stage.words)
        assert secret[:20] not in stage.words
