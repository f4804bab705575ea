"""Notebooks with stored outputs, as few lines as a test needs."""

from typing import Any

from nbformat import NotebookNode, from_dict


def stream(text: str | list[str], name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def shown(**data: Any) -> dict[str, Any]:
    """An output by the last part of its mime type: html, plain, markdown; `figure` is Plotly's."""
    mimes = {"html": "text/html", "plain": "text/plain", "markdown": "text/markdown"}
    mimes["figure"] = "application/vnd.plotly.v1+json"
    return {
        "output_type": "display_data",
        "metadata": {},
        "data": {mimes[key]: value for key, value in data.items()},
    }


def code(*outputs: Any, source: str = "train()", count: int | None = 1) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "metadata": {},
        "source": source,
        "execution_count": count,
        "outputs": list(outputs),
    }


def text(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def notebook(*cells: Any) -> NotebookNode:
    built: NotebookNode = from_dict(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)}
    )
    return built
