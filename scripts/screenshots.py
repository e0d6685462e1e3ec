"""Writes docs/images/cockpit.png and report.png, as a visitor's browser shows them: `make pictures`.

Needs Chromium and its driver.
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from playground_amp.files import write_atomically

ROOT = Path(__file__).resolve().parents[1]
POLICY = ROOT / "policies" / "walk"
IMAGES = ROOT / "docs" / "images"
STYLE = ROOT / "playground_amp" / "report" / "templates" / "report.css"  # of today, whenever the report was made
_RESTYLE = "document.querySelector('style').textContent = arguments[0]"
PORT = 8097
SIZE = (1280, 800)  # pixels
PATIENCE = 120.0  # s, until it walks: drawing without a graphics card is slow
WALKING_SECONDS = 10.0  # until the curves have something to show
FLAGS = ("--headless=new", "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")


def main() -> None:
    with _browser() as browser:
        with _cockpit() as address:
            browser.get(address)
            WebDriverWait(browser, PATIENCE).until(_walks)
            time.sleep(WALKING_SECONDS)
            for notice in browser.find_elements(By.CSS_SELECTOR, ".mantine-Notification-closeButton"):
                notice.click()  # that WebGL is drawn in software here
            time.sleep(1.0)
            _save(browser, "cockpit.png")
        browser.get((POLICY / "report.html").as_uri())
        browser.execute_script(_RESTYLE, STYLE.read_text())
        time.sleep(2.0)
        _save(browser, "report.png")


@contextmanager
def _browser() -> Iterator[webdriver.Chrome]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        raise SystemExit("error: no browser: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--window-size={SIZE[0]},{SIZE[1]}"):
        options.add_argument(flag)
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        yield browser
    finally:
        browser.quit()


@contextmanager
def _cockpit() -> Iterator[str]:
    """The address of the page with the bundled policy."""
    script = str(ROOT / "playground_amp" / "play.py")
    command = [sys.executable, script, "--checkpoint", str(POLICY), "--port", str(PORT)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        while "walking" not in (line := process.stdout.readline()):
            if not line:
                raise SystemExit("error: the cockpit did not start")
        yield f"http://127.0.0.1:{PORT}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _walks(browser: webdriver.Chrome) -> bool:
    """Whether the page shows that the robot has got going."""
    speed = browser.execute_script("return document.getElementById('measured-forward')?.textContent")
    return float(speed or "0") > 0.25


def _save(browser: webdriver.Chrome, name: str) -> None:
    write_atomically(IMAGES / name, browser.get_screenshot_as_png())
    print(IMAGES / name)


if __name__ == "__main__":
    main()
