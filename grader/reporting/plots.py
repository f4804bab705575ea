"""Charts as inline SVG: pure functions from numbers to markup. Colours and fonts are the page's."""

import math
from collections.abc import Iterable, Sequence

from markupsafe import Markup

from grader.reporting.text import one_line
from grader.reporting.wording import plural, points
from grader.schema.result import Curve

WIDTH, HEIGHT = 440, 250  # user units; the page scales them
LEFT, RIGHT, TOP, BOTTOM = 58, 12, 14, 44
MOST_POINTS = 300  # per line; more cannot be told apart at this width
MOST_LINES = 4  # dash patterns that the style knows
LARGEST = 1e12  # beyond this a diverged loss is drawn at the edge

Point = tuple[float, float]


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """At most `most` round values (1, 2 or 5 times a power of ten apart) within [low, high]."""
    span = high - low
    if not span > 0:
        return [low]
    step = 10.0 ** math.floor(math.log10(span / most))
    step = next(step * factor for factor in (1, 2, 5, 10, 20) if span / (step * factor) < most)
    first = math.ceil(low / step - 1e-9)
    return [index * step for index in range(first, math.floor(high / step + 1e-9) + 1)]


def number(value: float) -> str:
    """A tick's label: 1,200 or 0.05, without float dust."""
    rounded = float(f"{value:.6g}")
    return f"{rounded:,.0f}" if rounded == int(rounded) and abs(rounded) < 1e7 else f"{rounded:g}"


def thin(line: Sequence[Point], most: int = MOST_POINTS) -> list[Point]:
    """The line with at most `most` points: the lowest and the highest of each stretch, so that peaks stay."""
    if len(line) <= most:
        return list(line)
    stretch = math.ceil(len(line) / (most // 2))
    kept: list[Point] = []
    for start in range(0, len(line), stretch):
        part = line[start : start + stretch]
        ends = {min(part, key=lambda point: point[1]), max(part, key=lambda point: point[1])}
        kept.extend(sorted(ends))
    return kept


def _joined(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)


def _text(x: float, y: float, kind: str, content: str) -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" class="{}">{}</text>').format(x, y, kind, content)


def _svg(title: str, body: Markup, height: int = HEIGHT) -> Markup:
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img"><title>{}</title>{}</svg>').format(
        WIDTH, height, title, body
    )


class Frame:
    """Axes: maps data to user units, and draws grid, tick labels and axis labels."""

    def __init__(self, x_range: Point, y_range: Point) -> None:
        self.x_range, self.y_range = x_range, y_range

    def x(self, value: float) -> float:
        low, high = self.x_range
        return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        low, high = self.y_range
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    def draw(self, x_label: str, y_label: str, x_ticks: list[float], y_ticks: list[float]) -> Markup:
        floor = HEIGHT - BOTTOM
        middle = (TOP + floor) / 2
        parts = [
            Markup('<path class="grid" d="M{} {:.1f}H{}"/>').format(LEFT, self.y(tick), WIDTH - RIGHT)
            + _text(LEFT - 6, self.y(tick) + 4, "tick end", number(tick))
            for tick in y_ticks
        ]
        parts += [
            Markup('<path class="axis" d="M{:.1f} {}v4"/>').format(self.x(tick), floor)
            + _text(self.x(tick), floor + 17, "tick mid", number(tick))
            for tick in x_ticks
        ]
        parts.append(Markup('<path class="axis" d="M{} {}V{}H{}"/>').format(LEFT, TOP, floor, WIDTH - RIGHT))
        parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, "label mid", one_line(x_label, 50)))
        parts.append(
            Markup('<text transform="translate(13 {}) rotate(-90)" class="label mid">{}</text>').format(
                middle, one_line(y_label, 30)
            )
        )
        return _joined(parts)


def _widened(values: Sequence[float]) -> Point:
    low, high = min(values), max(values)
    if low == high:
        pad = abs(low) / 2 or 0.5
        return low - pad, high + pad
    return low, high


