"""Styles reach what they are for: a widget's key is a class in the page, on every page."""

import re

import pytest

from tests.conftest import ROOT

STYLED = frozenset(
    name for file in (ROOT / "assets").glob("*.css") for name in re.findall(r"\.st-key-([\w-]+)", file.read_text())
)
TABS = [
    (file.relative_to(ROOT), key)
    for file in sorted((ROOT / "viz").glob("*/tabs.py"))
    for key in re.findall(r'widgets\.tabs\(\s*[^,]+,\s*[^,]+,\s*"(\w+)"', file.read_text())
]


@pytest.mark.parametrize(("file", "key"), TABS, ids=[key for _, key in TABS])
def test_no_row_of_tabs_has_the_key_of_something_that_is_styled(file, key):
    assert key not in STYLED, f"{file}: the styles of .st-key-{key} are for something else"


def test_the_tabs_of_four_pages_are_looked_at():
    assert len(TABS) == 4
    assert "lesson" in STYLED
