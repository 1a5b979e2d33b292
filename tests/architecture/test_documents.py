"""What stands beside the code says what the code does."""

import re
import tomllib
from pathlib import Path

from tests.architecture.picture import picture

ROOT = Path(__file__).parents[2]
ARCHITECTURE = (ROOT / "core" / "ARCHITECTURE.md").read_text(encoding="utf-8")
DECISIONS = ROOT / "core" / "decisions"


def test_the_picture_of_the_house_is_that_of_the_contracts() -> None:
    assert picture() in ARCHITECTURE


def test_every_place_that_the_architecture_names_is_there() -> None:
    named = re.findall(
        r"`((?:nskeys|nskeys_tui|cli|services|archive|model|tests|store|imports|wording)/[\w/.]*)`",
        ARCHITECTURE,
    )
    assert len(named) > 20
    roots = (ROOT, ROOT / "core", ROOT / "core" / "nskeys", ROOT / "tui")
    assert [
        name for name in named if "NAME" not in name and not any((root / name).exists() for root in roots)
    ] == []


def test_the_index_names_every_decision_in_order_with_its_date_and_status() -> None:
    index = (DECISIONS / "index.md").read_text(encoding="utf-8")
    pages = sorted(DECISIONS.glob("0*.md"))
    assert re.findall(r"^\| \[(\d{4})\]", index, re.M) == [
        f"{number:04}" for number in range(1, len(pages) + 1)
    ]
    for page in pages:
        head = page.read_text(encoding="utf-8").split("\n", 3)
        number, title = re.fullmatch(r"# (\d+)\. (.+)", head[0]).groups()  # type: ignore[union-attr]  # its form
        date, status = re.fullmatch(r"Date: (\S+)\. Status: (.+)\.", head[2]).groups()  # type: ignore[union-attr]  # its form
        assert page.name.startswith(f"{int(number):04}-")
        assert f"| [{page.name[:4]}]({page.name}) | {title} | {date} | {status} |" in index


def test_the_locks_are_of_the_ranges() -> None:
    """Each direct dependency is locked, with hashes."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = {
        "requirements.lock": [
            *project["dependencies"],
            *(line for extra in ("postgres", "s3", "hsm", "kdbx") for line in extras[extra]),
        ],
        "requirements-dev.lock": [*project["dependencies"], *extras["dev"]],
    }
    for name, requirements in wanted.items():
        lock = (ROOT / name).read_text(encoding="utf-8")
        locked = {line.split("==")[0] for line in lock.splitlines() if re.match(r"[a-z0-9-]+==", line)}
        named = {
            re.split(r"[\[<>=~!]", requirement)[0].lower().replace("_", "-") for requirement in requirements
        }
        assert named - {"nskeys"} <= locked
        assert lock.count("--hash=sha256:") >= len(locked)
