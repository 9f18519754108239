"""Which papers are asked, chosen in the window: the form, its pills, and what keeps to them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from rag.core.paper_filter import EVERY_PAPER, PaperFilter
from tests.helpers.windows import (
    CACHE,
    HOSTILE,
    MANY,
    PAPERS,
    PROPAGATE,
    Scripted,
    answered,
    ask,
    box,
    expect,
    looked_up,
    needs_browser,
    running,
    turn,
)
from tests.ui.test_window_look import SIZES, shot, violations

pytestmark = needs_browser
RECENT = PaperFilter(from_year=2020)
LINE = "Asked of 2 of 3 papers: 2020 or later."


def form(page: Any) -> Any:
    return page.get_by_role("dialog", name="Which papers to ask")


def note(page: Any) -> Any:
    return page.locator("#cw-choose-note")


def row(page: Any) -> Any:
    """The choice beside the question box."""
    return page.locator("#cw-of")


def opened(page: Any) -> Any:
    row(page).get_by_role("button", name="Ask of:").click()
    expect(note(page)).not_to_be_empty()
    return form(page)


def send(page: Any) -> None:
    form(page).get_by_role("button", name="Ask of these papers").click()
    expect(form(page)).to_be_hidden()


def choose_recent(page: Any) -> None:
    opened(page).get_by_role("textbox", name="From", exact=True).fill("2020")
    send(page)
    expect(row(page).locator(".cw-pill")).to_have_text(["2020 or later✕"])


@pytest.fixture
def changing(library_folder: Any) -> Any:
    """A window over an assistant of the test's own, whose shelf may change."""
    assistant = Scripted(shelf=PAPERS)
    with running(lambda settings, progress: assistant, library=library_folder) as url:
        yield url, assistant


@pytest.mark.slow
def test_a_question_is_asked_of_the_chosen_papers_and_a_reload_keeps_both(
    visit: Any, address: str, scripted: Scripted
) -> None:
    page = visit(address)
    expect(row(page)).to_contain_text("Ask of: all papers")
    dialog = opened(page)
    expect(note(page)).to_have_text("All 3 papers")
    dialog.get_by_role("textbox", name="From", exact=True).fill("2020")
    expect(note(page)).to_have_text("2 of 3 papers")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(row(page)).to_contain_text("Ask of: 2 of 3 papers")
    ask(page, "how fast?")
    answered(page)
    assert scripted.filter_of("how fast?") == RECENT
    expect(turn(page).locator(".cw-of")).to_contain_text(LINE)
    page.reload()
    expect(turn(page).get_by_role("button", name="Ask the whole library")).to_be_visible()
    expect(turn(page).locator(".cw-of")).to_contain_text(LINE)
    expect(row(page)).to_contain_text("Ask of: 2 of 3 papers")
    ask(page, "and then?")
    answered(page, 1)
    assert scripted.filter_of("and then?") == RECENT
    row(page).get_by_role("button", name="Take away: 2020 or later").click()
    expect(row(page)).to_contain_text("Ask of: all papers")
    ask(page, "and of all?")
    answered(page, 2)
    assert scripted.filter_of("and of all?") == EVERY_PAPER
    expect(turn(page).locator(".cw-of")).to_be_hidden()


@pytest.mark.slow
def test_all_that_the_empty_chat_offers_keeps_to_the_choice(visit: Any, changing: Any) -> None:
    url, assistant = changing
    page = visit(url)
    expect(page.locator("#cw-examples button").first).to_be_visible()
    choose_recent(page)
    expect(page.locator("#cw-welcome")).to_contain_text("Ask about 2 of 3 papers")
    expect(page.locator("#cw-library")).to_contain_text("2 papers")
    expect(page.locator("#cw-count")).to_have_text("2 of 3 papers")
    expect(page.locator("#cw-examples button").first).to_be_visible()
    offered = set(page.locator("#cw-examples button").all_text_contents())
    assert offered <= {question for question, of in assistant.filters if of == RECENT}
    row(page).get_by_role("button", name="Ask the whole library").click()
    expect(page.locator("#cw-welcome")).to_contain_text("Ask about these 3 papers")
    expect(page.locator("#cw-library")).to_contain_text("3 papers")
    expect(page.locator("#cw-count")).to_have_text("3 papers")


