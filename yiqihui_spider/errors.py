"""The root of errors that are told to the user in one line."""

from __future__ import annotations


class YiqihuiError(Exception):
    """Told to the user as it is; ``exit_code`` is what the command ends with."""

    exit_code = 1
