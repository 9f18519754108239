"""BibTeX: LaTeX is passed through, hostile text is shown literally, keys can be read, and the real programs take it."""

import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from rag.core.domain import Paper
from rag.core.references import bibtex, csl_json, reference, ris
from rag.core.tex import balanced, tex, verbatim

ARXIV = r"On $\mathcal{O}(n\log n)$ bounds for H\"older and Erd\H{o}s spaces $L^p$"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (ARXIV, r"On $\mathcal{O}(n\log n)$ bounds for H{\"o}lder and Erd{\H{o}}s spaces $L^p$"),
        (r"{\v S}koda, na\"{\i}ve, \O stergaard", r"{\v{S}}koda, na{\"i}ve, {\O}stergaard"),
        (r"\emph{in vivo} at 50\% & #1 a_b", r"\emph{in vivo} at 50\% \& \#1 a\_b"),
        (r"{DNA} and {B}ayes", "DNA and Bayes"),
        ("Straße Łódź 甲虫", "Straße Łódź 甲虫"),
        ("It costs $5 and $6", r"It costs \$5 and \$6"),
        ("the set {x}", r"the set \{x\}"),
        ("the set {x", r"the set \textbraceleft{}x"),
        ("}{", r"\textbraceright{}\textbraceleft{}"),
        ("tail \\", r"tail \textbackslash{}"),
        (r"\input{/etc/passwd}", r"\textbackslash{}input\{/etc/passwd\}"),
        (r"$\input{x}$", r"\$\textbackslash{}input\{x\}\$"),
        (r"$\write18{ls}$", r"\$\textbackslash{}write18\{ls\}\$"),
        (r"$\csname x\endcsname$", r"\$\textbackslash{}csname x\textbackslash{}endcsname\$"),
        ("$^^5cinput{x}$", r"\$\textasciicircum{}\textasciicircum{}5cinput\{x\}\$"),
        (r"$\{x$ in $\left\{y\right.$", r"$\lbrace x$ in $\left\lbrace y\right.$"),
        (r"$\left(x$", r"\$\textbackslash{}left(x\$"),
        ("$a% b#c&d$", r"$a\% b\#c\&d$"),
        (r"$\begin{pmatrix}a&b\end{pmatrix}$", r"$\begin{pmatrix}a&b\end{pmatrix}$"),
        ("$$a\\$$", r"\$\$a\$\$"),
        ("a $b}}, note={{c$ d", r"a \$b\textbraceright{}\textbraceright{}, note=\textbraceleft{}\textbraceleft{}c\$ d"),
    ],
)
def test_what_latex_can_set_is_passed_through_and_all_else_is_literal(text: str, written: str) -> None:
    assert tex(text) == written
    assert balanced(tex(text))


def test_the_braces_of_a_field_balance_whatever_the_text() -> None:
    for mark in ("{", "}", "\\", "$", "%", '"', "{\\", "$\\{", "\\}$", "$${$$", "\\H{", "{{x}"):
        for text in (mark, mark * 3, f"a {mark} b {mark}c$ d", f"${mark}$", f"{mark}x{mark}"):
            assert balanced(tex(text)), text


def test_addresses_lose_what_would_end_their_field() -> None:
    assert verbatim("10.1/a_b#c%20d") == "10.1/a_b#c%20d"
    assert verbatim('10.1/x\\} {"y"} 5%') == "10.1/x%5C%7D%20%7B%22y%22%7D%205%25"


def test_keys_are_of_words_that_are_read() -> None:
    papers = [
        Paper("1", ARXIV, "x"),
        Paper("2", "A {DNA} study", "x", (r"Paul Erd\H{o}s",), year=2020),
        Paper("3", "42 of them", "x", ("Łukasz Żak",)),
        Paper("4", "基于", "x"),
        Paper("5", "基于", "x"),
        Paper("6", "The $x$ of it", "x", year=1999),
    ]
    assert re.findall(r"^@\w+\{(.*),$", bibtex(papers), re.MULTILINE) == [
        "bounds-holder",
        "erdos2020dna",
        "zakthem",
        "paper",
        "papera",
        "1999it",
    ]


