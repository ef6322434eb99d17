"""A race in a link, its runs, the sentences about its curves, and their charts."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.runtime.errors import SpecError
from models.runtime.messages import Message
from models.runtime.settings import Schedule
from models.specs.naming import kind
from models.specs.spec import NetworkSpec
from models.training.data_registry import DATA
from models.training.records import Lesion, Lesions, Predictions, Response, Reuse
from models.training.run_spec import Epoch
from models.training.stored_run import Status, StoredRun
from viz import text
from viz.state.recipes import RECIPES
from viz.state.subjects import Curve
from viz.state.training import Race, Scale, fitted, of, runners
from viz.style import theme
from viz.training import figures, inside_figures, tables
from viz.training.confusion_figure import confusion
from viz.ui import prediction_grid

SIDEBAR = NetworkSpec(
    stages=(3, 3, 3), stem="cifar", base_width=16, shortcut="pad", input_shape=(3, 32, 32), classes=10
)


@given(
    st.builds(
        Race().changed,
        data=st.sampled_from(list(DATA)),
        schedule=st.sampled_from(Schedule),
        epochs=st.integers(1, 1000),
        learning_rate=st.floats(1e-6, 10),
        weight_decay=st.floats(0, 1),
        learn=st.booleans(),
        pixels=st.integers(0, 224),
    )
)
def test_any_race_travels_as_a_link(race):
    assert Race.from_query(race.to_query()) == (race, ())


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"rate": "quick"}, "training.learning_rate: must be a number from 1e-06 to 10, got 'quick'"),
        ({"rate": "nan"}, "training.learning_rate: must be a number"),
        ({"epochs": "0"}, "training.epochs: must be a whole number from 1 to 1,000"),
        ({"race": "resnet9000"}, "training.networks: there is no preset 'resnet9000'"),
        ({"data": "stl10"}, "training.data: must be digits"),
    ],
)
def test_a_bad_part_of_a_link_is_told_and_the_rest_is_kept(query, message):
    race, problems = Race.from_query(query | {"momentum": "0.5"})

    assert race == Race().changed(momentum=0.5)
    assert any(str(problem).startswith(message) for problem in problems)


def test_without_a_word_it_is_the_sidebars_network_and_its_twin():
    first, second = runners(Race(), SIDEBAR)

    assert (first.name, second.name) == ("ResNet-20", "Plain-20")
    assert first.run.network == replace(SIDEBAR, input_shape=(1, 8, 8))
    assert second.run.network.shortcut == "none"
    plain = replace(SIDEBAR, shortcut="none")
    assert [runner.name for runner in runners(Race(), plain)] == ["Plain-20", "ResNet-20"]


def test_networks_are_fitted_to_the_data_and_equal_ones_run_once():
    race = Race().changed(networks="sidebar~resnet20_cifar", data="cifar100", pixels=16)

    (only,) = runners(race, SIDEBAR)

    assert (only.run.network.classes, only.run.network.input_shape) == (100, (3, 16, 16))


@pytest.mark.parametrize(
    ("second", "names"),
    [
        ("resnet20_cifar.init-xavier", ["ResNet-20", "ResNet-20: Xavier initialisation"]),
        (
            "resnet20_cifar.norm-none.branch_scale-0.2",
            ["ResNet-20", "ResNet-20: no norm and branches times 0.2"],
        ),
        ("resnet20_cifar.norm-none.branch_scale-0.2.init-xavier", ["ResNet-20 (1)", "ResNet-20 (2)"]),
    ],
)
def test_equal_names_are_told_apart_by_what_is_different_or_by_numbers(second, names):
    race = Race(networks=f"sidebar~{second}~resnet20_cifar")

    assert [runner.name for runner in runners(race, SIDEBAR)] == names


def test_numbers_tell_apart_what_differs_from_the_first_in_the_same_words():
    race = Race(networks="resnet18~resnet18.input_shape-3x64x64.base_width-32~resnet18.base_width-32", pixels=32)
    names = [runner.name for runner in runners(race, SIDEBAR)]

    assert names == ["ResNet-18", "ResNet-18: a stem of 32 channels"]


def test_what_is_too_small_for_a_network_is_refused_in_words():
    with pytest.raises(SpecError, match="input_shape: must be at least 29 pixels"):
        runners(Race(networks="densenet121", pixels=28), SIDEBAR)


def test_images_are_as_large_as_the_most_demanding_network_needs():
    shapes = [one.run.network.input_shape for one in runners(Race(networks="vgg16_cifar~resnet20_cifar"), SIDEBAR)]

    assert shapes == [(1, 32, 32)] * 2
    assert runners(Race(networks="resnet20_cifar"), SIDEBAR)[0].run.network.input_shape == (1, 8, 8)


def test_every_recipe_is_a_race_as_it_is_described():
    assert [len(runners(recipe.race, SIDEBAR)) for recipe in RECIPES.values()] == [4, 5, 4, 4, 4, 3, 1, 4]
    tutorial = runners(RECIPES["fashion"].race, SIDEBAR)[0].run
    assert (tutorial.network.input_shape, tutorial.batch, tutorial.learning_rate, tutorial.epochs) == (
        (1, 64, 64),
        256,
        0.05,
        10,
    )
    assert (tutorial.network.init, tutorial.momentum) == ("xavier", 0)
    paper = runners(RECIPES["cifar"].race, SIDEBAR)[1].run
    assert (paper.all_steps, paper.batch, paper.weight_decay) == (64_000, 128, 1e-4)
    assert [paper.rate(step) for step in (0, 32_000, 48_000)] == pytest.approx([0.1, 0.01, 0.001])  # section 4.2
    assert fitted(tutorial.network, RECIPES["fashion"].race, (64, 64)) == tutorial.network


def test_a_run_that_is_opened_alone_is_the_same_run():
    for recipe in RECIPES.values():
        for runner in runners(recipe.race, SIDEBAR):
            opened, problems = Race.from_query(of(runner.run).to_query())
            (again,) = runners(opened, SIDEBAR)
            assert (again.run, problems) == (runner.run, ())


def epoch(number, train, test, loss=1.0, test_loss=1.0):
    return Epoch(
        number=number, steps=number * 10, train_loss=loss, train_accuracy=1 - train, test_loss=test_loss,
        test_accuracy=1 - test, learning_rate=0.1, images_per_second=100.0, seconds=1.0, memory=None,
        gradients=(("conv1", 0.5), ("fc", 0.0)),
    )  # fmt: skip


def curves(errors, status=Status.DONE, why=None, epochs=10, answers=(), **more):
    """Return curves of the digits' recipe, from name -> (training error, test error), the same in every epoch."""
    entered = runners(RECIPES["digits"].race.changed(epochs=epochs), SIDEBAR)
    return [
        Curve(
            runner.name,
            runner.run,
            StoredRun(
                id=runner.name,
                status=status,
                why=why,
                run=runner.run,
                epochs=tuple(epoch(number, *errors[runner.name], **more) for number in range(1, epochs + 1)),
                answers=dict(answers).get(runner.name, ""),
            ),
        )
        for runner in entered
        if runner.name in errors
    ]


