"""What all tests share: the mark of those that take long, how hypothesis looks for examples, a browser."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Times differ from machine to machine; a slow one is no failure.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")


CACHE = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # the workers of pytest-xdist share the cache of the one that started them
        folder = config.stash[CACHE] = tempfile.TemporaryDirectory(prefix="handprop-tests-")
        os.environ["HANDPROP_CACHE"] = folder.name
    config.addinivalue_line("markers", "slow: minutes of proofs; left out unless asked for with -m slow")


def pytest_unconfigure(config: pytest.Config) -> None:
    if CACHE in config.stash:
        config.stash[CACHE].cleanup()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.option.markexpr:
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if item not in slow]


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    """The installed browser, one for the tests of a file."""
    from browser import browser  # loaded only where a page is opened

    with browser() as running:
        yield running
