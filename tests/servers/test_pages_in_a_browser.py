"""HTML pages, opened in a real browser: names are data there too, and paper shows everything."""

from pathlib import Path

import pytest
from support.browser import Browser
from support.endpoints import endpoint, report
from support.plans import change, edit, outcome, plan

from elastic_mirror_policy.endpoints.verdicts import Verdict
from elastic_mirror_policy.mirror.codes import FindingCode
from elastic_mirror_policy.mirror.findings import Finding
from elastic_mirror_policy.mirror.report import MirrorReport, MirrorStatus
from elastic_mirror_policy.mirror.versions import VersionResult, VersionStatus
from elastic_mirror_policy.render import Viewable
from elastic_mirror_policy.rollout.report import Report

EVIL = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"
LONG = "https://" + "a-very-long-name." * 12 + "corp"
SYSTEMS = ("linux", "mac", "windows")

PAGES: dict[str, Viewable] = {
    "plan": plan(
        *(change(f"Policy {n}", *(edit(LONG, os=os) for os in SYSTEMS)) for n in range(60)),
        change(EVIL, edit(EVIL, EVIL), warnings=(EVIL,)),
    ),
    "report": Report(
        journal=EVIL, outcomes=(outcome(EVIL), outcome("B", "failed", error=EVIL)), stopped=EVIL
    ),
    "endpoints": report(
        *(endpoint("behind", hostname=f"host-{n}", detail=LONG) for n in range(60)),
        *(endpoint(verdict.value) for verdict in Verdict),
        endpoint("behind", hostname=EVIL, detail=EVIL, endpoint_version=EVIL, policy_name=EVIL),
    ),
    "mirror check": MirrorReport(
        EVIL,
        (VersionResult("9.1.3", EVIL, 1, healthy=False),),
        (Finding.of(FindingCode.ARTIFACT_MISSING, LONG, EVIL, hint=EVIL),),
    ),
    "mirror status": MirrorStatus(
        EVIL, (VersionStatus("9.1.3", EVIL, 7, 1, None, None, 60.0, LONG, None),)
    ),
}


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    """Chromium, with an empty profile."""
    return Browser(tmp_path)


def test_the_browser_would_run_what_is_markup(browser: Browser) -> None:
    """A test in which nothing can run would prove nothing."""
    assert browser.title(f"<html><body>{EVIL}</body></html>") == "run"


@pytest.mark.parametrize("name", PAGES)
def test_a_name_is_text_in_a_browser(browser: Browser, name: str) -> None:
    """It is on the page as it is, and nothing of it ran or became an element."""
    dom = browser.dom(PAGES[name].to_html())

    assert "<title>run</title>" not in dom
    assert "<img" not in dom
    assert "<script" not in dom
    assert "&lt;img src=x onerror=" in dom


@pytest.mark.parametrize("window", [400, 800, 1400])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_its_window(browser: Browser, name: str, window: int) -> None:
    """Long names are broken; nobody has to scroll sideways."""
    wide, inner = browser.widths(PAGES[name].to_html(), window)

    assert wide <= inner


def test_paper_shows_every_policy(browser: Browser) -> None:
    """A page is printed whole, on as many sheets as it takes."""
    pdf = browser.pdf(PAGES["plan"].to_html())

    assert pdf.startswith(b"%PDF-")
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") >= 2
