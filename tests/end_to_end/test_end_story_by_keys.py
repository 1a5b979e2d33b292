"""The whole story of recoverability, as somebody sees it who has nothing but a terminal."""

import subprocess
import sys

from tests.end_to_end.story_by_keys import NEW, OLD, Story, kept_screens, story_folder, walk
from tests.end_to_end.tmux_session import needs_tmux

pytestmark = needs_tmux


def test_every_screen_is_right_from_the_first_credential_to_the_last_re_entry() -> None:
    kept = kept_screens()
    with story_folder() as root:
        story = Story(root, kept)
        walk(story)
        assert list(story.drawn) == list(kept), "a screen is kept that nobody draws"
        program = [sys.executable, "-m", "nskeys_tui", "--home", str(story.b)]
        verified = subprocess.run([*program, "verify"], capture_output=True, text=True, check=False)
    assert verified.returncode == 0, verified.stderr
    assert verified.stderr == f"Every credential opened ({len(OLD) + len(NEW)}).\n"
    assert not [name for name, screen in kept.items() if "MARKED" in screen]
