"""A run's settings: what they are, what must fit together, and what is known of data sets. Nothing imports torch."""

from gancore.config.fitting import fitting
from gancore.config.rules import NEEDS, Settings, needed
from gancore.config.run import (
    SCHEMA_VERSION,
    SETTINGS,
    STEERABLE,
    ConfigError,
    RunConfig,
    check_setting,
    migrate,
    parse_config,
    parse_setting,
    uses,
)

__all__ = [
    "NEEDS",
    "SCHEMA_VERSION",
    "SETTINGS",
    "STEERABLE",
    "ConfigError",
    "RunConfig",
    "Settings",
    "check_setting",
    "fitting",
    "migrate",
    "needed",
    "parse_config",
    "parse_setting",
    "uses",
]
