"""The names that password managers give their recycle bin, and whether a group's path holds one.

A CSV has no mark for what was deleted: the bin is a group like any other, called as the program's language
calls it on the day when the database was made. Facts, gathered from the programs' public translations:

- KeePassXC: every translation of "Recycle Bin" in `share/translations`, of twice a year from 2012 to the
  commit 95bae83 of 2024-10-19, for a database keeps the name it was made with.
- KeePassDX, which writes KeePass' databases: `recycle_bin` of every `strings.xml` of the commit e94bf93 of
  2026-06-28, those that KeePassXC does not have. KeePass itself publishes its translations
  as binary files only.
"""

import unicodedata
from functools import lru_cache

_KEEPASSXC = (
    "Bac de Recyclage",
    "Cestino",
    "Cestino (Gruppo)",
    "Corbeille",
    "Coș de gunoi",
    "Geri Dönüşüm Kutusu",
    "Keranjang Sampah",
    "Kosh Hedhurinash",
    "Kosz",
    "Koš",
    "Koš za smeće",
    "Kuka",
    "Kôš",
    "Lixeira",
    "Papelera",
    "Papelera de reciclaje",
    "Paperera",
    "Papierkorb",
    "Papirkurv",
    "Papperskorg",
    "Prullenbak",
    "Prügikast",
    "Reciclagem",
    "Recycle Bin",
    "Roskakori",
    "Skraldespand",
    "Tong Sampah",
    "Zakarrontzia",
    "Çöp kutusu",
    "Šiukšlinė",
    "Κάδος Ανακύκλωσης",
    "Καλάθι ανακύκλωσης",
    "Корзина",
    "Корпа за отпатке",
    "Кошче",
    "Смітник",
    "Қоқыс шелегі",
    "סל המחזור",
    "סל־מחזור",
    "سلة المهملات",
    "রিসাইকেল বিন",
    "ප්\u200dරතිචක්\u200dරීකරණ බඳුන",
    "ถังขยะ",
    "အမှိုက်ပုံး",
    "ធុងសំរាម",
    "ゴミ箱",
    "回收桶",
    "回收站",
    "垃圾桶",
    "휴지통",
)
"""2012 to 2024-10-19."""
_KEEPASSDX = (
    "Atkritne",
    "Caixote da reciclagem",
    "Korpa za otpatke",
    "Kosh riciklimesh",
    "Papeleira de reciclaxe",
    "Paperera de reciclatge",
    "Papirkurven",
    "Thùng rác",
    "Zibil qutusu",
    "Šiukšliadėžė",
    "Кошик",
    "Смеццевая скрыня",
    "סל מחזור",
    "سلة المحذوفات",
    "ਰੱਦੀ",
    "மறுசுழற்சி பின்",
    "റീസൈക്കിൾ ബിൻ",
)
"""2026-06-28."""


@lru_cache(maxsize=1_024)
def lies_in_bin(group: str) -> bool:
    """Return whether a part of the path is called like a bin. Any part: a root group may have a slash in
    its name, so nobody can tell how deep a part lies."""
    return any(_plain(part) in _BINS for part in group.split("/"))


def _plain(name: str) -> str:
    """Return the name without case, spaces, hyphens and characters that join letters."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in folded if unicodedata.category(c) not in _IGNORED)


_IGNORED = frozenset({"Cf", "Zs", "Zl", "Zp", "Pd", "Pc", "Cc"})
_BINS = frozenset(map(_plain, (*_KEEPASSXC, *_KEEPASSDX)))
