"""Everything that a deployment may choose, read from the environment and ``.env``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

__all__ = ["Settings"]


def _names(*names: str) -> AliasChoices:
    return AliasChoices(*names)


class Settings(BaseSettings):
    """The settings of one Voltlake.

    Each is read from the environment variable named in its description, or from a file
    ``.env`` in the working directory; a value given in code wins over both.
    """

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        populate_by_name=True,
    )

    lake: Path = Field(
        Path("lake"),
        validation_alias=_names("VOLTLAKE_LAKE"),
        description="VOLTLAKE_LAKE: the folder that holds catalogue and objects.",
    )
    database_url: SecretStr | None = Field(
        None,
        validation_alias=_names("DATABASE_URL"),
        description="DATABASE_URL: the catalogue; SQLite in the lake folder if empty.",
    )
    time_zone: str | None = Field(
        None,
        validation_alias=_names("VOLTLAKE_TIME_ZONE"),
        description="VOLTLAKE_TIME_ZONE: zone of clock times that name none: Europe/Berlin.",
    )
    workers: int = Field(
        default_factory=lambda: max(1, (os.cpu_count() or 2) - 1),
        ge=1,
        validation_alias=_names("VOLTLAKE_WORKERS"),
        description="VOLTLAKE_WORKERS: how many files are read at once.",
    )
    parse_memory_mb: int = Field(
        2048,
        ge=256,
        validation_alias=_names("VOLTLAKE_PARSE_MEMORY_MB"),
        description="VOLTLAKE_PARSE_MEMORY_MB: memory that reading one file may take.",
    )
    parse_timeout_second: float = Field(
        3600.0,
        gt=0,
        validation_alias=_names("VOLTLAKE_PARSE_TIMEOUT_SECOND"),
        description="VOLTLAKE_PARSE_TIMEOUT_SECOND: time that reading one file may take.",
    )
    max_attempts: int = Field(
        3,
        ge=1,
        validation_alias=_names("VOLTLAKE_MAX_ATTEMPTS"),
        description="VOLTLAKE_MAX_ATTEMPTS: tries of a file before a person must look.",
    )
    host: str = Field(
        "127.0.0.1",
        validation_alias=_names("VOLTLAKE_HOST"),
        description="VOLTLAKE_HOST: the address on which `serve` listens.",
    )
    port: int = Field(
        8060,
        ge=0,
        le=65535,
        validation_alias=_names("VOLTLAKE_PORT", "PANEL_PORT"),
        description="VOLTLAKE_PORT or PANEL_PORT: the port on which `serve` listens.",
    )
    log_level: str = Field(
        "WARNING",
        validation_alias=_names("LOG_LEVEL"),
        description="LOG_LEVEL: DEBUG, INFO, WARNING or ERROR.",
    )
    allowed_hosts: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        validation_alias=_names("VOLTLAKE_ALLOWED_HOSTS"),
        description="VOLTLAKE_ALLOWED_HOSTS: further Host names that `serve` answers to, a,b,c.",
    )

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        level = value.upper()
        if level not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
            raise ValueError("must be DEBUG, INFO, WARNING, ERROR or CRITICAL")
        return level
