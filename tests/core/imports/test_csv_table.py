"""CSV as programs and spreadsheets write it: what a cell says, and what is refused with its line."""

import csv
import io

import pytest
from hypothesis import given, strategies as st

from nskeys.errors import ImportUnreadable
from nskeys.imports.csv_table import CELL_LIMIT, CsvTable, separator_line

HEADER = "name,user,secret"
CELLS = ("", " ", "a", '"', "b c", ",", "\n", "\r\n", " x", 'y"', "\t")


def rows(text: str, delimiter: str = ",", *, backslash: bool = False) -> list[list[str] | None]:
    table = CsvTable("x.csv", text, delimiter, backslash=backslash)
    return [cells for _, cells in table]


def problem(text: str, delimiter: str = ",", *, backslash: bool = False) -> tuple[str, int]:
    with pytest.raises(ImportUnreadable) as caught:
        rows(text, delimiter, backslash=backslash)
    return caught.value.problem, caught.value.line


@pytest.mark.parametrize(
    "record",
    [
        '"till", "svc", "p, ""q"" "',
        '"till" ,"svc" ,"p, ""q"" "',
        ' "till",\t"svc" , "p, ""q"" " ',
        'till,svc,"p, ""q"" "',
    ],
)
def test_spaces_around_quotes_are_no_part_of_a_cell_and_those_within_are(record: str) -> None:
    assert rows(f"{HEADER}\n{record}\n") == [["till", "svc", 'p, "q" ']]


def test_spaces_around_a_cell_without_quotes_are_refused_where_the_row_is_written_with_spaces() -> None:
    assert problem(f'{HEADER}\nfirst,a,b\n"till", svc, "secret"\n') == ("padded_cell", 3)


def test_spaces_of_a_row_that_is_written_without_them_belong_to_the_cells() -> None:
    assert rows(f"{HEADER}\ntill, svc, secret \n") == [["till", " svc", " secret "]]
    assert rows(f'{HEADER}\n"till"," svc"," secret "\n') == [["till", " svc", " secret "]]


def test_rows_of_empty_cells_are_blank_lines_and_are_not_counted() -> None:
    table = CsvTable("x", f'{HEADER}\r\n,,\r\na,b,c\r\n"","",""\r\n,\r\n\r\nd,e,f')
    assert [(number, cells and cells[0]) for number, cells in table] == [(1, "a"), (2, "d")]


def test_a_row_of_spaces_is_a_row() -> None:
    assert rows(f"{HEADER}\n , , \n") == [[" ", " ", " "]]


def test_columns_without_a_name_are_told_apart() -> None:
    table = CsvTable("x", "name,,secret,\na,,b,found\n")
    assert table.columns == ("name", "column 2", "secret", "column 4")
    ((_, cells),) = table
    assert cells == ["a", "", "b", "found"]


@pytest.mark.parametrize(
    ("line", "delimiter"),
    [("sep=;", ";"), ("SEP=,", ","), ('"sep=\t"', "\t"), ("separate", ""), ("sep=;;", ""), ("", "")],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_a_line_that_names_the_separator_is_no_record(line: str, delimiter: str, ending: str) -> None:
    text = f"{line}{ending}name,secret{ending}a,b{ending}"
    assert separator_line(text) == delimiter
    if delimiter:
        text = text.replace("name,secret", f"name{delimiter}secret")
        assert CsvTable("x", text, delimiter).columns == ("name", "secret")


def test_lines_are_counted_from_the_top_of_the_file_whatever_stands_there() -> None:
    assert problem('sep=,\nname,secret\n"two\nlines",x\na,"b"c\n') == ("quote_in_field", 5)


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_separators_part_the_cells(delimiter: str) -> None:
    text = f'{HEADER}\ntill,"a;b\tc|d,e",secret\n'.replace(",", delimiter, 3).replace(
        ",secret", f"{delimiter}secret"
    )
    assert rows(text, delimiter) == [["till", "a;b\tc|d,e", "secret"]]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (f'{HEADER}\na,b,"never\nclosed\n', ("unterminated_quote", 2)),
        (f'{HEADER}\na,b,"c"d\n', ("quote_in_field", 2)),
        (f'{HEADER}\na,b, "c" d\n', ("quote_in_field", 2)),
        (f'{HEADER}\na,b,"two\nlines"d\n', ("quote_in_field", 3)),
        (f"{HEADER}\na,b,{'c' * (CELL_LIMIT + 1)}\n", ("field_too_long", 2)),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused_with_its_line(text: str, wrong: tuple[str, int]) -> None:
    assert problem(text) == wrong


def test_a_quote_in_the_middle_of_a_cell_without_quotes_is_a_character() -> None:
    assert rows(f'{HEADER}\ndisk 5",svc,a"b"\n') == [['disk 5"', "svc", 'a"b"']]


def test_backslashes_of_keepass_1_stand_before_quotes_and_themselves() -> None:
    text = f'{HEADER}\n"a","LAB\\\\svc","say \\"x\\" \\\\\\\\"\n'
    assert rows(text, backslash=True) == [["a", "LAB\\svc", 'say "x" \\\\']]


@pytest.mark.parametrize("cell", ['"LAB\\svc"', "LAB\\\\svc", '"a\\'])
def test_a_backslash_that_means_nothing_is_refused(cell: str) -> None:
    assert problem(f'{HEADER}\n"a",{cell},"x"\n', backslash=True) == ("stray_backslash", 2)


@given(
    st.lists(
        st.lists(
            st.sampled_from(["", " ", "a", '"', "b c", ",", "\n", "\r\n", " x", 'y"', "\t"]),
            min_size=3,
            max_size=3,
        ),
        max_size=4,
    ),
    st.sampled_from([",", ";", "\t"]),
    st.booleans(),
)
def test_the_quick_reader_and_the_careful_one_read_the_same(
    records: list[list[str]], delimiter: str, quoted: bool
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    writer.writerow(HEADER.split(","))
    writer.writerows(records)
    assert both(out.getvalue(), delimiter)


@given(st.text(alphabet='a",; \t\r\n', max_size=24), st.sampled_from([",", ";", "\t"]))
def test_so_they_do_of_any_text(text: str, delimiter: str) -> None:
    assert both(f"{HEADER.replace(',', delimiter)}\n{text}", delimiter)


def both(text: str, delimiter: str) -> bool:
    """Whether both ways give the same rows, or the same error."""

    def read(*, careful: bool) -> object:
        table = CsvTable("x", text, delimiter)
        if careful:
            table._is_plain = lambda: False  # type: ignore[method-assign]  # so that nothing is read quickly
        try:
            return list(table)
        except ImportUnreadable as error:
            return error.problem, error.line

    return read(careful=True) == read(careful=False)


def test_a_header_with_spaces_makes_spaces_of_cells_doubtful() -> None:
    assert problem("name, user, secret\nfirst, a, b\n") == ("padded_cell", 2)
    assert problem('name, user, secret\n"first", "a", b \n') == ("padded_cell", 2)
    assert rows('name, user, secret\n"first", "a", " b"\nlast,c,d\n') == [
        ["first", "a", " b"],
        ["last", "c", "d"],
    ]
