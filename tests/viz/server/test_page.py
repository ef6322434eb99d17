"""The page about the server; and what two visitors of a public one can do to each other."""

import time

import pytest

from models.training.resume import kept
from models.training.run_spec import RunSpec
from models.training.stored_run import Status
from tests.viz.pages import opened
from tests.viz.training.test_page import QUICK, SMALL, TINY, button, run, runs, trained  # noqa: F401  # a fixture
from viz.backend.slots import slots

SECRET = "a secret of some length"  # noqa: S105
LONG = {"training.epochs": "900", "training.batch": "128", "training.networks": "sidebar"}
SHORT = {"training.epochs": "2", "training.batch": "128", "training.networks": "sidebar"}


@pytest.fixture
def public(monkeypatch):
    monkeypatch.setenv("SKIPSCOPE_PUBLIC", "1")
    monkeypatch.setenv("SKIPSCOPE_LECTURER", SECRET)


def server(open_app, **query):
    return opened(open_app, "viz/pages/server.py", **query)


def training(open_app, **query):
    return opened(open_app, "viz/pages/training.py", **TINY, **query)


def said(app):
    return " ".join(one.value for kind in (app.markdown, app.caption, app.info, app.warning) for one in kind)


def table(app, place):
    return app.table[place].value


def become_lecturer(app, secret=SECRET):
    app.text_input[0].set_value(secret)
    next(one for one in app.button if one.label == "Sign in as the lecturer").click()
    return app.run()


def own_tab(app):
    return app.session_state["visitor"]


def test_an_open_server_says_so_with_the_variables_of_its_limits(open_app):
    app = server(open_app)

    assert "all its visitors see, stop and delete the same" in said(app)
    limits = table(app, 1)
    assert limits["Limit"][6] == "Depth, in layers (SKIPSCOPE_MOST_DEPTH)"
    assert limits["Value"][6] == "none"
    assert not app.text_input


def test_a_public_server_says_what_it_keeps_and_its_limits(open_app, public):
    app = server(open_app)

    assert "It is public" in said(app)
    kept_here, limits = table(app, 0), table(app, 1)
    assert (
        dict(zip(kept_here["What"], kept_here["How long"], strict=True))["Trainings: settings, curves, weights"]
        == "30 days"
    )
    assert list(limits.columns) == ["Limit", "Value"]
    assert limits["Value"].tolist()[:7] == ["40", "3", "2 min", "2 min", "200", "15 min", "210"]


@pytest.mark.parametrize("page", ["architecture", "signals", "compare", "training", "sweeps", "lessons"])
def test_every_page_of_a_public_server_says_that_it_is_one(open_app, public, page):
    app = opened(open_app, f"viz/pages/{page}.py", **TINY)

    assert [one.proto.label for one in app.get("page_link")][-1].startswith("This server is public")


def test_an_open_servers_pages_do_not(open_app):
    assert not [one for one in open_app().get("page_link") if "public" in one.proto.label]


def test_a_variable_that_can_not_be_read_is_told(open_app, monkeypatch):
    monkeypatch.setenv("SKIPSCOPE_MOST_DEPTH", "deep")

    assert "SKIPSCOPE_MOST_DEPTH: must be a number above 0 or none, got deep" in said(server(open_app))


def test_a_wrong_secret_opens_nothing(open_app, public):
    app = become_lecturer(server(open_app), "a wrong secret of length")

    assert app.error[0].value.startswith("This is not the secret")
    assert "Jobs under way" not in [one.value for one in app.header]


def test_without_a_secret_set_nobody_becomes_the_lecturer(open_app, public, monkeypatch):
    monkeypatch.delenv("SKIPSCOPE_LECTURER")

    assert not server(open_app).text_input


def test_another_visitor_sees_a_race_by_its_link_and_can_not_stop_it(open_app, public, runs):  # noqa: F811
    mine = training(open_app, **LONG)
    button(mine, "start_race").click()
    mine.run()
    assert button(mine, "pause_race") is not None

    yours = training(open_app, **LONG, **{"training.learn": "true"})

    assert "It is trained for another visitor" in said(yours)
    assert button(yours, "pause_race") is None
    assert button(yours, "stop_race") is None
    job = slots().of((own_tab(mine), "race"))
    button(yours, "back").click().run()
    button(yours, "start_race")
    assert not job.over
    button(mine, "pause_race").click().run()
    assert job.over


def test_the_list_of_runs_is_ones_own(open_app, public, runs):  # noqa: F811
    mine = training(open_app, **SHORT)
    button(mine, "start_race").click()
    mine = trained(mine.run())
    own = runs.id_of(run())
    listed = {"training.learn": "true", "training.lesson": "runs"}
    mine.query_params["training.lesson"] = "runs"
    mine.run()

    yours = training(open_app, **SHORT, **listed)

    assert button(mine, f"delete_{own}") is not None
    assert "no other visitor sees this list" in said(mine)
    assert button(yours, f"delete_{own}") is None
    assert "No run is stored yet." in said(yours)

    from viz.backend import training_jobs

    assert str(training_jobs.delete(own)).startswith("There is no run")  # a visitor whose page does not offer it
    assert runs.read(own).status is Status.DONE
    button(mine, f"delete_{own}").click().run()
    assert runs.all() == ()


