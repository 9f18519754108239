"""LaTeX's accents and letters as the characters that they stand for, and back."""

import time

import pytest

from rag.core.accents import ascii_letters, command_for, shown


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (r"H\"older and Erd\H{o}s", "Hölder and Erdős"),
        (r"H{\"o}lder and Erd{\H{o}}s, {\H o}", "Hölder and Erdős, ő"),
        (r"{\v S}koda, \v{c}, \c c, \c{c}, \k{a}, \r{u}, \u{g}, \d{s}", "Škoda, č, ç, ç, ą, ů, ğ, ṣ"),
        (r"na\"{\i}ve, \'{\i}, \^{e}, \~n, \=a, \.z, \`a", "naïve, í, ê, ñ, ā, ż, à"),
        (r"\O stergaard, Stra{\ss}e, \L{}\'od\'z, \aa ngstr\"om, \AE gir", "Østergaard, Straße, Łódź, ångström, Ægir"),
        (r"\emph{in vivo} and \textit{E. coli}", "in vivo and E. coli"),
        (r"50\% \& more \#1 a\_b", "50% & more #1 a_b"),
        (r"{Bayesian} {DNA} {B}ayes Co{DE}", "Bayesian DNA Bayes CoDE"),
        (r"The paper\'s point isn\'t new", "The paper's point isn't new"),
        (r"Erd\H{o}s on $\H{o} {DNA} \"o$", r"Erdős on $\H{o} {DNA} \"o$"),
        (r"The set {b}, {x and \xi, \theta, \order, \input{x}", r"The set {b}, {x and \xi, \theta, \order, \input{x}"),
        ("Hölder 甲虫", "Hölder 甲虫"),
    ],
)
def test_accents_are_characters_and_all_else_stays(text: str, seen: str) -> None:
    assert shown(text) == seen


def test_every_latin_letter_comes_back_from_its_command() -> None:
    letters = [letter for code in range(0xC0, 0x250) if (letter := chr(code)).isalpha()]
    commands = {letter: command for letter in letters if (command := command_for(letter))}
    assert len(commands) > 150
    assert {letter: shown(command) for letter, command in commands.items()} == {letter: letter for letter in commands}
    assert command_for("a") is None and command_for("甲") is None


def test_letters_of_ascii_for_keys() -> None:
    assert ascii_letters("Erdős, Łódź, Straße, Øre, 甲") == "Erdos, Lodz, Strasse, Ore, "


@pytest.mark.parametrize("mark", [*"\\{}$^~'\"=.`", "\\'", "{\\", "\\H{", "\\emph{", "{A", "\\ ", "\\o ", "a{"])
def test_time_grows_with_the_text(mark: str) -> None:
    # Quadratic work would take minutes for each of these.
    start = time.process_time()
    shown(mark * (20_000 // len(mark)))
    assert time.process_time() - start < 2
