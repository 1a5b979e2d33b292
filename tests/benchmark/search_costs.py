"""What a search in a long list costs, against a tenth of a second: the first page of matches, which a
person waits for, and then their number."""

from pathlib import Path

from nskeys.model.credential_list import CredentialFilter, CredentialOrder, SortBy
from nskeys.services.credentials.service import CredentialService
from tests.benchmark.homes import make_home
from tests.benchmark.measuring import Cost, Ratio, in_turn, taken

_TEXTS = {
    "package-04142": "ten of a million",
    "finance-41": "one of 97",
    "svc": "all",
    "no such text": "none",
}
"""Texts, and how many credentials have them."""
_PAGE = 40


def searching(folder: Path, credentials: int) -> list[Ratio]:
    """The first page of matches of several texts, as a person types them, and all of them counted."""
    services = make_home(folder / "home", credentials, scrypt_log_n=4)
    ratios, floor = [], Cost(0.1, 0.1).times(1e3)
    for text, found in _TEXTS.items():
        page, number = _costs(services.credentials, text)
        what = f"search in {credentials:,}, {found}"
        ratios.append(Ratio(f"{what} (100 ms)", floor, page.times(1e3), "ms", 1.0))
        ratios.append(Ratio("  their number", floor, number.times(1e3), "ms"))
    services.close()
    return ratios


def _costs(credentials: CredentialService, text: str) -> list[Cost]:
    def begin() -> None:
        credentials.pages(CredentialFilter(text=text), CredentialOrder(SortBy.KIND)).beginning(_PAGE)

    def count() -> None:
        credentials.total(CredentialFilter(text=text))

    return in_turn(5, lambda: taken(begin), lambda: taken(count))
