"""Shared by browser tests: one served app, and a visit that must cause no errors."""

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
