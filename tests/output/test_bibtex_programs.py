"""Real BibTeX, and biber where it is installed, read what strangers wrote as whole entries, in which nothing was injected."""

import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from rag.core.domain import Paper
from rag.core.references import bibtex

pytestmark = pytest.mark.slow

STYLE = r"""ENTRY {author title year journal doi note}{}{}
FUNCTION {show} { duplicate$ missing$ { pop$ "-" } { } if$ write$ newline$ }
FUNCTION {article} { "KEY " cite$ * write$ newline$ "YEAR " write$ year show "NOTE " write$ note show
  "AUTHOR " write$ author show "TITLE " write$ title show "DOI " write$ doi show }
FUNCTION {default.type} { article }
FUNCTION {misc} { article }
FUNCTION {inproceedings} { article }
READ
ITERATE {call.type$}
"""
"""A style that tells the fields as BibTeX has read them."""

TITLES = [
    "On the set {x",
    "}",
    "{",
    "}}}}{{{{",
    "a } alone in {braces} and } again",
    "}, year = {1999}, note = {injected",
    "}}\n@misc{injected, title={{Injected}}, note={injected}}",
    "@string{x = {injected}} @preamble{\"\\input{x}\"} @comment{",
    '", note = "injected',
    '"quoted" and "half',
    "# concatenated # note",
    "50% of it % and a comment % again",
    r"\input{/etc/passwd} \include{x} \openin1=x \read1 to \x",
    r"\write18{touch here} \immediate\write18{touch here} \directlua{os.execute('touch here')}",
    r"^^5cinput{x} \csname input\endcsname{x} \catcode`\{=12 \def\x{} \end{document} \begin{document}",
    "tail \\",
    "tail \\\\",
    "\\{ \\} \\{",
    "$x$ $ $$ \\( \\[ $\\{$ {$}",
    "control \x00\x01\x07\x1b[31m\x7f\u0085 characters",
    "\u202eright to left\u202c \u2067mixed\u2069 \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "half a pair and \u200b nothing \ufeff",
    "long " * 1_000,
    "x" * 5_000,
    "{" * 500 + "x" + "}" * 499,
    "\\" * 501,
    "~ & _ ^ < > ` ' | / * + = ? !",
    "T\u00e9l\u00e9com \u4e2d\u6587 \u0440\u0443\u0441 \U0001f41d",
]  # fmt: skip
DOIS = ["10.1/x", "10.1/x\\", "10.1/x}", "10.1/{x", "10.1/%20#&_~", '10.1/"x"', "10.1/x\\}, note={injected", "10.1/@x"]
NAMES = [
    ("Erd\u0151s, Paul",),
    ("A. and B {C", "D } E"), ("and", "and and"), ("a, b, c, d, e", "x"), ("\\", "O'Neil, \u00c9"), ("%", "#", "@"),
    ("}, note={injected",), ("\u5f20\u4e09", "M\u00fcller"),
]  # fmt: skip


def _papers() -> list[Paper]:
    pick = random.Random(21)
    marks = ["{", "}", "\\", '"', "%", "#", "@", "$", ",", "=", "\n", "a", " ", "\\input{x}", "note={injected}"]
    titles = [*TITLES, *("".join(pick.choices(marks, k=60)) for _ in range(60))]
    return [
        Paper(
            f"p{number}",
            f"Word {title} ENDOFTITLE",
            "An abstract.",
            NAMES[number % len(NAMES)],
            year=2000,
            venue=pick.choice(["", title[:200]]) or None,
            doi=DOIS[number % len(DOIS)],
        )
        for number, title in enumerate(titles)
    ]


def _run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=300, check=False)
    return (done.stdout + done.stderr).decode("utf-8", "replace") + f"\nexit {done.returncode}"


@pytest.mark.skipif(not shutil.which("bibtex"), reason="bibtex is not installed (Debian: texlive-binaries)")
def test_bibtex_reads_every_field_of_every_hostile_record(tmp_path: Path) -> None:
    papers = _papers()
    text = bibtex(papers)
    (tmp_path / "all.bib").write_text(text, "utf-8")
    (tmp_path / "tell.bst").write_text(STYLE, "ascii")
    (tmp_path / "all.aux").write_text("\\relax\n\\citation{*}\n\\bibstyle{tell}\n\\bibdata{all}\n", "ascii")
    said = _run(tmp_path, "bibtex", "-min-crossrefs=9", "all")
    assert said.endswith("exit 0") and "error" not in said.lower(), said[-3_000:]
    told = (tmp_path / "all.bbl").read_text("utf-8", "replace")
    keys = re.findall(r"^KEY (.+)$", told, re.MULTILINE)
    assert sorted(keys) == sorted(re.findall(r"^@\w+\{(.*),$", text, re.MULTILINE))
    assert len(keys) == len(set(keys)) == len(papers)
    assert re.findall(r"^YEAR (.+)$", told, re.MULTILINE) == ["2000"] * len(papers)
    assert re.findall(r"^NOTE (.+)$", told, re.MULTILINE) == ["-"] * len(papers), "a note was injected"
    assert told.count("ENDOFTITLE") >= len(papers), "a title was cut"
    assert not re.search(r"^(?:AUTHOR|DOI) -$", told, re.MULTILINE), "a field was lost"


@pytest.mark.skipif(not shutil.which("biber"), reason="biber is not installed (Debian: biber)")
def test_biber_takes_every_hostile_record(tmp_path: Path) -> None:
    (tmp_path / "all.bib").write_text(bibtex(_papers()), "utf-8")
    said = _run(tmp_path, "biber", "--tool", "--validate-datamodel", "all.bib")
    assert said.endswith("exit 0") and "ERROR" not in said, said[-3_000:]
    assert (tmp_path / "all_bibertool.bib").read_text("utf-8").count("@") >= len(_papers())