GOOD = {"Plain-20": (0.02, 0.05), "Plain-56": (0.6, 0.62), "ResNet-20": (0.01, 0.04), "ResNet-56": (0.005, 0.04)}


def test_degradation_is_called_so_when_it_is_and_its_cure_too():
    said = text.training.race(curves(GOOD))

    assert said == (
        "After 10 epochs, Plain-56 is worse than Plain-20 on the training set (60% wrong instead of 2.0%): that is degradation, not overfitting. With skip connections a network of the same depth learns: ResNet-56 gets 0.5% wrong."
    )


def test_overfitting_is_called_overfitting():
    said = text.training.race(curves(GOOD | {"Plain-56": (0.0, 0.3)}))

    assert "that is overfitting" in said
    assert "that is degradation" not in said


def test_a_deeper_network_that_is_better_is_called_better():
    assert "depth helps here" in text.training.race(curves(GOOD | {"Plain-20": (0.6, 0.6), "Plain-56": (0.2, 0.2)}))


def test_equal_training_and_worse_tests_are_overfitting():
    said = text.training.race(curves(GOOD | {"Plain-20": (0.10, 0.10), "Plain-56": (0.11, 0.40)}))

    assert "about as good as Plain-20 on the training set and worse on the test set" in said


def test_a_network_that_failed_early_does_not_hold_the_others_back():
    shown = curves(GOOD)
    failed = replace(
        shown[0], kept=replace(shown[0].kept, epochs=shown[0].epochs[:1], status=Status.FAILED, why=Message.of("Over."))
    )

    assert text.training.race([failed, *shown[1:]]).startswith("After 10 epochs, ")


