"""The floor for a cursor key: a curses list of as many columns as the program's table."""

import curses


def _main(screen: "curses.window") -> None:
    curses.curs_set(0)
    lines, columns = screen.getmaxyx()
    rows = lines - 4
    first, cursor = 0, 0
    while True:
        screen.erase()
        screen.addstr(0, 1, "curses list")
        for place in range(rows):
            number = first + place
            text = f" run-as  package-{number:06d}  finance-{number % 97:<12} CORP\\svc-{number % 1009:<10}"
            style = curses.A_REVERSE if number == cursor else curses.A_NORMAL
            screen.addnstr(place + 2, 0, f"{text}  at risk".ljust(columns - 1), columns - 1, style)
        screen.refresh()
        key = screen.getch()
        if key == ord("q"):
            return
        step = {curses.KEY_DOWN: 1, curses.KEY_UP: -1, curses.KEY_NPAGE: rows, curses.KEY_PPAGE: -rows}.get(
            key, 0
        )
        cursor = max(0, cursor + step)
        if not first <= cursor < first + rows:
            first = max(0, cursor - cursor % rows)


curses.wrapper(_main)
