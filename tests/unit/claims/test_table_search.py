"""Of all tables of a file the best one is kept, and no output makes the search long or breaks it."""

import re
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.claims.outputs import blocks
from grader.claims.reading import read_claims
from grader.claims.table_search import TableSearch
from grader.schema.claims import LONGEST_TEXT, ComparisonTable
from tests.unit.claims.notebooks import code, notebook, shown, stream, text
from tests.unit.claims.test_comparison_table import STATEMENT, STYLES

TWO = "| Model | Params | Accuracy |\n|-|-|-|\n| scratch | 1163978 | 0.7 |\n| VGG FT | 5130 | 0.9 |\n| VGG FE | 1 | 0.8 |\n"
THREE = "| Model | Params | Accuracy | Time |\n|-|-|-|-|\n| scratch | 1163978 | 0.7 | 1 |\n| VGG FT | 5130 | 0.9 | 2 |\n"
LONGER = THREE + "| VGG FE | 5130 | 0.8 | 2 |\n"


def table_of(*cells: Any) -> ComparisonTable | None:
    return read_claims(notebook(*cells), "lab.ipynb").table


def test_a_file_without_such_a_table_has_none() -> None:
    assert table_of() is None
    assert table_of(text("# Results"), code(stream("test accuracy 0.72\n")), code()) is None


@pytest.mark.parametrize(
    ("cells", "cell", "written"),
    [
        ([code(stream(THREE)), code(stream(TWO))], 0, False),  # most columns
        ([code(stream(LONGER)), code(stream(THREE))], 0, False),  # then most rows with an approach
        ([code(stream(THREE)), text(THREE)], 0, False),  # outputs before text cells
        ([text(THREE), code(stream(THREE))], 1, False),
        ([code(stream(THREE)), code(stream(THREE))], 1, False),  # the later one
        ([text(STATEMENT), text(THREE + LONGER[len(THREE) :])], 0, True),  # five rows of the statement
        ([text(STATEMENT), text(LONGER + LONGER[-28:] * 2)], 1, True),  # filled before empty
    ],
)
def test_the_best_table_is_kept(cells: list[Any], cell: int, written: bool) -> None:
    table = table_of(*cells)
    assert table is not None
    assert (table.cell, table.written) == (cell, written)
    assert {(row.cell, row.written) for row in table.rows} == {(cell, written)}


@pytest.mark.parametrize(
    "output",
    [
        stream(STYLES["pandas"]),
        stream(STYLES["pandas"].splitlines(keepends=True)),
        shown(html=STYLES["pandas html"], plain=STYLES["pandas"]),
        shown(plain=STYLES["pandas str"]),
        shown(markdown=STYLES["pandas markdown"]),
        shown(html=STYLES["rich html"], plain="<rich.table.Table object>"),
        stream("\x1b[1m" + STYLES["rich heavy head 60"].replace("│", "\x1b[0m│\x1b[32m")),
        stream("Epoch 1/5\rEpoch 5/5\n" + STYLES["f-strings ragged"], name="stderr"),
    ],
)
def test_tables_of_all_kinds_of_outputs(output: dict[str, Any]) -> None:
    table = table_of(code(stream("Training...\n")), code(output))
    assert table is not None
    assert (table.cell, len(table.columns), len(table.rows)) == (1, 3, 5)


def test_a_text_cell_may_hold_tables_of_both_kinds() -> None:
    table = table_of(text("<table><tr><td>a</td></tr></table>\n\n" + THREE))
    assert table is not None
    assert table.written


def test_a_table_among_many_others_is_found() -> None:
    log = "".join(f"Evaluating the model on the test set, time {e}\n" for e in range(300))
    table = table_of(*(code(stream(log)) for _ in range(10)), code(stream(log + LONGER + log)))
    assert table is not None
    assert len(table.rows) == 3


def test_excerpts_are_plain_and_short() -> None:
    row = "| scratch \x00\u202e\ud800<script>" + "x" * 400 + " | 1163978 | 0.7 | 1 |\n"
    table = table_of(code(stream(THREE + row)))
    assert table is not None
    assert all(
        len(r.text) <= LONGEST_TEXT and r.text.isprintable() and r.label.isprintable() for r in table.rows
    )


HEADER = "Model  Number of trainable params  Test accuracy  Training time per epoch"
SIZE = 400_000  # characters: so many of an output are read


