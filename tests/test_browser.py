"""A scorecard in a real browser, from disk, with the network off."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil

import pytest
import report_cards as cards

from grader.report import Entry, Reports, render_notebook

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
DRIVER = shutil.which("chromedriver")
SELENIUM = importlib.util.find_spec("selenium")
WIDTHS = (390, 820, 1280)
LEAK = '<script>fetch("http://leak.example/a")</script><img src="http://leak.example/b"><meta http-equiv="refresh" content="0;url=http://leak.example/c"><p>from the notebook</p>'


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    absent = [
        name
        for name, found in (
            ("chromium", CHROMIUM),
            ("chromedriver", DRIVER),
            ("selenium", SELENIUM),
        )
        if not found
    ]
    if absent:
        reason = f"needs {' and '.join(absent)}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    profile = tmp_path_factory.mktemp("chromium")
    for flag in (
        "headless=new",
        "no-sandbox",
        "disable-gpu",
        "disable-dev-shm-usage",
        "disable-background-networking",
        "disable-component-update",
        "no-first-run",
        "remote-debugging-pipe",  # or chromedriver looks up `localhost` to reach it
        f"user-data-dir={profile}",
    ):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=_service(DRIVER))
    offline = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
    driver.execute_cdp_cmd("Network.enable", {})
    driver.execute_cdp_cmd("Network.emulateNetworkConditions", offline)
    yield driver
    driver.quit()


def _service(driver):
    """Chromedriver by its address: selenium asks for `localhost`, a name that not every machine
    can look up.
    """
    from selenium import webdriver
    from selenium.webdriver.common.utils import is_connectable

    class Service(webdriver.ChromeService):
        service_url = property(lambda self: f"http://127.0.0.1:{self.port}")

        def is_connectable(self):
            return is_connectable(self.port, "127.0.0.1")

    return Service(driver)


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    reports = Reports(folder)
    for card in cards.roster():
        reports.write_scorecard(card)
    reports.write_class([Entry(card) for card in cards.roster()], "Group B")
    return folder


def visit(browser, path, width=1280):
    """Open a page at a width; returns the addresses that it asked for."""
    browser.get_log("performance")
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get(path.as_uri())
    browser.execute_script("document.querySelectorAll('details').forEach(d => { d.open = true })")
    return requests(browser)


def requests(browser):
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [
        m["params"]["request"]["url"]
        for m in messages
        if m["method"] == "Network.requestWillBeSent"
    ]


def overflow(browser):
    return browser.execute_script(
        "const page = document.documentElement; return page.scrollWidth - page.clientWidth"
    )


def rows(browser):
    from selenium.webdriver.common.by import By

    found = browser.find_elements(By.CSS_SELECTOR, "tbody[data-target]")
    return {row.get_attribute("data-target"): " ".join(row.text.split()) for row in found}


@pytest.mark.parametrize("width", WIDTHS)
def test_a_scorecard_is_read_from_disk_and_asks_for_nothing(browser, out, width) -> None:
    page = out / "lee-amy" / "scorecard.html"
    assert visit(browser, page, width) == [page.as_uri()]
    read = rows(browser)
    assert len(read) == 26  # dlogits and dhprebn stand twice
    assert "Right, exact" in read["dlogprobs"]
    assert "1 / 1" in read["dlogprobs"]
    assert "dlogprobs[range(n), Yb] = -1.0 / n" in read["dlogprobs"]
    assert "Wrong shape" in read["dcounts_sum_inv"]
    assert "expected (32, 1)" in read["dcounts_sum_inv"]
    assert "Missing" in read["demb"]
    assert overflow(browser) <= 0


@pytest.mark.parametrize("width", WIDTHS)
def test_the_class_page_fits_and_its_links_open(browser, out, width) -> None:
    assert visit(browser, out / "index.html", width) == [(out / "index.html").as_uri()]
    assert overflow(browser) <= 0
    from selenium.webdriver.common.by import By

    browser.find_element(By.LINK_TEXT, "okafor-ben").click()
    assert browser.find_element(By.TAG_NAME, "h1").text == "okafor-ben"


@pytest.mark.parametrize("width", WIDTHS)
def test_hostile_text_does_not_run_nor_break_the_page(browser, tmp_path, width) -> None:
    card = cards.hostile()
    page = Reports(tmp_path).write_scorecard(card, notebook_html=LEAK)
    browser.get_log("browser")
    assert visit(browser, page, width) == [page.as_uri()]
    assert overflow(browser) <= 0
    assert "dlogits" in rows(browser)
    assert browser.execute_script("return document.scripts.length") == 0


def test_the_notebook_in_its_frame_shows_but_does_nothing(browser, tmp_path) -> None:
    source = {"cell_type": "markdown", "metadata": {}, "source": f"# A heading\n\n{LEAK}"}
    notebook = {"cells": [source], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    page = Reports(tmp_path).write_scorecard(cards.right(), render_notebook(notebook))
    assert visit(browser, page) == [page.as_uri()]
    from selenium.webdriver.common.by import By

    browser.switch_to.frame(browser.find_element(By.TAG_NAME, "iframe"))
    assert browser.find_element(By.TAG_NAME, "h1").text == "A heading"
    assert "from the notebook" in browser.find_element(By.TAG_NAME, "body").text
    browser.switch_to.default_content()
    assert requests(browser) == []
