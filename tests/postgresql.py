"""A throw-away PostgreSQL server for the suite, from the embedded wheel or ``TEST_POSTGRESQL_URL``."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import create_engine, make_url, text