@pytest.mark.parametrize(
    "line",
    [
        HEADER + "\n",
        HEADER + " @\n",
        "params acc time " * 20 + "@\n",
        "| Model @ | params | acc | time |\n",
        "Model @  params acc time\nFE @ 1 2 3\n",
        "Model @  params acc time\nFE 1 2 3\nFT 2 3 4\n\n",
        "| @ | params | acc | time |\n| FE | 1 | 2 | 3 |\n| FT | 1 | 2 | 3 |\n\n",
        "| Model | params | acc | time |\n",
        "params|acc|time\n|FE|2|3\n\n",
        "acc time\n1 2\n",
        "FE FT\n",
        'params,acc,time\n"FE,2,3\n\n',
        "params,acc,time\n" + '"' * 1900 + "\n",
        "\\begin{tabular}",
        "\\begin{tabular}{" + "{" * 500,
        "\\begin{tabular}{ll} params & acc \\\\ " + "FE & 1 \\\\ " * 30 + "\\end{x}\n",
        "params acc \\\n",
        "params acc \\\n\n",
        "params acc \\\nFE 1\n\n\n",
        "params acc time " + " x" * 280 + "\n",
        "acc time " + "|" * 1900 + "\n",
        "acc\ttime\tparams" + "\t" * 1900 + "\n",
        "params acc time\nFE " + "1 111" * 300 + "\n",
        "|params|acc|time\n|FE|" + "a1" * 900 + "|" + "1,1" * 20 + "\n",
        "|params|acc|time\n|FE|5 " + "(" * 900 + "|" + "<a " * 300 + "\n",
        "|params|acc|time\n|FE|" + "\\text{" * 300 + "|\n",
        "|params|acc|time\n||" + 'style="' * 250 + "\n",
        "| " + "gele fige partiel non " * 20 + "| FE\n",
        "params acc time ﷺﷺﷺﷺ\n" + "ﷺ" * 1900 + "\n",
        "Model params acc time\n" + "".join(f"net{n} FE {n} 0.{n} {n}\n" for n in range(59)) + "\n",
        HEADER + "\n" + "".join(f"net{n:3} FE {n:20} {n:15} {n:20}\n" for n in range(59)) + "\n",
        "<pre>" + HEADER + "\n" + "a 1 2 3\n" * 60 + "</pre>",
        "<table><tr><td>params</td><td>acc</td></tr>" + "<tr><td>FE</td><td>2</td></tr>" * 3 + "</table>",
    ],
)
def test_a_huge_output_is_searched_in_little_time(line: str) -> None:
    copies = (re.sub("@", letters(n), line) for n in range(SIZE // len(line) + 1))
    hostile = "".join(copies)[:SIZE]
    kind = "html" if line.startswith("<") else "text"
    read = list(blocks(kind, hostile))
    search = TableSearch()
    started = time.process_time()
    for cell in range(2):
        search.add(cell, False, kind, hostile, read)
    assert time.process_time() - started < 20


def letters(number: int) -> str:
    """Another word for each number, so that no line returns."""
    return "".join(chr(ord("a") + number // 26**place % 26) for place in range(4))


PIECES = st.sampled_from(
    [
        *"| || & , ; \\ \\\\ - -- --- │ ┃ ═ ╷ +--- <td> <tr> </table> <pre> \\begin{tabular} \\end{ $ * ** _ (".split(),
        *"Model Params Test accuracy (%) Time per epoch min scratch FE FT ResNet18 gelé ² ½ ٣ Ⅷ ﷽ İ ß 😀 1:05 ' ''".split(),
        *"1 11.18M 0.94 94 % 1e7 x10^ tensor( nan e9".split(),
        *(
            "\n",
            "\n\n",
            "  ",
            "\t",
            " | ",
            " \\\n",
            "9" * 40,
            "\x00",
            "\u202e",
            "\ud800",
            "\xa0",
            HEADER,
            THREE,
            STATEMENT,
        ),
    ]
)
TEXTS = (
    st.text(max_size=200)
    | st.lists(PIECES, max_size=60).map("".join)
    | st.lists(PIECES, max_size=60).map(" ".join)
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=20_000)
@given(TEXTS, st.sampled_from(["text", "html", "markdown"]), st.booleans())
def test_any_text_is_survived_in_little_time(hostile: str, kind: str, written: bool) -> None:
    search = TableSearch()
    search.add(0, written, kind, hostile, list(blocks(kind, hostile)))
    if search.best is not None:
        assert ComparisonTable.model_validate_json(search.best.model_dump_json()) == search.best


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=50)
@given(st.sampled_from(sorted(STYLES)), st.data())
def test_a_damaged_table_is_survived(style: str, data: st.DataObject) -> None:
    whole = STYLES[style]
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 30)))
    damaged = whole[:start] + data.draw(TEXTS) + whole[end:]
    claims = read_claims(
        notebook(code(stream(damaged)), code(shown(html=damaged)), text(damaged)), "lab.ipynb"
    )
    assert claims.table is None or claims.table.cell < 3
