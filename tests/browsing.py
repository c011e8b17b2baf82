"""Pages in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BROWSER, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
PHONE, DESK = (360, 740), (1280, 900)

FOCUS = """
const node = document.activeElement, style = getComputedStyle(node);
const shown = node.type === "radio" ? getComputedStyle(node.nextElementSibling) : style;
const box = node.getBoundingClientRect();
return {tag: node.tagName, id: node.id, outline: shown.outlineStyle !== "none" && parseFloat(shown.outlineWidth) >= 2,
        left: box.left, text: node.textContent};
"""


class Page:
    """A browser with one page."""

    def __init__(self, driver: Any, folder: Path) -> None:
        self.driver = driver
        self._file = folder / "page.html"

    def open(self, text: str, size: tuple[int, int] = DESK, scheme: str = "light", fragment: str = "") -> None:
        """Show a page that is in a file, and nothing of what was there before."""
        self._file.write_text(text, encoding="utf-8")
        self.go(self._file.as_uri() + fragment, size, scheme)

    def go(self, url: str, size: tuple[int, int] = DESK, scheme: str = "light") -> None:
        """Show what is at an address."""
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == PHONE}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self._drain()
        self.driver.get("about:blank")
        self.complaints()
        self.driver.get(url)

    def ask(self, script: str) -> Any:
        return self.driver.execute_script(script)

    def press(self, *keys: str) -> Any:
        from selenium.webdriver.common.action_chains import ActionChains

        for key in keys:
            ActionChains(self.driver, duration=0).send_keys(key).perform()
        return self.ask(FOCUS)

    def _drain(self) -> list[dict[str, Any]]:
        return [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]

    def requested(self) -> list[str]:
        """What the page asked for, itself and what its own text holds left out."""
        sent = (each["params"] for each in self._drain() if each["method"] == "Network.requestWillBeSent")
        urls = [each["request"]["url"] for each in sent]
        own = (self._file.as_uri(), "data:", "about:")
        return [url for url in urls if not url.startswith(own)]

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser")]


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    if not BROWSER.exists() or not DRIVER.exists():
        pytest.skip(f"needs {BROWSER} and {DRIVER}, Debian's chromium and chromium-driver")
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    options = ChromeOptions()
    options.binary_location = str(BROWSER)
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    started = Chrome(options=options, service=Service(str(DRIVER), env={"SE_OFFLINE": "true"}))
    started.set_script_timeout(120)
    yield started
    started.quit()