@pytest.mark.slow
def test_suggestions_and_follow_ups_keep_to_the_choice(visit: Any, changing: Any) -> None:
    url, assistant = changing
    page = visit(url)
    choose_recent(page)
    ask(page, "how fast?")
    answered(page)
    expect(turn(page).locator(".cw-next button").first).to_be_visible()
    offered = turn(page).locator(".cw-next button").first.text_content()
    assert assistant.filter_of(offered) == RECENT
    turn(page).locator(".cw-next button").first.click()
    answered(page, 1)
    assert assistant.filter_of(offered) == RECENT and assistant.history_of(offered)
    page.get_by_role("button", name="New chat").click()
    expect(row(page)).to_contain_text("2020 or later")  # a new chat goes on with it


@pytest.mark.slow
def test_the_table_of_papers_and_its_export_keep_to_the_choice(visit: Any, address: str) -> None:
    page = visit(address)
    page.get_by_role("button", name="3 papers").click()
    dialog = page.get_by_role("region", name="Library", exact=True)
    expect(dialog.locator(".cw-paper-row")).to_have_count(3)
    opener = dialog.get_by_role("button", name="Ask of:")
    opener.click()
    form(page).get_by_role("textbox", name="From", exact=True).fill("2020")
    send(page)
    expect(dialog.locator(".cw-paper-row")).to_have_count(2)
    expect(dialog).to_contain_text("2 of 3 papers")
    expect(opener).to_be_focused()
    dialog.get_by_text("Export").click()
    with page.expect_download() as download:
        dialog.get_by_role("button", name="RIS").click()
    text = download.value.path().read_text("utf-8")
    assert download.value.suggested_filename == "papers.ris" and text.count("ER  -") == 2 and "Hostile" not in text
    dialog.get_by_role("button", name="Take away: 2020 or later").click()
    expect(dialog.locator(".cw-paper-row")).to_have_count(3)
    expect(opener).to_be_focused()


@pytest.mark.slow
def test_names_are_ticked_typed_and_shown_as_pills(visit: Any, address: str, scripted: Scripted) -> None:
    page = visit(address)
    dialog = opened(page)
    dialog.get_by_text("Authors").click()
    expect(dialog.get_by_label("Ben Sample")).to_be_visible()
    dialog.get_by_label("Search: Authors").fill("ada")
    expect(dialog.get_by_label("Ben Sample")).to_have_count(0)
    dialog.get_by_label("Ada Example").check()
    dialog.get_by_label("Search: Authors").fill("zed")
    dialog.get_by_label("Search: Authors").press("Enter")
    expect(dialog.locator(".cw-pill")).to_have_text(["by Ada Example✕", "by zed✕"])
    dialog.get_by_role("button", name="Take away: by zed").press("Enter")
    expect(dialog.locator(".cw-pill")).to_have_text(["by Ada Example✕"])
    expect(dialog.get_by_role("button", name="Take away: by Ada Example")).to_be_focused()
    dialog.get_by_text("Files they came from").click()
    dialog.get_by_label("scopus.ris").check()
    dialog.get_by_text("Identifiers").click()
    dialog.get_by_role("textbox", name="Identifiers").fill("cache, 2312.09608\n10.1000/a;b")
    expect(note(page)).to_have_text("1 of 3 papers")
    send(page)
    ask(page, "how fast?")
    answered(page)
    assert scripted.filter_of("how fast?") == PaperFilter(
        authors=("Ada Example",), sources=("scopus.ris",), ids=("cache", "2312.09608", "10.1000/a;b")
    )
    dialog = opened(page)  # and it is in the form again
    expect(dialog.get_by_role("checkbox", name="Ada Example")).to_be_checked()
    expect(dialog.get_by_role("textbox", name="Identifiers")).to_have_value("cache\n2312.09608\n10.1000/a;b")