def test_where_depth_does_no_harm_nothing_is_made_of_it():
    assert "no degradation is visible here" in text.training.race(curves(GOOD | {"Plain-56": (0.02, 0.05)}))


def test_a_cure_that_is_none_is_not_called_one():
    said = text.training.race(curves(GOOD | {"ResNet-56": (0.5, 0.5)}))

    assert "have not overcome the degradation yet: ResNet-56 gets 50% wrong" in said


def test_at_the_start_nothing_is_compared():
    early = [replace(curve, kept=replace(curve.kept, epochs=curve.epochs[:4])) for curve in curves(GOOD)]

    assert text.training.race(early) == (
        "After 4 epochs, it is too early to compare. Test accuracy so far: Plain-20 95.0%, Plain-56 38.0%, ResNet-20 96.0%, ResNet-56 96.0%."
    )
    assert text.training.race(early[:1]) == "After 4 epochs, Plain-20 gets 95.0% of the test images right."


def test_at_the_start_too_it_is_said_who_blew_up_and_who_only_guesses():
    early = [replace(curve, kept=replace(curve.kept, epochs=curve.epochs[:2])) for curve in curves(NOTHING, loss=2e8)]
    guessing = [replace(curve, kept=replace(curve.kept, epochs=curve.epochs[:2])) for curve in curves(NOTHING)]

    assert text.training.race(early).startswith("The loss of Plain-20 diverged (2.0·10⁸) with a learning rate of 0.02.")
    assert text.training.race(guessing).endswith("no better than guessing (10 classes: 10%).")


PAIR = {"Plain-20": (0.10, 0.12), "ResNet-20": (0.02, 0.05)}


def test_a_pair_is_compared_by_its_training_error():
    assert text.training.race(curves(PAIR)) == (
        "After 10 epochs, ResNet-20 gets 2.0% of the training images wrong, and without skip connections Plain-20 gets 10%: the network learns faster with them."
    )
    assert text.training.race(curves({"Plain-20": PAIR["ResNet-20"], "ResNet-20": PAIR["Plain-20"]})).endswith(
        "here the network learns faster without them."
    )
    assert text.training.race(curves(PAIR)[1:]) == "After 10 epochs, ResNet-20 gets 95.0% of the test images right."


def test_a_pair_that_chance_explains_is_called_the_same():
    assert text.training.race(curves(PAIR | {"Plain-20": (0.03, 0.05)})).endswith(
        "Plain-20 gets 3.0%: the same, within what 1,408 images can tell."
    )


NOTHING = {"Plain-20": (0.9, 0.9), "ResNet-20": (0.91, 0.875)}


def test_networks_that_learned_nothing_have_no_leader():
    said = text.training.race(curves(NOTHING))

    assert said == "On the test images Plain-20 and ResNet-20 are no better than guessing (10 classes: 10%)."


@pytest.mark.parametrize(("error", "lost"), [(1 - 47 / 360, True), (1 - 48 / 360, False)])
def test_what_guessing_might_reach_is_no_learning(error, lost):
    said = text.training.race(curves({"Plain-20": (0.5, error)}))  # 13.2 % on 360 images of 10 classes

    assert ("no better than guessing" in said) is lost
    assert ("of the test images right" in said) is not lost


def test_a_loss_that_blew_up_is_told_with_its_learning_rate():
    said = text.training.race(curves(NOTHING, loss=2e8))

    assert said == (
        "The loss of Plain-20 diverged (2.0·10⁸) with a learning rate of 0.02. "
        "The loss of ResNet-20 diverged (2.0·10⁸) with a learning rate of 0.02."
    )
    assert "degradation" not in text.training.race(curves(GOOD | {"Plain-56": (0.9, 0.9)}, loss=1e8))


OTHERS = {"ResNet-20": (0.02, 0.05), "ResNet-56": (0.01, 0.04)}


def test_test_accuracies_are_ranked_only_beyond_chance():
    close = text.training.race(curves(OTHERS))
    apart = text.training.race(curves(OTHERS | {"ResNet-20": (0.1, 0.10)}))

    assert close == (
        "After 10 epochs, no network is best: the test accuracies of ResNet-20 (95.0%) and ResNet-56 (96.0%) are the same, within what 360 images can tell."
    )
    assert apart == "After 10 epochs, ResNet-56 has the best test accuracy, 96.0%."


