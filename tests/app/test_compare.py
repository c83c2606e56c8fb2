def test_fewer_than_two_runs_say_what_to_do(open_page, finished):
    assert "Two runs are needed" in open_page("compare").info[0].value
    finished("one")
    finished("two")
    assert "Pick two or more runs" in open_page("compare").info[0].value


def test_only_the_settings_that_differ_are_listed(open_page, finished):
    wide = finished("wide", {"model.ngf": 64})
    small = finished("mlp", {"model.kind": "mlp", "model.d_hidden": (64,)})
    app = open_page("compare", runs=f"{wide.id},{small.id}")
    table = app.dataframe[0].value.set_index("setting")
    assert list(table.columns) == ["wide", "mlp"]
    assert dict(table.loc["ngf"]) == {"wide": "64", "mlp": "–"}
    assert dict(table.loc["networks"]) == {"wide": "dcgan", "mlp": "mlp"}
    assert set(table.index) == {"networks", "ngf", "D layers"}


def test_the_address_bar_names_the_runs(open_page, finished):
    first, second, third = (finished(name, {"seed": seed}) for seed, name in enumerate(("a", "b", "c")))
    app = open_page("compare", runs=f"{first.id},{second.id}")
    assert app.multiselect(key="compared").value == [first.id, second.id]
    app.multiselect(key="compared").set_value([first.id, second.id, third.id]).run()
    assert app.query_params["runs"] == f"{first.id},{second.id},{third.id}"
    assert len(app.dataframe[-1].value) == 3


def test_unknown_runs_in_a_link_are_ignored(open_page, finished):
    first, second = finished("a"), finished("b")
    app = open_page("compare", runs=f"{first.id},../../etc/passwd,{second.id},nothing")
    assert app.multiselect(key="compared").value == [first.id, second.id]


def test_one_seed_is_said_to_prove_nothing(open_page, finished):
    runs = [finished("a"), finished("b", {"model.ngf": 64})]
    app = open_page("compare", runs=",".join(run.id for run in runs))
    assert any("can be chance" in caption.value for caption in app.caption)
    runs.append(finished("c", {"seed": 1}))
    app = open_page("compare", runs=",".join(run.id for run in runs))
    assert not any("can be chance" in caption.value for caption in app.caption)


def test_runs_of_the_same_name_keep_their_columns(open_page, finished):
    runs = [finished("same", {"model.ngf": 64}), finished("same", {"model.ngf": 8}), finished("setting")]
    table = open_page("compare", runs=",".join(run.id for run in runs)).dataframe[0].value
    assert list(table.iloc[0]) == ["ngf", "64", "8", "32"]
    assert list(table.columns)[3].startswith("setting (")
