"""Counts with their rounding, shares and durations, in every writing that was met."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.claims.durations import seconds_in
from grader.claims.markup import plain
from grader.claims.quantities import count_in, share_in


@pytest.mark.parametrize(
    "cell",
    [
        "11181642",
        "11 181 642",
        "11,181,642",
        "11.181.642",
        "11'181'642",
        "11_181_642",
        "11\u202f181\u202f642",
        "11\xa0181\u2009642",
        "11&nbsp;181&nbsp;642",
        "**11 181 642**",
        "`11181642`",
        "$11\\,181\\,642$",
        "11181642.0",
        "1.1181642e+07",
        "11,181,642 params",
        "11 181 642 paramètres",
        "11,181,642 (100 %)",
        "11.2M (11,181,642)",
        "11,181,642 / 11,689,512",
        "11,689,512 / 11,181,642",
        "tensor(11181642)",
        "resnet18: 11181642",
    ],
)
def test_an_exact_count_stands_for_itself(cell: str) -> None:
    assert count_in(plain(cell)) == (11181642, 11181642)


@pytest.mark.parametrize(
    ("cell", "low", "high"),
    [
        ("11.18M", 11_175_000, 11_185_000),
        ("11,18 M", 11_175_000, 11_185_000),
        ("11.18 millions", 11_175_000, 11_185_000),
        ("≈ 11.18 M", 11_175_000, 11_185_000),
        ("5.13k", 5_125, 5_135),
        ("5,13 K", 5_125, 5_135),
        ("1.1e7", 10_500_000, 11_500_000),
        ("1.118164e+07", 11_181_635, 11_181_645),
        ("1.1 × 10⁷", 10_500_000, 11_500_000),
        ("1.1*10**7", 10_500_000, 11_500_000),
        ("$1.1 \\times 10^{7}$", 10_500_000, 11_500_000),
        ("134M", 133_500_000, 134_500_000),
        ("11,182 M", 11_181_500, 11_182_500),
        ("5.130000e+03", 5_130, 5_130),
        ("5,130", 5_130, 5_130),
    ],
)
def test_a_rounded_count_stands_for_all_that_round_to_it(cell: str, low: int, high: int) -> None:
    assert count_in(plain(cell)) == (low, high)


def test_the_heading_may_give_the_scale_unless_the_count_is_written_out() -> None:
    assert count_in("11.18", scale=6) == (11_175_000, 11_185_000)
    assert count_in("0.005", scale=6) == (4_500, 5_500)
    assert count_in("5.13", scale=3) == (5_125, 5_135)
    assert count_in("11181642", scale=6) == (11_181_642, 11_181_642)


MISSING = ["", "-", "–", "—", "?", "...", "nan", "NaN", "None", "TODO", "N/A", "**TODO**", "à compléter", "x"]


@pytest.mark.parametrize(
    "cell", [*MISSING, "-5", "0.5", "1.2.3", "94 %", "5130 et 12", "9" * 300, "1e99", "resnet18"]
)
def test_what_is_no_count(cell: str) -> None:
    assert count_in(plain(cell)) is None


@pytest.mark.parametrize(
    ("cell", "value", "percent"),
    [
        ("0.94", 0.94, False),
        (".94", 0.94, False),
        ("0,94", 0.94, False),
        ("94.12", 94.12, False),
        ("94,1", 94.1, False),
        ("94 %", 94, True),
        ("94％", 94, True),
        ("**94,1 %**", 94.1, True),
        ("$94\\,\\%$", 94, True),
        ("\\textbf{94.1\\%}", 94.1, True),
        ("<b>94&nbsp;%</b>", 94, True),
        ("≈ 94 %", 94, True),
        ("94.1 ± 0.3", 94.1, False),
        ("94 % (epoch 5)", 94, True),
        ("93-95 %", 94, True),
        ("9412/10000", 0.9412, False),
        ("9.4e-01", 0.94, False),
        ("tensor(0.9412, device='cuda:0')", 0.9412, False),
        ("np.float64(0.94)", 0.94, False),
        ("0.94 🥇", 0.94, False),
    ],
)
def test_shares(cell: str, value: float, percent: bool) -> None:
    found = share_in(plain(cell))
    assert found is not None
    assert found == (pytest.approx(value), percent)


@pytest.mark.parametrize("cell", [*MISSING, "-0.3", "0.70 / 0.72", "94 %, 10 epochs"])
def test_what_is_no_share(cell: str) -> None:
    assert share_in(plain(cell)) is None


@pytest.mark.parametrize(
    ("cell", "seconds"),
    [
        ("12.3", 12.3),
        ("12.3 s", 12.3),
        ("12,3s", 12.3),
        ("12.3 sec.", 12.3),
        ("12 secondes", 12),
        ("12.3 s/epoch", 12.3),
        ("12 s / époque", 12),
        ("~12 s", 12),
        ("12\xa0s (GPU)", 12),
        ("12 s sur T4", 12),
        ("12.3 ± 0.4 s", 12.3),
        ("12-13 s", 12.5),
        ("12 à 13 s", 12.5),
        ("61.5 s (12.3 s/epoch)", 12.3),
        ("12.3 s (61.5 s total)", 12.3),
        ("0:12", 12),
        ("1:05", 65),
        ("1:05 min", 65),
        ("00:01:05", 65),
        ("0:00:12.345", 12.345),
        ("0 days 00:00:12.31", 12.31),
        ("1 min 05", 65),
        ("1 min 5s", 65),
        ("1min5s", 65),
        ("1 min et 5 s", 65),
        ("0m 12s", 12),
        ("1'05''", 65),
        ("1′05″", 65),
        ("2 minutes 3 secondes", 123),
        ("1h30", 5400),
        ("0.2 min", 12),
        ("350 ms", 0.35),
        ("1.231e+01", 12.31),
        ("1,234.5 s", 1234.5),
        ("tensor(12.3)", 12.3),
    ],
)
def test_durations(cell: str, seconds: float) -> None:
    assert seconds_in(plain(cell)) == pytest.approx(seconds)


def test_a_duration_without_unit_has_that_of_its_heading() -> None:
    assert seconds_in("0.2", unit=60) == pytest.approx(12)
    assert seconds_in("12 s", unit=60) == pytest.approx(12)


@pytest.mark.parametrize(
    "cell", [*MISSING, "-3 s", "5 epochs", "12 s x 5 epochs", "9" * 200, "1e300", "5 s 3 min"]
)
def test_what_is_no_duration(cell: str) -> None:
    assert seconds_in(plain(cell)) is None


@given(st.integers(min_value=0, max_value=10**10))
def test_every_writing_of_a_count_stands_for_it(count: int) -> None:
    for exact in (f"{count}", f"{count:,}", f"{count:_}", f"{count:,}".replace(",", " "), f"{count}.0"):
        assert count_in(exact) == (count, count)
    for rounded in (f"{count / 1e6:.2f}M", f"{count / 1e3:.1f} k", f"{count:.3e}", f"{count:g}"):
        low, high = count_in(rounded) or (1, 0)
        assert low <= count <= high


@given(st.text(max_size=60))
def test_any_cell_is_survived(text: str) -> None:
    cell = plain(text)
    for found in (count_in(cell), count_in(cell, 6), share_in(cell), seconds_in(cell), seconds_in(cell, 60)):
        assert found is None or found != ()
