"""Fixtures of the mutated requests: those of the end-to-end tests."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "e2e"))
from lib.plugin import *  # noqa: E402,F401,F403
