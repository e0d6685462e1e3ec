"""The documentation as a site: it builds without a warning, and reading and searching it needs no network."""

import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

pytest.importorskip("mkdocs", reason="the extra `docs` is not installed")

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
FETCHED = re.compile(r"<(?:script|link|img|iframe)\b[^>]+(?:src|href)=\"?(?:https?:)?//[^\">\s]+")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = {"NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": ":".join(sys.path)}
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (built.returncode, built.stdout + built.stderr) == (0, "")
    return folder


@pytest.mark.slow
def test_the_site_is_whole_and_fetches_nothing(site: Path) -> None:
    pages = {path.relative_to(site).as_posix(): path.read_text() for path in site.rglob("*.html")}
    assert pages.keys() >= {"index.html", "changelog.html", "commands.html", "api/envs.html"}
    assert [found for text in pages.values() for found in FETCHED.findall(text)] == []
    assert "playground_amp.learning.iteration.Trainer" in pages["api/learning.html"]


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None or DRIVER is None, reason="no browser: apt-get install chromium chromium-driver")
def test_a_page_opened_as_a_file_can_be_searched(site: Path) -> None:
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1200,800"):
        options.add_argument(flag)
    with webdriver.Chrome(options=options, service=webdriver.ChromeService(str(DRIVER))) as browser:
        browser.get((site / "api" / "envs.html").as_uri())
        field = browser.find_element(By.CSS_SELECTOR, "input.md-search__input")
        field.click()
        field.send_keys("backlash")
        first = (By.CSS_SELECTOR, ".md-search-result__item a")
        found = WebDriverWait(browser, 60).until(lambda page: page.find_element(*first))
        assert "backlash" in str(found.get_attribute("textContent")).lower()


@pytest.mark.parametrize(
    ("link", "source", "on_site"),
    [
        ("[a](docs/gates.md#robust)", "README.md", "[a](gates.md#robust)"),
        ("![a](docs/images/walk.webp)", "README.md", "![a](images/walk.webp)"),
        ("[a](CHANGELOG.md)", "README.md", "[a](changelog.md)"),
        ("[`a`](../playground_amp/train.py)", "docs/gates.md", "`a`"),
        ("[a](not_there.md)", "docs/gates.md", "[a](not_there.md)"),
        ("[a](https://b.c)", "docs/gates.md", "[a](https://b.c)"),
    ],
)
def test_links_lead_to_pages_of_the_site(link: str, source: str, on_site: str) -> None:
    with_site_links = runpy.run_path(str(ROOT / "scripts" / "site_pages.py"))["with_site_links"]
    assert with_site_links(link, ROOT / source, "page.md") == on_site
