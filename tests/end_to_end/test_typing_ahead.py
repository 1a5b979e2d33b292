"""A slow line delivers many keys at once: each must reach the field that it was typed for."""

import sys
from pathlib import Path

from tests.benchmark.homes import make_home
from tests.end_to_end.pty_session import PtySession


def test_what_is_typed_behind_a_tab_reaches_the_next_field(tmp_path: Path) -> None:
    make_home(tmp_path, 0, scrypt_log_n=4).close()
    with PtySession([sys.executable, "-m", "nskeys_tui", "--home", str(tmp_path)]) as session:
        session.wait_for("No credentials")
        session.press("a")
        session.wait_for("Add a credential")
        session.press("enter")
        session.settle()
        session.write("emea-ns02\thttps://ns02.emea\tCORP\\svc-repl\ttr0ub4dor\ta note")
        session.wait_for("a note")
        session.settle()
        lines = {line.split()[0]: line for line in session.screen if line.strip()}
        assert lines["Name"].split() == ["Name", "emea-ns02"]
        assert lines["Target"].split() == ["Target", "https://ns02.emea"]
        assert "tr0ub4dor" not in session.text
        session.press("enter")
        session.wait_for("at risk")
        assert b"tr0ub4dor" not in session.raw


def test_a_key_that_corrects_is_not_overtaken_by_what_follows_it(tmp_path: Path) -> None:
    """A password that is typed blind would silently be another one."""
    make_home(tmp_path, 0, scrypt_log_n=4).close()
    with PtySession([sys.executable, "-m", "nskeys_tui", "--home", str(tmp_path)]) as session:
        session.wait_for("No credentials")
        session.press("a")
        session.wait_for("Add a credential")
        session.press("enter")
        session.settle()
        backspace, left, to_the_start, clear = "\x7f", "\x1b[D", "\x01", "\x15"
        session.write(f"emma{backspace}{backspace}ea-ns0{backspace}2\t")
        session.write(f"https://n02{left}{left}s\t")
        session.write(f"svc-repl{to_the_start}CORP\\\t")
        session.write(f"wrong{clear}right\ta note{backspace}")
        session.wait_for("a not")
        session.settle()
        lines = {line.split()[0]: line for line in session.screen if line.strip()}
        assert lines["Name"].split() == ["Name", "emea-ns2"]
        assert lines["Target"].split() == ["Target", "https://ns02"]
        assert lines["Account"].split() == ["Account", "CORP\\svc-repl"]
        assert lines["Secret"].split() == ["Secret", "•" * len("right")]
        assert lines["Note"].split() == ["Note", "a", "not"]
