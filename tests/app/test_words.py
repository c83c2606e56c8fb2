import pytest

from ui.words import legend, plain, value_text

J = "\u2060"  # a word joiner: without width


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("quickstart ngf 64 lr_g 5e-4 #2", "quickstart ngf 64 lr_g 5e-4 #2"),
        ("![](http://host/x.png)", rf"!\[\](http:{J}//host/x.png)"),
        ("$5 and $6", r"\$5 and \$6"),
        (":red[a] :material/home:", rf"\:red\[a\] :{J}material/home:"),
        ("*a* `b` ~c~ <i>d</i> _e_ __f__", r"\*a\* \`b\` \~c\~ \<i>d\</i> \_e\_ \_\_f\_\_"),
        ("https://host www.host a@host.org", rf"https:{J}//host www{J}.host a@{J}host.org"),
        (":x: :+1: a:b 12:30", rf":{J}x: :{J}+1: a\:b 12\:30"),
        ("&copy; & &#169;", r"\&copy; \& \&#169;"),
        ("a -> b <- c -- d >= e", rf"a -{J}> b \<{J}- c -{J}- d >{J}= e"),
        ("a->b --flag", "a->b --flag"),
        ("12. a", r"12\. a"),
        ("# a", r"\# a"),
        ("two\nlines", "two lines"),
    ],
)
def test_markup_in_names_is_shown_as_it_was_typed(text, shown):
    assert plain(text) == shown


def test_a_legend_shows_angle_brackets():
    assert legend("<b>bold") == "&lt;b&gt;bold"


@pytest.mark.parametrize(
    ("path", "value", "shown"),
    [
        ("optim.lr_g", 5e-4, "5e-4"),
        ("data.limit", None, "all"),
        ("train.steps", None, "from epochs"),
        ("model.g_hidden", (16, 8), "16 · 8"),
        ("data.own", "", "none"),
        ("data.points", ((0.1, 0.2),) * 60, "60"),
        ("data.own_counts", (900, 300), "1,200 in 2 classes"),
        ("data.own_counts", (), "none"),
        ("data.own_hash", "0123456789abcdef" * 2, "01234567"),
        ("data.own_hash", "", "none"),
    ],
)
def test_values_are_short(path, value, shown):
    assert value_text(path, value) == shown
