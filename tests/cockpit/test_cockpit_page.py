"""The cockpit as a visitor meets it: `play.py` as typed, in headless Chromium, with real clicks and keys."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from paths import BUNDLE, ROOT
from ports import free_port
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
PATIENCE = 120.0  # s; WebGL in software on a busy machine is slow
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--no-first-run",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--window-size=700,500",
)

pytestmark = pytest.mark.skipif(
    CHROMIUM is None or DRIVER is None, reason="no browser: apt-get install chromium chromium-driver"
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where play.py serves the policy in the box."""
    port = free_port()
    command = [
        sys.executable,
        str(ROOT / "playground_amp" / "play.py"),
        "--checkpoint",
        str(BUNDLE),
        "--port",
        str(port),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if "walking" in line:
            break
    assert f"http://127.0.0.1:{port}" in said[-1], "".join(said)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(timeout=30)


@pytest.fixture(scope="module")
def browser(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """The page, open."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(DRIVER)))
    driver.set_script_timeout(PATIENCE)
    driver.get(address)
    yield driver
    driver.quit()


def text_of(browser: webdriver.Chrome, element: str) -> str:
    """What stands in the element of that id; empty while it is not there."""
    return browser.execute_script("return document.getElementById(arguments[0])?.textContent ?? ''", element)


def measured(browser: webdriver.Chrome, name: str) -> float:
    return float(text_of(browser, f"measured-{name}") or "nan")


def wait_until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"not within {PATIENCE:.0f} s: {what}"
        time.sleep(0.2)


def number_box(browser: webdriver.Chrome, label: str) -> WebElement:
    """Where the value of a slider is typed."""
    slider = browser.find_element(By.XPATH, f"//label[normalize-space()='{label}']").get_attribute("for")
    return browser.find_element(By.XPATH, f"//*[@id='{slider}']/following-sibling::*//input")


def press(browser: webdriver.Chrome, button: str) -> None:
    browser.find_element(By.XPATH, f"//button[normalize-space()='{button}']").click()


def ask(browser: webdriver.Chrome, label: str, value: str) -> None:
    box = number_box(browser, label)
    box.click()
    box.send_keys(Keys.CONTROL, "a")
    box.send_keys(value, Keys.ENTER)


def test_it_walks_when_the_page_opens(browser: webdriver.Chrome) -> None:
    wait_until(lambda: abs(measured(browser, "forward") - 0.3) < 0.06, "walks at 0.3 m/s")
    assert text_of(browser, "policy") == "bundle walk"
    assert measured(browser, "rate") > 0
    assert float(text_of(browser, "reward-alive")) == pytest.approx(0.5)


def test_it_speeds_up_when_asked(browser: webdriver.Chrome) -> None:
    ask(browser, "Forward m/s", "0.5")
    wait_until(lambda: measured(browser, "forward") > 0.44, "speeds up to 0.5 m/s")


def test_it_survives_a_push(browser: webdriver.Chrome) -> None:
    before = measured(browser, "pushes")
    press(browser, "Push")
    wait_until(lambda: measured(browser, "pushes") == before + 1, "is pushed")
    time.sleep(3.0)
    wait_until(lambda: abs(measured(browser, "forward") - 0.5) < 0.06, "walks on")
    assert measured(browser, "falls") == 0


def test_a_key_slows_it_down_and_a_button_stops_it(browser: webdriver.Chrome) -> None:
    body = browser.find_element(By.TAG_NAME, "body")
    body.click()
    for _ in range(4):
        body.send_keys("k")
    wait_until(lambda: measured(browser, "forward") < 0.36, "slows down to 0.3 m/s")
    press(browser, "Stand")
    wait_until(lambda: abs(measured(browser, "forward")) < 0.03, "stands")
    assert measured(browser, "falls") == 0


def test_pause_and_reset(browser: webdriver.Chrome) -> None:
    press(browser, "Pause")
    wait_until(lambda: measured(browser, "rate") == 0, "pauses")
    press(browser, "Resume")
    wait_until(lambda: measured(browser, "rate") > 0, "resumes")
    press(browser, "Reset")
    wait_until(lambda: measured(browser, "torque-rms") > 0, "starts anew")


def test_nothing_is_asked_of_the_network_and_nothing_fails(browser: webdriver.Chrome, address: str) -> None:
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    elsewhere = [url for url in asked if url.startswith(("http:", "https:", "ws:")) and not url.startswith(address)]
    assert elsewhere == []
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
