"""Grades PyTorch lab notebooks by what their code does. See README.md; the stages are composed in pipeline.py."""

__version__ = "0.1.0"
