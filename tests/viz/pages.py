"""A page by AppTest, run until what it measures is there; and what can be read off it."""

import json
import time


def opened(open_app, page, **query):
    """The app at a page with an address, run until its measurements are there."""
    app = open_app()
    for name, value in query.items():
        app.query_params[name] = value
    return settled(app.switch_page(page).run())


def settled(app, seconds=600):
    """Until no job is under way."""
    end = time.monotonic() + seconds
    while waiting(app) and time.monotonic() < end:
        time.sleep(0.1)
        app.run()
    return app


def waiting(app):
    return [button for button in app.button if (button.key or "").startswith("cancel_")]


def address(app):
    return {name: "".join(value) for name, value in app.query_params.items()}


def charts(app):
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
