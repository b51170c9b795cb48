"""Fixtures of the end-to-end tests: see lib/plugin.py."""
import os
import sys

sys.path.insert(0, os.path.dirname(__file__))
from lib.plugin import *  # noqa: E402,F401,F403