def test_a_name_stays_one_name() -> None:
    names = (
        r"Paul Erd\H{o}s",
        r"{\v S}imunek, Jan",
        "Müller, Jörg",
        "Miller, A. and Smith, B.",
        "a, b, c, d",
        "The {Group",
    )
    [line] = [line for line in bibtex([Paper("x", "T", "x", names)]).splitlines() if "author" in line]
    assert line == (
        r"  author = {Erd{\H{o}}s, Paul and {\v{S}}imunek, Jan and Müller, Jörg and Miller, {A. and Smith, B.} and "
        r"a, {b, c, d} and \textbraceleft{}Group, The}"
    )


def test_other_forms_show_characters() -> None:
    paper = Paper("x", ARXIV, "x", (r"Paul Erd\H{o}s",))
    title = r"On $\mathcal{O}(n\log n)$ bounds for Hölder and Erdős spaces $L^p$"
    assert f"TI  - {title}\nAU  - Erdős, Paul\n" in ris([paper])
    assert '"family": "Erdős"' in csl_json([paper])
    assert reference(paper) == f"Paul Erdős. {title}."


HOSTILE = (
    "On the set {x",
    "}}, note={x}} @misc{other, title={{Injected entry",
    r"\input{/etc/passwd} \write18{touch here} $\input{x}$ $\write18{touch here}$ $^^5cinput{x}$",
    "tail \\",
    "50% & $5 #1 a_b ~ ^ < > \" ' ` @m {b}",
    r"$\{x$ and $\left\{y\right.$ and $a% b$ and $$c\$$",
    "$a_b^c \\frac{1}{2}$ costs $5",
    ARXIV,
    r"{\v S}koda, \O stergaard, \L{}\'od\'z, na\"{\i}ve \emph{in vivo}",
)
PAPERS = [
    Paper(
        str(number),
        title,
        "x",
        (r"Erd\H{o}s, Paul", "A. and B {C", "a, b, c, d, e"),
        year=2000,
        venue=title,
        doi=f"10.1/{number}\\}}",
    )
    for number, title in enumerate(HOSTILE)
]


def _run(folder: Path, *command: str) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=120, check=False
    )
    return done.stdout + done.stderr + f"\nexit {done.returncode}"


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("bibtex"), reason="bibtex is not installed")
def test_real_bibtex_reads_every_entry_whole(tmp_path: Path) -> None:
    (tmp_path / "all.bib").write_text(bibtex(PAPERS), "utf-8")
    (tmp_path / "all.aux").write_text("\\relax\n\\citation{*}\n\\bibstyle{plain}\n\\bibdata{all}\n", "utf-8")
    said = _run(tmp_path, "bibtex", "all")
    if "I couldn't open style file" in said:
        pytest.skip("the styles of BibTeX are not installed")
    assert "exit 0" in said and "error" not in said.lower() and "warning--" not in said.lower(), said
    made = (tmp_path / "all.bbl").read_text("utf-8")
    assert made.count("\\bibitem") == len(PAPERS)
    assert made.count("2000") >= len(PAPERS), "a field swallowed the year"


@pytest.mark.slow
@pytest.mark.skipif(not (shutil.which("bibtex") and shutil.which("pdflatex")), reason="LaTeX is not installed")
def test_real_latex_sets_every_entry_and_does_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "all.bib").write_text(bibtex(PAPERS), "utf-8")
    (tmp_path / "doc.tex").write_text(
        "\\documentclass{article}\\usepackage[T1]{fontenc}\\usepackage[utf8]{inputenc}\\begin{document}"
        "\\nocite{*}\\bibliographystyle{plain}\\bibliography{all}\\end{document}",
        "utf-8",
    )
    latex = ("pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-shell-escape", "doc")
    said = _run(tmp_path, *latex)
    if "not found" in said:
        pytest.skip("the class article is not installed")
    _run(tmp_path, "bibtex", "doc")
    said = _run(tmp_path, *latex)
    assert "exit 0" in said, said[-2_000:]
    assert (tmp_path / "doc.pdf").exists()
    assert not (tmp_path / "here").exists(), "a command of a title was run"


@pytest.mark.parametrize("mark", [*"\\{}$^~'\"=.`%#", "\\'", "{\\", "\\H{", "\\emph{", "$a$", "$\\", "\\begin{matrix}"])
def test_time_grows_with_the_title(mark: str) -> None:
    # Quadratic work would take minutes for each of these.
    start = time.process_time()
    bibtex([Paper("x", mark * (20_000 // len(mark)), "x", (mark * (20_000 // len(mark)),))])
    assert time.process_time() - start < 2