@pytest.mark.slow
def test_times_since_are_days_of_the_browser(visit: Any, address: str, scripted: Scripted) -> None:
    page = visit(address)
    dialog = opened(page)
    dialog.get_by_role("combobox", name="Added to the library").select_option("in the last 7 days")
    expect(dialog.locator(".cw-pill")).to_contain_text("added since")
    dialog.get_by_role("combobox", name="Added to the library").select_option("since a day …")
    dialog.get_by_label("Added since this day").fill("2026-11-01")
    expect(dialog.locator(".cw-pill")).to_have_text(["added since 2026-11-01✕"])
    send(page)
    ask(page, "what is new?")
    answered(page)
    since = scripted.filter_of("what is new?").added_since
    assert since is not None and abs(since - datetime(2026, 11, 1, tzinfo=UTC)) < timedelta(hours=15)
    expect(opened(page).get_by_label("Added since this day")).to_have_value("2026-11-01")


@pytest.mark.slow
def test_what_leaves_no_paper_is_named_and_not_asked(visit: Any, address: str) -> None:
    page = visit(address)
    dialog = opened(page)
    dialog.get_by_role("textbox", name="From", exact=True).fill("2020")
    dialog.get_by_label("Words in the title").fill("zebra")
    expect(note(page)).to_have_text("No paper here matches “with ‘zebra’”.")
    with looked_up(page, "choose"):
        dialog.get_by_role("button", name="Ask of these papers").click()
    expect(dialog).to_be_visible()
    dialog.get_by_label("Words in the title").fill("hostile")
    expect(note(page)).to_contain_text("there would be 1 paper without “2020 or later”")
    with looked_up(page, "choose"):
        dialog.get_by_role("textbox", name="From", exact=True).fill("x")
    expect(note(page)).not_to_contain_text("number")  # it is still being typed
    dialog.get_by_role("button", name="Ask of these papers").click()
    expect(note(page)).to_have_text("A year is a number such as 2020.")
    dialog.get_by_role("textbox", name="From", exact=True).fill("2024")
    dialog.get_by_role("textbox", name="to", exact=True).fill("2020")
    expect(note(page)).to_have_text("The first year is after the last one.")
    dialog.get_by_role("button", name="All papers").click()
    expect(note(page)).to_have_text("All 3 papers")


@pytest.mark.slow
def test_papers_that_go_leave_nobody_stuck(visit: Any, changing: Any) -> None:
    url, assistant = changing
    page = visit(url)
    choose_recent(page)
    with looked_up(page, "choose"):  # after an answer the page asks anew what the choice leaves
        ask(page, "how fast?")
        answered(page)
    assistant.shelf = (HOSTILE,)
    with looked_up(page, "choose"):
        ask(page, "still there?")
        expect(turn(page, 1)).to_contain_text("No paper here matches “2020 or later”.")
    assert assistant.times("still there?") == 0
    expect(row(page)).to_contain_text("No paper here matches “2020 or later”.")
    box(page).fill("and now?")
    with looked_up(page, "choose"):
        box(page).press("Enter")
    expect(page.locator("#cw-toast")).to_contain_text("No paper here matches")
    expect(page.locator(".cw-turn")).to_have_count(2)
    expect(box(page)).to_have_value("and now?")
    expect(row(page)).to_contain_text("Ask of: 0 of 1 paper")
    assistant.shelf = PAPERS  # they come back: the next try goes through
    box(page).press("Enter")
    expect(row(page)).to_contain_text("Ask of: 2 of 3 papers")
    with looked_up(page, "choose"):
        box(page).press("Enter")
        answered(page, 2)
    assistant.shelf = (HOSTILE,)
    page.reload()
    expect(row(page)).to_contain_text("No paper here matches “2020 or later”.")
    row(page).get_by_role("button", name="Ask the whole library").click()
    ask(page, "hostile?")
    expect(turn(page, 3)).to_contain_text("1 paper, exact words")


