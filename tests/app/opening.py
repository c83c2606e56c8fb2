"""A page of the dashboard, opened without a browser."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

DASHBOARD = Path(__file__).parents[2] / "ui" / "main.py"


def opened(name: str = "home", **query: str) -> AppTest:
    """A page by name, with what its address says after the question mark."""
    app = AppTest.from_file(str(DASHBOARD), default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    if name != "home":
        app.switch_page(f"../pages/{name}.py").run()
    assert not app.exception, app.exception
    return app
