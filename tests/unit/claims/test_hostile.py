"""A student's file may hold anything: reading it ends soon, raises nothing and shows nothing but plain text."""

import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.claims.reading import MOST_CHARACTERS, read_claims
from grader.schema.claims import LONGEST_TEXT, Claims
from tests.unit.claims.notebooks import code, notebook, shown, stream, text

MILLION = 1_000_000


def read(*cells: Any) -> Claims:
    return read_claims(notebook(*cells), "lab.ipynb")


@pytest.mark.parametrize(
    "output",
    [
        stream("9" * 100 * MILLION),
        stream("test acc " + "9" * MILLION),
        stream("test acc 0." + "7" * 5000 + "\n"),
        stream("1,111" * MILLION),
        stream("1,111" * 300 + " x\n") | {"name": "stderr"},
        stream("\r" * MILLION),
        stream("\x08" * MILLION),
        stream("\x1b[" * MILLION),
        stream("epoch " * MILLION),
        stream(("acc " * 400 + "\n") * 1000),
        stream("| acc " * MILLION),
        stream("acc  loss\n" * 100_000),
        stream("acc  loss\n" + "1  2\n" * 100_000),
        shown(html="<" * MILLION),
        shown(html="<td" * MILLION),
        shown(html="<table><tr><td>" * 100_000),
        shown(html="<style>" * 100_000),
        shown(html="<table>" + "<tr><td>acc</td><td>loss</td></tr>" * 50_000),
        shown(html="&" * MILLION),
        shown(html="<a " + "x" * MILLION),
        shown(plain="(" * MILLION),
        shown(figure={"data": [{"name": "acc", "y": [0.5] * 10_000}] * 100}),
    ],
)
def test_a_huge_output_is_read_in_little_time(output: dict[str, Any]) -> None:
    built = notebook(code(output, source="print(1)"))
    started = time.process_time()
    read_claims(built, "lab.ipynb")
    assert time.process_time() - started < 20


def test_all_outputs_together_are_bounded() -> None:
    lines = "epoch 3 train loss 2.214 acc 17.0 test loss 2.018 acc 28.7\n" * 5_000
    started = time.process_time()
    claims = read(*(code(stream(lines)) for _ in range(3 * MOST_CHARACTERS // len(lines))))
    assert time.process_time() - started < 90
    assert len(claims.claims) <= 10_000


@pytest.mark.parametrize(
    "line",
    [
        "test accuracy nan",
        "test accuracy inf",
        "test accuracy 1e400",
        "test accuracy 1e999999",
        "parameters: " + "9" * 400,
        "epoch " + "9" * 400,
        "Accuracy: " + "1" * 400 + "/" + "1" * 400,
        "Accuracy: 5/0",
    ],
)
def test_numbers_that_are_none_are_left_out(line: str) -> None:
    assert read(code(stream(line))).claims == ()


def test_excerpts_are_plain_and_short() -> None:
    line = "\x00\x07\x1b]0;x\u202etest acc 0.72 \ud800<script>alert(1)</script>" + "x " * 500
    (claim,) = read(code(stream(line))).claims
    assert claim.text.isprintable()
    assert len(claim.text) <= LONGEST_TEXT
    assert claim.value == pytest.approx(0.72)


def test_nested_tables_and_bad_html_are_read_as_far_as_they_can_be() -> None:
    html = (
        "<table><tr><td><table><tr><th>Model<th>Test accuracy</tr><tr><td>a</td><td>0.7</td></tr></td></tr>"
    )
    read(code(shown(html=html * 50)))


def test_deeply_nested_code_is_no_problem() -> None:
    assert read(code(source="(" * 50_000 + "print(1)")).cells_without_output == ()
    assert read(code(source="x" + ".a" * 50_000)).cells_without_output == ()
    assert read(code(source="-" * 50_000 + "1")).cells_without_output == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
OUTPUT = st.fixed_dictionaries(
    {},
    optional={
        "output_type": st.sampled_from(["stream", "display_data", "error"]) | JSON,
        "name": JSON,
        "text": JSON | st.lists(st.text(max_size=60)),
        "data": JSON
        | st.dictionaries(
            st.sampled_from(["text/html", "text/plain", "text/markdown", "application/vnd.plotly.v1+json"]),
            JSON,
        ),
    },
)
CELL = st.fixed_dictionaries(
    {"cell_type": st.sampled_from(["code", "markdown"])},
    optional={"source": JSON, "outputs": JSON | st.lists(OUTPUT, max_size=3), "execution_count": JSON},
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(CELL | JSON, max_size=4))
def test_fields_of_any_type_are_survived(cells: list[Any]) -> None:
    claims = read(*cells)
    assert Claims.model_validate_json(claims.model_dump_json()) == claims


def test_a_file_without_cells_states_nothing() -> None:
    assert read_claims(notebook(), "a.ipynb") == Claims(file="a.ipynb")
    assert read(text("| acc |\n|---|\n")).claims == ()
