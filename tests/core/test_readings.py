r"""What TeX has left in a text is read as people read it where that is certain, and stays where it is not."""

import pytest

from rag.core.formulas import formulas
from rag.core.readings import as_read, readings

CERTAIN = [
    (r"a reduction of up to 62\% GFLOPs", "a reduction of up to 62% GFLOPs"),
    ("a speedup of 2.3times for v1.5 and 4.1times, 20times", "a speedup of 2.3× for v1.5 and 4.1×, 20×"),
    ("in 512times512 settings", "in 512×512 settings"),
    (r"3 \times \to 13 \times speedup", "3 × → 13 × speedup"),
    (r"a 1.44$\times$ speedup of $\sim$2.5M and 35.1$\pm$0.3\%", "a 1.44× speedup of ∼2.5M and 35.1±0.3%"),
    (r"X$^2$-ICL, CO$_2$, AP$_{50}$, 360$^{\circ}$", "X²-ICL, CO₂, AP₅₀, 360°"),
    (r"360{\deg} and 90^\circ and 1{\deg}", "360° and 90° and 1°"),
    (r"\textbf{415} objects, \emph{significantly} \texttt{gate\_proj}", "415 objects, significantly gate_proj"),
    (r"\textbf{54.0\% of \textit{all}}", "54.0% of all"),
    (r"{\em fraction} and {\bf 66.0\%}", "fraction and 66.0%"),
    (r"\underline{M}ixture-\underline{o}f-\underline{A}gents", "Mixture-of-Agents"),
    (r"Q\&As of H\&E, \#1, m\_tIoU, \$99", "Q&As of H&E, #1, m_tIoU, $99"),
    (r"B\'ezier and Schr\"odinger by Toma\v{s}ev, GPT-4o\'s", "Bézier and Schrödinger by Tomašev, GPT-4o's"),
    (r"Cohen's \k{appa} = 0.9, \b{eta} > 0, \r{ho} = 0.6", "Cohen's κ = 0.9, β > 0, ρ = 0.6"),
    (r"\alpha-entmax for any \alpha > 1, LiPO-\lambda", "α-entmax for any α > 1, LiPO-λ"),
    (r"5 \pm 1 points, 0.3 \leq r, \infty-former", "5 ± 1 points, 0.3 ≤ r, ∞-former"),
    (r"p < 10^{-16} and 10^6 or 10^-4 cells", "p < 10⁻¹⁶ and 10⁶ or 10⁻⁴ cells"),
    (r"ranked 7^{th} and 2^{nd}", "ranked 7th and 2nd"),
    ("gains of 10.93--32.82\\% in 2017--2024", "gains of 10.93–32.82% in 2017–2024"),
    ("the model---a small one---wins", "the model—a small one—wins"),
    ("``pivotal moments'': a ``second'' one", "“pivotal moments”: a “second” one"),
    (r"SAM~2, Sub-Task~1, i.e.~the", "SAM 2, Sub-Task 1, i.e. the"),
    (r"a 23\,dB gain, vs.\ 79.1\% on average", "a 23\u202fdB gain, vs. 79.1% on average"),
    (r"a VFM (\eg, DINO), \ie focusing, \etal. say", "a VFM (e.g., DINO), i.e. focusing, et al. say"),
    (r"at \url{https://a.org/b}, \href{https://a.org/b}{GitHub}", "at https://a.org/b, GitHub"),
    (r"at \textcolor{magenta}{\href{https://a.org/}{https://a.org/}}.", "at https://a.org/."),
    (r"steps$\unicode{x2013}$those", "steps–those"),
    ("sim4times faster, sim62\\% less, 95.3pm0.2", "∼4× faster, ∼62% less, 95.3±0.2"),
]
UNCERTAIN = [
    "sometimes three times a day, 3 times, times and sentiments, many-times-used, 4 times4u",
    "sim2real, sim3, Sim 2, a sim of 20, sim2sim, at 5pm2 or 6pm",
    "10~20 papers, about ~30, a ~ b, ~/x",
    "https://a.org/~user/10times--x/2times.html and https://b.org/a~b",
    "x^2, e^x, a^{b+c}, 2^10, 110^3, 10^{-6: of",
    "It's alpha, beta and gamma; mu = 3, alphatimes",
    "an -- interjection -- and --flag, 1-2, a--b",
    r"\method{} with \ours, \cite{a}, \footnote{b}, C:\new\table, \unknown",
    "a lone `` mark, `code` and ```fence```",
    r"\[ \lambda \propto 62\% \] and $ x^m - \lambda = 62\% $",
    r"SSP\' s superiority, named \b geometric \b score",
]


@pytest.mark.parametrize(("text", "read"), CERTAIN, ids=[read for _, read in CERTAIN])
def test_what_is_certain_is_read_as_people_read_it(text: str, read: str) -> None:
    assert as_read(text) == read


@pytest.mark.parametrize("text", UNCERTAIN)
def test_what_could_be_something_else_stays_as_it_stands(text: str) -> None:
    assert as_read(text) == text


def test_places_are_exact_and_apart() -> None:
    text = r"It saves 62\% on $O(n)$, 2.3times, \textbf{62\%}."
    assert [(span.of(text), words) for span, words in readings(text)] == [
        ("\\%", "%"),
        ("times", "×"),
        (r"\textbf{62\%}", "62%"),
    ]


def test_a_formula_is_not_read_in_parts() -> None:
    assert readings(r"$O(n \times m)$ and \(\alpha \leq 3\%\)") == ()


def test_a_formula_of_a_command_may_touch_words_and_prices_are_none() -> None:
    def tex(text: str) -> list[str]:
        return [formula for _, formula in formulas(text)]

    assert tex(r"L$_{\infty}$-algebra, 1.95$\times$ faster, a 3$\times$ gain") == [r"_{\infty}", r"\times", r"\times"]
    assert tex("US$5 and CA$6, from $7 to $8") == []
