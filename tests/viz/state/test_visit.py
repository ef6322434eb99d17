"""The language and presenting: what was chosen last holds, whatever address the browser still sends."""


def press(app, key):
    app.button(key=key).click().run()
    assert not app.exception


def test_leaving_right_after_presenting_leaves(open_app):
    app = open_app()

    press(app, "begin_hall")
    assert "".join(app.query_params["present"]) == "1"
    press(app, "leave")

    assert "present" not in app.query_params
    assert app.sidebar.selectbox


def test_the_language_can_be_changed_back_at_once(open_app):
    app = open_app()

    for code, word in (("zh", "参数"), ("en", "Parameters"), ("zh", "参数")):
        import viz.language

        viz.language.speak(app.session_state["language"])  # AppTest formats options in this thread
        app.segmented_control(key="language").set_value(viz.language.languages()[code]).run()
        assert word in {one.label for one in app.metric}
    viz.language.speak("en")


def test_a_link_in_a_language_keeps_its_warning_and_the_network(open_app):
    app = open_app(stages="x", lang="en")
    assert app.warning

    app.run()

    assert app.warning


def test_every_tab_can_be_presented(open_app):
    for query in ({}, {"architecture.tab": "charts"}):
        assert not open_app(present="1", **query).exception
    for page, query in (
        ("compare", {}),
        ("compare", {"compare.facet": "counts"}),
        ("signals", {"signals.panel": "joins"}),
    ):
        app = open_app(present="1")
        for name, value in query.items():
            app.query_params[name] = value
        app.switch_page(f"viz/pages/{page}.py").run()
        assert not app.exception
