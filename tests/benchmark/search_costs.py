"""What a search in a long list costs, against a tenth of a second of CPU: the first page of matches, which
a person waits for, and then their number."""

from collections.abc import Callable, Mapping
from pathlib import Path

from nskeys.model.credential_list import CredentialFilter, CredentialOrder, SortBy
from nskeys.services.credentials.service import CredentialService
from tests.benchmark.homes import make_home
from tests.benchmark.measuring import Cost, Ratio, in_turn, taken

_PAGE = 40


def _texts(credentials: int) -> Mapping[str, str]:
    """Return texts, and which credentials have them."""
    last_tenth = f"package-{credentials // 10 * 9:06d}"
    return {
        "package-04142": "ten of a million",
        "finance-41": "one of 97",
        last_tenth[: -len(str(credentials)) + 2]: "the last tenth of the list",
        "svc": "all",
        "no such text": "none",
        "04": "two characters, one of 17",
        "zq": "two characters, none",
    }


def searching(folder: Path, credentials: int) -> list[Ratio]:
    """The first page of matches of several texts, as a person types them, and all of them counted."""
    services = make_home(folder / "home", credentials, scrypt_log_n=4)
    ratios = search_lines(services.credentials, credentials)
    services.close()
    return ratios


def wall(cost: Cost) -> Cost:
    """Return the milliseconds that somebody waits."""
    return cost.times(1e3)


def _of_cpu(cost: Cost) -> Cost:
    """Return the milliseconds of CPU alone: the next letter waits for nothing else on a busy machine."""
    milliseconds = 1e3 * (cost.cpu or 0)
    return Cost(milliseconds, milliseconds)


def search_lines(
    found_by: CredentialService,
    credentials: int,
    where: str = "search in",
    counted: Callable[[Cost], Cost] = _of_cpu,
) -> list[Ratio]:
    """The same in a CMDB that is filled."""
    ratios, floor = [], Cost(100.0, 100.0)
    for text, found in _texts(credentials).items():
        page, number = map(counted, _costs(found_by, text))
        ratios.append(Ratio(f"{where} {credentials:,}, {found}", floor, page, "ms", 1.0))
        ratios.append(Ratio("  their number", floor, number, "ms"))
    return ratios


def _costs(credentials: CredentialService, text: str) -> list[Cost]:
    def begin() -> None:
        credentials.pages(CredentialFilter(text=text), CredentialOrder(SortBy.KIND)).beginning(_PAGE)

    def count() -> None:
        credentials.total(CredentialFilter(text=text))

    return in_turn(5, lambda: taken(begin), lambda: taken(count))
