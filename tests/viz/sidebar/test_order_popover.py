"""The pictures of the orders are drawn when they are opened, not before."""


def pictures(app):
    return [text for text in app.markdown if text.value.startswith("1. ")]


def test_the_orders_are_drawn_when_their_popover_is_opened(open_app):
    app = open_app().run()
    assert not pictures(app)

    app.session_state["orders"] = True
    app.run()

    (names,) = pictures(app)
    assert len(names.value.splitlines()) == 5  # those of He et al. (2016)
    assert not app.exception
