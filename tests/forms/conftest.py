"""One running service for all tests of the form pages."""

from collections.abc import Iterator

import pytest

from tests.forms.served import Service, serving


@pytest.fixture(scope="package")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(tmp_path_factory.mktemp("var")) as running:
        yield running