def test_networks_are_compared_image_by_image_where_it_is_known_what_each_got_right():
    first = "1" * 342 + "0" * 18  # 95 %
    nested = "1" * 351 + "0" * 9  # all of those and nine more: by their accuracies alone no difference
    crossed = "0" * 9 + "1" * 351  # nine others wrong

    def said(second):
        answers = {"ResNet-20": first, "ResNet-56": second}
        return text.training.race(curves(OTHERS | {"ResNet-56": (0.01, 0.025)}, answers=answers))

    assert "ResNet-56 has the best test accuracy, 97.5%" in said(nested)  # 0 against 9: p = 0.004
    assert "no network is best" in said(crossed)  # 9 against 18: p = 0.12
    assert "no network is best" in said("")


def test_a_run_that_failed_is_named_with_its_reason():
    said = text.training.race(
        curves({"Plain-20": (0.5, 0.5)}, Status.FAILED, Message.of("The loss was nan at step 7."))
    )

    assert said.endswith("Plain-20 stopped: The loss was nan at step 7.")
    assert text.training.race([]) == ""


def looks(shown):
    return theme.series_styles([kind(curve.run.network) for curve in shown])


@pytest.mark.parametrize("scale", Scale)
@pytest.mark.parametrize("logarithmic", [False, True])
def test_training_and_test_curves_are_equally_bold_on_one_axis(logarithmic, scale):
    shown = curves(GOOD)
    figure = figures.curves(shown, looks(shown), scale=scale, logarithmic=logarithmic)

    lines = {trace.meta: trace for trace in figure.data if trace.mode != "markers"}
    assert len(figure.data) == 8
    for name in GOOD:
        left, right = lines[f"{name}, training images"], lines[f"{name}, test images"]
        assert (left.line, left.marker, left.mode) == (right.line, right.marker, "lines+markers")
    assert [trace.name for trace in figure.data if trace.showlegend] == list(GOOD)
    assert tuple(figure.layout.xaxis.range) == (0.5, 10.5)
    assert figure.layout.yaxis2.matches == "y"


def numbers(text):
    return {float(found) for found in re.findall(r"([\d.]+)%", text)}


@pytest.mark.parametrize("errors", [GOOD, PAIR, OTHERS, GOOD | {"Plain-56": (0.0, 0.3)}])
@pytest.mark.parametrize("epochs", [1, 10])
def test_every_number_of_the_sentence_is_a_marker_of_the_chart_beside_it(errors, epochs):
    shown = curves(errors, epochs=epochs)
    figure = figures.curves(shown, looks(shown))

    drawn = {value for trace in figure.data if "markers" in trace.mode for value in trace.y}
    for number in numbers(text.training.race(shown)):
        assert any(abs(number / 100 - value) < 0.005 or abs(1 - number / 100 - value) < 0.005 for value in drawn)


def test_a_loss_that_blew_up_stands_in_the_chart_of_errors_too():
    shown = curves(NOTHING, loss=2e8)
    notes = [note.text for note in figures.curves(shown, looks(shown)).layout.annotations]

    assert notes.count("loss 2.0·10⁸") == 2


def test_an_empty_race_has_its_room_already():
    shown = [replace(curve, kept=None) for curve in curves(GOOD)]

    figure = figures.curves(shown, looks(shown))

    assert tuple(figure.layout.xaxis2.range) == (0.5, 10.5)
    assert text.training.race(shown) == ""


def test_a_loss_beyond_all_others_is_marked_at_the_top_and_told():
    shown = curves(GOOD)
    wild = replace(
        shown[0], kept=replace(shown[0].kept, epochs=(epoch(1, 0.9, 0.9, test_loss=5e7), *shown[0].epochs[1:]))
    )

    figure = figures.curves([wild, *shown[1:]], looks(shown), scale=Scale.LOSS)

    marks = [trace for trace in figure.data if "above the axis" in trace.meta]
    assert marks[0].x == (1,)
    assert marks[0].customdata == ("epoch 1, test loss: 5.0·10⁷",)
    assert figure.layout.yaxis.range[1] < 5


