"""Pages in AppTest, run until their measurements are done, and helpers that read them."""

import json
import time


def opened(open_app, page, **query):
    """Open a page of the app with query parameters, and run it until its measurements are done."""
    app = open_app()
    for name, value in query.items():
        app.query_params[name] = value
    return settled(app.switch_page(page).run())


def settled(app, seconds=600):
    """Run the app until no job is in progress."""
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
