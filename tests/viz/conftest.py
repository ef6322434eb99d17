"""What browser tests share: one served app, and a visitor who makes no trouble."""

import pytest

from tests.viz.browser import chromium, served, visiting


@pytest.fixture(scope="session")
def app():
    chromium()
    with served() as address:
        yield address


@pytest.fixture
def visit(app):
    with visiting(app) as visit:
        yield visit
        assert visit.troubles == []
