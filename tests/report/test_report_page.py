"""The page in a browser: it opens without a network, draws every chart and complains of nothing."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from made_up_runs import CONFIG, PRIOR_METRICS, make_performance, make_run
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

from playground_amp.errors import UserError
from playground_amp.gates.gates import WALK
from playground_amp.report import page
from playground_amp.report.facts import read_facts

MOST_BYTES = 20_000_000
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
)


def page_of(checkpoint: Path, seconds: float | None = None) -> str:
    """The report of a made-up run, on a machine that cannot draw."""

    def cannot_draw(*_: Any) -> str:
        raise UserError("this machine cannot draw pictures; apt-get install libegl1")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "film_program", cannot_draw)
        facts = read_facts(checkpoint)
        return page.render(facts, facts.gates, make_performance(seconds), film=None)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Headless Chromium without a network."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("no Chromium with its driver; Debian: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = webdriver.Chrome(options=options, service=Service(driver))
    chrome.execute_cdp_cmd("Network.enable", {})
    offline = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
    chrome.execute_cdp_cmd("Network.emulateNetworkConditions", offline)
    yield chrome
    chrome.quit()


@pytest.fixture(scope="module")
def opened(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The browser with the report of a run that failed its gate."""
    folder = tmp_path_factory.mktemp("run")
    path = folder / "report.html"
    path.write_text(page_of(make_run(folder, clearances=(0.001,))), encoding="utf-8")
    assert path.stat().st_size < MOST_BYTES
    browser.get(path.as_uri())
    return browser


def draw_everything(browser: Any) -> int:
    """Opens what is folded up, scrolls past every chart, and waits until all are drawn; how many there are."""
    browser.execute_script("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    script = """
const undrawn = document.querySelector(".chart:not([data-drawn])");
if (undrawn) undrawn.scrollIntoView({behavior: "instant"});
return undrawn === null;
"""
    WebDriverWait(browser, 120).until(lambda driver: driver.execute_script(script))
    return browser.execute_script(
        "return document.querySelectorAll('.chart .main-svg').length && "
        "document.querySelectorAll('.chart[data-drawn]').length"
    )


def messages(browser: Any) -> list[str]:
    return [entry["message"] for entry in browser.get_log("browser")]


def requests(browser: Any) -> list[str]:
    """Addresses in the network that were asked for."""
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    return [url for url in sent if url.startswith(("http", "ws"))]


def test_every_chart_is_drawn_and_nothing_is_complained_of(opened: Any) -> None:
    # progress 2, learner 2, gait 6 + 2 + 3 + 1 + 5, commands 3 + 1
    assert draw_everything(opened) == 25 + len(CONFIG.reward_weights) + len(PRIOR_METRICS)
    assert messages(opened) == []
    assert requests(opened) == []


def test_the_tables_are_right(opened: Any) -> None:
    assert opened.execute_script("return document.querySelector('[data-verdict]').innerText") == "FAIL"
    rows = opened.execute_script(
        "return [...document.querySelectorAll('.gate tbody tr')].map((row) => [...row.cells].map((c) => c.innerText))"
    )
    by_check = {row[0].splitlines()[0]: row[1:] for row in rows}
    assert len(by_check) == len(WALK.cells[1].criteria)
    assert by_check["survived"] == ["≥ 1.00", "1.00", "1.00", "0", "pass"]
    assert by_check["swing clearance"][-2:] == ["2", "FAIL"]
    stages = opened.execute_script(
        "return [...document.querySelectorAll('.stages tbody tr')].map((row) => [...row.cells].map((c) => c.innerText))"
    )
    assert stages[2] == ["walk", "0.50", "0.50", "0.00", "0.00", "0.00", "0.00"]


def test_a_phone_needs_no_scrolling_sideways(opened: Any) -> None:
    screen = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    try:
        width = "return document.documentElement.scrollWidth"
        WebDriverWait(opened, 20).until(lambda page: page.execute_script(width) <= 390)  # charts follow the window
    finally:
        opened.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_dark_and_light(opened: Any) -> None:
    color = "return getComputedStyle(document.body).backgroundColor"
    before = opened.execute_script(color)
    opened.execute_script("document.getElementById('theme').click()")
    assert opened.execute_script(color) != before
    assert messages(opened) == []


def test_without_gates_prior_and_film_it_says_so(tmp_path: Path) -> None:
    checkpoint = make_run(tmp_path, clearances=())
    (tmp_path / "metrics.jsonl").unlink()
    text = page_of(checkpoint, seconds=5.0)
    for sentence in (
        "NOT JUDGED",
        "There is no film: this machine cannot draw pictures; apt-get install libegl1.",
        "There is no metrics.jsonl beside this policy.",
        "The robot fell before it had walked two cycles",
        "It fell after 5.0 s.",
        "Trained without a motion prior",
    ):
        assert sentence in text


def test_words_of_a_run_cannot_become_markup(tmp_path: Path) -> None:
    text = page_of(make_run(tmp_path / "<b>run</b>"))
    assert "<b>run</b>" not in text
    assert "&lt;b&gt;run&lt;/b&gt;" in text