@pytest.mark.slow
def test_a_question_can_be_asked_again_of_the_whole_library(visit: Any, address: str, scripted: Scripted) -> None:
    page = visit(address)
    choose_recent(page)
    ask(page, "of how many?")
    answered(page)
    turn(page).get_by_role("button", name="Ask this question again").click()
    answered(page)
    assert scripted.filter_of("of how many?") == RECENT
    turn(page).get_by_role("button", name="Ask the whole library").press("Enter")
    answered(page)
    assert scripted.filter_of("of how many?") == EVERY_PAPER
    expect(page.locator(".cw-turn")).to_have_count(1)
    expect(turn(page).locator(".cw-of")).to_be_hidden()
    expect(row(page)).to_contain_text("2020 or later")


@pytest.mark.slow
def test_a_conversation_brings_its_choice_back(visit: Any, address: str) -> None:
    page = visit(address)
    choose_recent(page)
    ask(page, "of some?")
    answered(page)
    page.get_by_role("button", name="New chat").click()
    row(page).get_by_role("button", name="Ask the whole library").click()
    ask(page, "of all?")
    answered(page)
    page.get_by_role("button", name="of some?", exact=True).click()
    expect(row(page)).to_contain_text("2020 or later")
    page.go_back()
    expect(page.locator(".cw-question")).to_have_text("of all?")
    expect(row(page)).to_contain_text("Ask of: all papers")


@pytest.mark.slow
def test_a_link_names_the_papers_that_were_asked(visit: Any, address: str, scripted: Scripted) -> None:
    page = visit(address)
    choose_recent(page)
    ask(page, "linked?")
    answered(page)
    turn(page).get_by_role("button", name="Copy a link that asks this question").click()
    expect(page.locator("#cw-toast")).to_contain_text("Copied")
    link = page.evaluate("navigator.clipboard.readText()")
    other = visit(link)
    answered(other)
    expect(turn(other).locator(".cw-of")).to_contain_text(LINE)
    expect(row(other)).to_contain_text("2020 or later")
    assert "of=" not in other.url
    assert scripted.times("linked?") == 2 and scripted.filter_of("linked?") == RECENT


@pytest.mark.slow
@pytest.mark.parametrize(
    "of", ['{"odd": 1}', '{"authors": "' + "x" * 600 + '"}', "[1]", "{", "7", '{"from_year": "<b>"}']
)
def test_a_link_with_a_broken_choice_says_so_or_asks_the_whole_library(visit: Any, address: str, of: str) -> None:
    page = visit(f"{address}?q=broken%3F&of={quote(of)}")
    expect(turn(page).locator(".cw-state")).to_contain_text(
        "exact words" if of in ("[1]", "{", "7") else "Not answered"
    )
    row(page).get_by_role("button", name="Ask of:").click()
    send_all = form(page).get_by_role("button", name="All papers")
    send_all.click()
    send(page)
    ask(page, "and now?")
    answered(page, 1)


@pytest.mark.slow
def test_a_damaged_kept_choice_stops_nothing(visit: Any, address: str) -> None:
    page = visit(address)
    choose_recent(page)
    ask(page, "how fast?")
    answered(page)
    page.evaluate(
        """() => {
            const key = Object.keys(localStorage).find((name) => name.startsWith('citewise:talk:'));
            const talk = JSON.parse(localStorage[key]);
            talk.turns[0].of = { filter: { odd: [1] }, papers: 'x', line: 7 };
            localStorage[key] = JSON.stringify(talk);
            sessionStorage['citewise:chosen'] = '{"talk": 7, "filter": "all"}';
        }"""
    )
    page.reload()
    answered(page)
    expect(turn(page).locator(".cw-of")).to_be_hidden()
    row(page).get_by_role("button", name="Ask the whole library").click()
    ask(page, "and now?")
    answered(page, 1)


@pytest.mark.slow
def test_the_form_works_by_keyboard_and_esc_leaves_it_as_it_was(visit: Any, address: str) -> None:
    page = visit(address)
    opener = row(page).get_by_role("button", name="Ask of:")
    opener.focus()
    page.keyboard.press("Enter")
    expect(form(page)).to_be_visible()
    expect(note(page)).to_have_attribute("aria-live", "polite")
    expect(note(page)).to_have_text("All 3 papers")
    form(page).get_by_role("textbox", name="From", exact=True).focus()
    page.keyboard.type("2020")
    expect(note(page)).to_have_text("2 of 3 papers")
    page.keyboard.press("Escape")
    expect(form(page)).to_be_hidden()
    expect(opener).to_be_focused()
    expect(row(page)).to_contain_text("Ask of: all papers")
    page.keyboard.press("Enter")
    expect(form(page).get_by_role("textbox", name="From", exact=True)).to_have_value("")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="3 papers").click()
    papers = page.get_by_role("region", name="Library", exact=True)
    papers.get_by_role("button", name="Ask of:").press("Enter")
    page.keyboard.press("Escape")
    expect(form(page)).to_be_hidden()
    expect(papers).to_be_visible()
    expect(papers.get_by_role("button", name="Ask of:")).to_be_focused()