def test_who_starts_the_same_training_owns_it_too(open_app, public, runs):  # noqa: F811
    list(kept(run(), runs))
    runs.index.own(runs.id_of(run()), "somebody")
    other = run(epochs=3)
    runs.begin(other)
    runs.end(other, Status.PAUSED)
    runs.index.own(runs.id_of(other), "somebody")

    app = training(open_app, **SHORT | {"training.epochs": "3"})
    button(app, "start_race").click()
    app = trained(app.run())

    assert runs.find(other).status is Status.DONE
    assert len(runs.index.owners(runs.id_of(other))) == 2
    assert runs.index.owners(runs.id_of(run())) == ("somebody",)


def test_a_visitor_has_so_many_runs_and_no_more(open_app, public, runs, monkeypatch):  # noqa: F811
    monkeypatch.setenv("SKIPSCOPE_MOST_RUNS_EACH", "1")
    app = training(open_app, **SHORT)
    button(app, "start_race").click()
    app = trained(app.run())

    button(app, "back").click().run()
    app.number_input(key="race_epochs").set_value(3).run()
    button(app, "start_race").click().run()

    assert "At most 1 stored runs are kept for each visitor. You have 1, and this adds 1." in said(app)
    assert [found.run.epochs for found in runs.all()] == [2]


def test_the_lecturer_sees_and_stops_everything(open_app, public, runs):  # noqa: F811
    mine = training(open_app, **LONG)
    button(mine, "start_race").click()
    mine.run()
    job = slots().of((own_tab(mine), "race"))
    end = time.monotonic() + 60
    while not runs.all() and time.monotonic() < end:
        time.sleep(0.05)

    app = become_lecturer(server(open_app))

    assert "**Training, or a look at a trained network**" in said(app)
    assert f"delete_{runs.all()[0].id}" in {one.key for one in app.button}
    button(app, f"stop_{job.key}").click().run()
    assert job.over
    button(app, "leave_lecturer").click().run()
    assert "Jobs under way" not in [one.value for one in app.header]


def test_a_link_that_names_anothers_weights_measures_with_them(open_app, public, runs):  # noqa: F811
    list(kept(run(), runs))
    own = runs.id_of(run())
    runs.index.own(own, "somebody")

    app = opened(open_app, "viz/pages/signals.py", **TINY, **{"signals.weights": "trained", "signals.trained": own})
    assert app.session_state["experiment"].trained == own

    app = opened(open_app, "viz/pages/signals.py", **TINY)
    assert "trained here" not in " ".join(option for box in app.selectbox for option in box.options)


def test_what_a_public_server_refuses_is_said_in_place_of_the_button(open_app, public):
    app = opened(open_app, "viz/pages/signals.py", **TINY, **{"signals.batch": "300"})

    assert "This server takes batches of at most 256 images; this one has 300." in [one.value for one in app.warning]
    assert button(app, "run_pair") is None


def test_a_race_that_a_public_server_refuses_says_why(open_app, public):
    app = training(open_app, **SHORT | {"training.batch": "300"})

    assert "too large for this server" in button(app, "start_race").label
    button(app, "start_race").click().run()
    assert "batches of at most 256 images" in said(app)


def test_runs_are_listed_in_parts(open_app, runs, tmp_path):  # noqa: F811
    from models.specs.spec import NetworkSpec

    for number in range(30):
        spec = RunSpec(network=NetworkSpec.from_query(TINY)[0], epochs=1, batch=128, seed=number)
        runs.begin(spec)
        runs.end(spec, Status.PAUSED)
    list(kept(run(), runs))

    app = training(open_app, **SHORT, **{"training.learn": "true", "training.lesson": "runs"})
    assert "1 to 25 of 31" in said(app)
    button(app, "older_runs").click().run()
    assert "26 to 31 of 31" in said(app)
    assert button(app, "older_runs").disabled
    button(app, "newer_runs").click().run()
    assert "1 to 25 of 31" in said(app)


def test_where_a_login_is_configured_it_is_offered(open_app, public, monkeypatch):
    import streamlit

    login = {}
    monkeypatch.setattr(type(streamlit.secrets), "load_if_toml_exists", lambda self: True)
    monkeypatch.setattr(type(streamlit.secrets), "__contains__", lambda self, name: name == "auth")
    monkeypatch.setattr(type(streamlit.user), "to_dict", lambda self: login)
    assert button(server(open_app), "sign_in") is not None
    login |= {"is_logged_in": True, "sub": "17", "name": "A *student*"}

    app = server(open_app)

    assert button(app, "sign_out") is not None
    assert "Signed in: `A *student*`" in said(app)
    assert button(server(open_app), "sign_in") is None
