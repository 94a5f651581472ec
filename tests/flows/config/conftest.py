"""Configs as text: what is wrong with them, and what they read as."""

from collections.abc import Callable
from pathlib import Path

import pytest
from logit_flows.config.model import Config
from logit_flows.config.problems import ConfigError
from logit_flows.config.reading import read_config

from tests.support.configs import BASE, Problems


@pytest.fixture
def problems(tmp_path: Path) -> Problems:
    """What is wrong with a config, one sentence a problem; its file is c.yaml."""

    def find(text: str, *overrides: str) -> list[str]:
        (tmp_path / "c.yaml").write_text(text)
        with pytest.raises(ConfigError) as caught:
            read_config(tmp_path / "c.yaml", overrides)
        return [problem.replace(f"{tmp_path}/", "") for problem in caught.value.problems]

    return find


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Config]:
    """The config of the base with some lines after it."""

    def of(extra: str = "", *overrides: str) -> Config:
        (tmp_path / "c.yaml").write_text(BASE + extra)
        return read_config(tmp_path / "c.yaml", overrides)

    return of