@pytest.mark.slow
def test_names_of_strangers_do_nothing(visit: Any, changing: Any) -> None:
    url, assistant = changing
    odd = '<img src=x onerror="window.pwned=1">${window.pwned=1}{{pwned}}'
    assistant.shelf = tuple(
        type(one)(one.id, one.title, one.abstract, authors=(odd,), venue=odd, year=2023) for one in (CACHE, PROPAGATE)
    )
    page = visit(url)
    dialog = opened(page)
    for kind in ("Authors", "Venues"):
        dialog.get_by_text(kind, exact=True).click()
    expect(dialog.get_by_role("checkbox", name="<img src=x")).to_have_count(2)
    for tick in dialog.get_by_role("checkbox", name="<img src=x").all():
        tick.check()
    expect(dialog.locator(".cw-pill")).to_have_count(2)
    send(page)
    ask(page, "how fast?")
    answered(page)
    expect(turn(page).locator(".cw-of")).to_contain_text("by <img src=x")
    page.reload()
    expect(turn(page).get_by_role("button", name="Ask the whole library")).to_be_visible()
    assert page.evaluate("window.pwned") is None
    assert page.locator("#cw img[src=x]").count() == 0


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_each_state_of_the_choice_is_accessible_and_fits(visit: Any, changing: Any, theme: str, size: str) -> None:
    url, assistant = changing
    long = "International Conference on Very Long Names of Venues and of the People Who Attend Them " * 3
    assistant.shelf = (
        *(type(p)(p.id, p.title, p.abstract, authors=p.authors, venue=long, year=p.year) for p in PAPERS),
        *MANY,
    )
    width, height = SIZES[size]
    page = visit(url, width, height, theme)

    def seen(name: str) -> None:
        shot(page, f"{size}-{theme}-filter-{name}")
        assert violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name

    seen("1-all")
    dialog = opened(page)
    seen("2-form")
    dialog.get_by_role("textbox", name="From", exact=True).fill("2020")
    for kind in ("Authors", "Venues", "Files they came from", "Identifiers"):
        dialog.get_by_text(kind, exact=True).click()
    dialog.get_by_role("checkbox", name="International").check()
    dialog.get_by_role("checkbox", name="Ada Example").check()
    dialog.get_by_role("checkbox", name="scopus.ris").check()
    expect(note(page)).to_have_text("1 of 43 papers")
    seen("3-filled")
    dialog.get_by_label("Words in the title").fill("zebra")
    expect(note(page)).to_contain_text("No paper here matches")
    seen("4-nothing-left")
    dialog.get_by_label("Words in the title").fill("")
    expect(note(page)).to_have_text("1 of 43 papers")
    send(page)
    expect(row(page).locator(".cw-pill")).to_have_count(4)
    expect(page.locator("#cw-welcome")).to_contain_text("1 of 43")
    seen("5-pills")
    ask(page, "how fast?")
    answered(page)
    seen("6-turn")
    page.reload()
    expect(turn(page).get_by_role("button", name="Ask the whole library")).to_be_visible()
    expect(row(page).locator(".cw-pill")).to_have_count(4)
    seen("7-reloaded")
    page.locator("#cw-count").click()
    expect(page.locator(".cw-paper-row")).to_have_count(1)
    seen("8-papers")
    page.get_by_role("button", name="Ask", exact=True).click()
    assistant.shelf = MANY
    ask(page, "any left?")
    expect(row(page)).to_contain_text("No paper here matches")
    seen("9-none-left")