def _clipped(curve: Curve) -> list[Point]:
    return [
        (min(max(x, -LARGEST), LARGEST), min(max(y, -LARGEST), LARGEST))
        for x, y in zip(curve.x, curve.y, strict=False)
    ]


def line_chart(curves: Sequence[Curve]) -> Markup:
    """Up to four curves on the same axes, told apart by dashes and named below; "" without any point."""
    drawn = [(curve, _clipped(curve)) for curve in curves[:MOST_LINES]]
    drawn = [(curve, line) for curve, line in drawn if line]
    if not drawn:
        return Markup("")
    x_range = _widened([x for _, line in drawn for x, _ in line])
    low, high = _widened([y for _, line in drawn for _, y in line])
    low = 0.0 if 0 < low < 0.4 * high else low  # a loss is read against zero when zero is near
    frame = Frame(x_range, (low, high + 0.04 * (high - low)))
    lines = []
    for index, (_, line) in enumerate(drawn):
        shown = thin(line)
        if len(shown) == 1:
            spot = Markup('<circle class="spot" cx="{:.1f}" cy="{:.1f}" r="3"/>')
            lines.append(spot.format(frame.x(shown[0][0]), frame.y(shown[0][1])))
            continue
        path = "M" + " ".join(f"{frame.x(x):.1f} {frame.y(y):.1f}" for x, y in shown)
        lines.append(Markup('<path class="line line-{}" d="{}"/>').format(index, path))
    first = drawn[0][0]
    axes = frame.draw(first.x_label, first.y_label, ticks(*frame.x_range), ticks(*frame.y_range))
    names = "; ".join(
        f"{one_line(curve.title, 80)}, from {number(line[0][1])} to {number(line[-1][1])}"
        for curve, line in drawn
    )
    return _svg(names, axes + _joined(lines))


def line_key(index: int) -> Markup:
    """The dash pattern of a line, for the legend."""
    return Markup(
        '<svg class="key" viewBox="0 0 28 8" aria-hidden="true">'
        '<path class="line line-{}" d="M0 4H28"/></svg>'
    ).format(index)


def histogram(values: Sequence[float], maximum: float, middle: float) -> Markup:
    """How many scores fall in each tenth of the points, with the median as a dashed line."""
    top = max([maximum, *values]) or 1.0
    count = int(top) if top == int(top) and 4 <= top <= 14 else 10  # whole points where they are few
    width = top / count
    heights = [0] * count
    for value in values:
        heights[min(int(value / width), count - 1)] += 1
    frame = Frame((0, top), (0, max(heights, default=1) * 1.15 or 1.0))
    bars = []
    for index, height in enumerate(heights):
        if not height:
            continue
        x, y = frame.x(index * width), frame.y(height)
        wide = frame.x((index + 1) * width) - x - 2
        bars.append(
            Markup('<rect class="bar" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
                x + 1, y, wide, HEIGHT - BOTTOM - y
            )
            + _text(x + 1 + wide / 2, y - 4, "tick mid", str(height))
        )
    line = Markup('<path class="median" d="M{0:.1f} {1}V{2}"/>').format(frame.x(middle), TOP, HEIGHT - BOTTOM)
    x_ticks = [index * width for index in range(0, count + 1, 1 if count <= 10 else 2)]
    y_ticks = [tick for tick in ticks(*frame.y_range, most=5) if tick == int(tick)]
    axes = frame.draw("points", "students", x_ticks, y_ticks)
    title = f"Scores of {plural(len(values), 'student')}; median {points(middle)} of {points(maximum)} points"
    return _svg(title, axes + _joined(bars) + line)


def share_bar(parts: Sequence[tuple[str, float]], total: float) -> Markup:
    """A bar of coloured parts (outcome, amount) of a total. Decorative: text beside it says the numbers."""
    start, rects = 0.0, []
    for kind, amount in parts:
        wide = 100 * amount / total if total > 0 else 0.0
        rects.append(
            Markup('<rect class="fill-{}" x="{:.2f}" width="{:.2f}" height="6"/>').format(kind, start, wide)
        )
        start += wide
    return Markup(
        '<svg class="share" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">{}</svg>'
    ).format(_joined(rects))