FOUND = Predictions(
    classes=("zero", "<one>", "two"),
    labels=np.array([0, 1, 2, 2]),
    top=np.array([[0, 1, 2], [1, 0, 2], [1, 2, 0], [2, 1, 0]]),
    probabilities=np.array([[0.9, 0.05, 0.05], [0.8, 0.1, 0.1], [0.7, 0.2, 0.1], [0.6, 0.3, 0.1]]),
    truth=np.array([0.9, 0.8, 0.2, 0.6]),
    images=np.zeros((4, 8, 8, 3), dtype=np.uint8),
)


def test_predictions_are_told_with_the_commonest_mistake():
    assert text.inside.predictions("ResNet-20", FOUND) == (
        "ResNet-20 classifies 3 of 4 test images correctly (75.0%). Most frequent mistake: two taken for <one>, 1 time."
    )


def test_mistakes_that_are_equally_common_are_all_named():
    found = replace(FOUND, top=np.array([[1], [0], [0], [1]]), labels=np.array([0, 1, 2, 1]))

    assert text.inside.predictions("ResNet-20", found).endswith(
        "Most frequent mistakes: zero taken for <one>, <one> taken for zero and two taken for zero, 1 time each."
    )


def test_the_confusion_chart_counts_mistakes():
    heat = confusion(FOUND).data[0]

    assert np.array_equal(heat.customdata, [[1, 0, 0], [0, 1, 0], [0, 1, 1]])
    assert np.nansum(heat.z) == 1
    assert np.isnan(np.diag(heat.z)).all()  # right answers have no colour


def test_pictures_say_right_and_wrong_in_signs_and_words_and_escape_names():
    html = prediction_grid.grid(FOUND, [1, 2], dark=False)

    assert html.count("✓") == 1
    assert html.count("✗") == 1
    assert "<one>" not in html
    assert 'alt="two: taken for &lt;one&gt;, confidence 70%"' in html
    assert "is two (20%)" in html


def test_lesions_are_told_and_drawn_beside_the_whole_network():
    found = Lesions(
        whole=0.05,
        guessing=0.9,
        blocks=(Lesion("a", 0.1, False), Lesion("b", None, True), Lesion("c", 0.8, False), Lesion("d", 0.9, True)),
    )
    named = [("ResNet-20", found)]

    assert text.inside.lesions(named) == [
        (
            "The intact ResNet-20 gets 5.0% wrong. With one shape-preserving block removed, it gets 45% wrong (median; at worst 80%). Blocks whose removal costs less than 10 percentage points: 1 of 2."
        )
    ]
    figure = inside_figures.lesions(named, theme.series_styles(["ResNet"]))
    assert figure.data[0].y == (0.1, 0.8, 0.9)
    assert figure.layout.shapes[0].y0 == 0.05


def test_a_network_that_learnt_nothing_has_no_block_that_could_be_missed():
    found = Lesions(whole=0.89, guessing=0.9, blocks=(Lesion("a", 0.9, False), Lesion("b", 0.88, False)))

    assert text.inside.lesions([("Plain-56", found)]) == [
        "The intact Plain-56 gets 89% wrong, and guessing would get 90% wrong: it has learnt too little to show what a block contributes."
    ]


def test_responses_and_reuse_are_drawn_as_they_are():
    named = [("ResNet-20", (Response("conv1", 1.0), Response("layer1.0.conv1", 0.5)))]
    assert inside_figures.responses(named, theme.series_styles(["ResNet"])).data[0].y == (1.0, 0.5)
    assert "0.75 (0.5 to 1)" in text.inside.responses(named)
    table = np.array([[0.2, 0.1], [np.nan, 0.4]])
    heat = inside_figures.reuse(
        [
            Reuse(
                block="features.denseblock1",
                sources=("input", "layer1"),
                targets=("layer1", "transition"),
                weights=table,
            )
        ]
    ).data[0]
    assert np.allclose(heat.z, [[1.0, 0.25], [np.nan, 1.0]], equal_nan=True)


def test_tables_hold_every_network_and_every_epoch():
    shown = curves(GOOD)

    assert list(tables.race(shown)["Training accuracy, %"]) == pytest.approx([98, 40, 99, 99.5])
    assert len(tables.epochs(shown)) == 40
    assert tables.race([replace(shown[0], kept=None)]).iloc[0]["Status"] == "not started"


def test_every_data_set_has_its_facts():
    assert {name: about.classes for name, about in DATA.items()}["cifar100"] == 100
    assert set(DATA) == {"digits", "fashion-mnist", "mnist", "kmnist", "svhn", "cifar10", "cifar100"}
