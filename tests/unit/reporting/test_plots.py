"""Charts: within their frame, thinned, with round ticks, whatever the numbers."""

import re

from hypothesis import given
from hypothesis import strategies as st

from grader.reporting.plots import HEIGHT, WIDTH, histogram, line_chart, number, thin, ticks
from grader.schema.result import Curve

from .page_reader import PageReader

finite = st.floats(allow_nan=False, allow_infinity=False)


def curve(x: list[float], y: list[float]) -> Curve:
    return Curve(title="Loss", x=tuple(x), y=tuple(y), x_label="step", y_label="loss")


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_are_few_and_inside(low: float, span: float) -> None:
    marks = ticks(low, low + span)
    assert len(marks) <= 7
    dust = 1e-6 * span + 1e-12 * abs(low)
    assert all(low - dust <= mark <= low + span + dust for mark in marks)


@given(st.lists(st.tuples(finite, finite), max_size=50))
def test_any_finite_curve_stays_in_the_frame(points: list[tuple[float, float]]) -> None:
    svg = str(line_chart([curve([x for x, _ in points], [y for _, y in points])]))
    assert PageReader(svg).problems == []
    assert "nan" not in svg
    for path in re.findall(r'class="line line-0" d="M([^"]*)"', svg):
        spots = [float(part) for part in path.split()]
        assert all(-1 <= x <= WIDTH + 1 for x in spots[::2])
        assert all(-1 <= y <= HEIGHT + 1 for y in spots[1::2])


def test_thinning_keeps_peaks() -> None:
    line = [(float(x), 0.0) for x in range(20_000)]
    line[777] = (777.0, 9.0)
    assert len(thin(line)) <= 300
    assert (777.0, 9.0) in thin(line)


def test_chart_has_a_title_and_labelled_axes() -> None:
    svg = str(line_chart([curve([0, 100], [2.3, 1.1])]))
    for part in ("<title>Loss, from 2.3 to 1.1</title>", 'role="img"', ">step<", ">loss<", ">100<"):
        assert part in svg


def test_histogram_counts_every_student() -> None:
    svg = str(histogram([0, 7, 7, 14, 15.5], 14, 7))
    assert svg.count('class="bar"') == 3
    assert "Scores of 5 students; median 7 of 14 points" in svg


def test_numbers_are_said_without_float_dust() -> None:
    assert [number(value) for value in (0.1 + 0.2, 1200.0, 0.0, 1e-5)] == ["0.3", "1,200", "0", "1e-05"]
