"""Edits of HCL: only what is meant changes, in the style of what is there, and it can be undone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kubestack_py.errors import EditError
from kubestack_py.terraform import syntax
from kubestack_py.terraform.editing import insert, open_document, remove, replace
from kubestack_py.terraform.place import Document, Place, find, value_of
from kubestack_py.terraform.writing import Expression

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from kubestack_py.terraform.writing import Value

CLUSTER = Place(("module", "c"), ("configuration",))
POOL: Value = {"instance_type": "small", "min_size": 1}


def document(text: str) -> Document:
    return open_document("infra/c.tf", text.encode(), cache=Path("/nowhere"))


@pytest.mark.parametrize(
    ("text", "keys", "value", "wanted"),  # what is wanted goes to the place of the @
    [
        # Below neighbours on one line each: the same form, the sign where theirs is.
        (
            "a = {\n  system  = { x = 1 }\n  default = { x = 1 }\n@}",
            ("a", "spot"),
            {"x": 2},
            "  spot    = { x = 2 }\n",
        ),
        # Longer than they are: on lines of its own, so that `terraform fmt` leaves the others alone.
        ("a = {\n  s = { x = 1 }\n@}", ("a", "spot"), {"x": 2}, "  spot = {\n    x = 2\n  }\n"),
        ("a = {\n  s = 1\n@}", ("a", "longer"), 2, "\n  longer = 2\n"),
        # What people do with commas, comments and lines.
        ("a = {\n  s = 1,\n@}", ("a", "t"), 2, "  t = 2,\n"),
        ("a = {\n  s = 1, # why\n@  # more\n}", ("a", "t"), 2, "  t = 2,\n"),
        ("a = {\n  s = 1 /* b\n c */ # d\n@}", ("a", "t"), 2, "  t = 2\n"),
        ("a = {\n\ts = 1\n@}", ("a", "t"), {"x": {"y": 1}}, "\tt = {\n\t\tx = {\n\t\t\ty = 1\n\t\t}\n\t}\n"),
        ("a = {\r\n  s = 1\r\n@}", ("a", "t"), {"x": 1}, "  t = {\r\n    x = 1\r\n  }\r\n"),
        ("a = { s = 1@ }", ("a", "t"), {"x": 2}, ", t = { x = 2 }"),
        ("a = { s = 1,@ }", ("a", "t"), 2, " t = 2,"),
        ("a = { s = 1 /* c */@ }", ("a", "t"), 2, ", t = 2"),
        ("a = { s = {\n  x = 1 }@ }", ("a", "t"), 2, ", t = 2"),
        ("a = {\n  s = <<-E\n    x\n  E\n@}", ("a", "t"), 2, "  t = 2\n"),
        ("a = {@}", ("a", "t"), {"x": 1}, "\n  t = {\n    x = 1\n  }\n"),
        ("a = {\n@  # none\n}", ("a", "t"), 1, "  t = 1\n"),
        ("a = { # none\n@}", ("a", "t"), 1, "  t = 1\n"),
        ("a = { /* none */@ }", ("a", "t"), 1, " t = 1"),
        ("a = { b = {@} }", ("a", "b", "t"), 1, " t = 1 "),
        ("a    = {@}\nbbbb = 1", ("a", "t"), 1, " t = 1 "),
        ("a = {\n  s = 1\n@}", ("a", "x", "y", "z"), 2, "  x = {\n    y = {\n      z = 2\n    }\n  }\n"),
        ('a = {\n  "s" = 1\n@}', ("a", "eu west"), 2, '\n  "eu west" = 2\n'),
        ("a = {\n  s : 1\n@}", ("a", "t"), 2, "  t = 2\n"),
        ("a = 1\n@", ("b",), 2, "b = 2\n"),
        ("a = 1\nblock {\n}\n@", ("bc",), [1, "${x}"], 'bc = [1, "$${x}"]\n'),
    ],
)
def test_insert_takes_the_form_of_its_neighbours(
    text: str, keys: tuple[str, ...], value: Value, wanted: str
) -> None:
    end = "\r\n" if "\r\n" in text else "\n"
    last = "" if text.endswith("@") else end
    whole = f'# head{end}module "c" {{{end}{text}{last}}}{end}# foot'
    before, place = document(whole.replace("@", "")), Place(("module", "c"), keys)
    after = insert(before, place, value)
    assert after.source.decode() == whole.replace("@", wanted)
    assert remove(after, _outermost(before, place)).source == before.source


def _outermost(before: Document, place: Place) -> Place:
    """The first key on the way to a place that is not there yet."""
    for depth in range(1, len(place.keys) + 1):
        part = Place(place.block, place.keys[:depth])
        if not find(before, part):
            return part
    raise AssertionError(place)


BLANK = st.sampled_from(["", " ", "  ", "\t"])
COMMENT = st.sampled_from(["# c", "// c", "/* c */", "/* c\n d */"])
SCALAR = st.sampled_from(
    ["1", '"s"', "true", "null", "[1, 2]", "[\n  1,\n  2\n]", "var.x", "merge(a, {})", '"${a.b["{"]}"', "[]",
     "<<E\n  } text {\nE", "<<-E\n  ${x}\n  E", "[for k, v in x : k if v]"]
)  # fmt: skip
KEYS = st.sampled_from(["a", "bb", "c-c", '"d"', '"e f"', "(var.k)"])


@st.composite
def objects(draw: st.DrawFn, depth: int = 0) -> str:
    """An object as somebody might write it."""
    pairs = draw(st.lists(st.tuples(KEYS, _values(depth)), max_size=4, unique_by=lambda pair: pair[0]))
    if not pairs:
        return draw(st.sampled_from(["{}", "{\n  # nothing\n}"]))
    lines = draw(st.booleans()) or any("\n" in value for _, value in pairs)
    if not lines:
        comma = draw(st.sampled_from([",", " ,"]))
        inside = f"{comma} ".join(f"{key}{draw(BLANK)}={draw(BLANK)}{value}" for key, value in pairs)
        return f"{{{draw(BLANK)}{inside}{draw(st.sampled_from(['', ',']))}{draw(BLANK)}}}"
    text = "{" + draw(st.sampled_from(["", " # open"]))
    for key, value in pairs:
        above = draw(st.lists(COMMENT, max_size=1))
        gap = draw(st.sampled_from(["", "\n"]))
        behind = draw(st.sampled_from(["", ",", " # c", ", // c", " /* c */"])) if "<<" not in value else ""
        text += f"\n{gap}" + "".join(f"    {note}\n" for note in above) + f"    {key} = {value}{behind}"
    return text + "\n" + draw(st.sampled_from(["", "\n", "    # last\n"])) + "  }"


def _values(depth: int) -> SearchStrategy[str]:
    return st.one_of(SCALAR, objects(depth + 1)) if depth < 3 else SCALAR


@st.composite
def files(draw: st.DrawFn) -> str:
    """A file with a module block and things around it, in any style of line ends."""
    configuration = draw(objects())
    extra = draw(st.sampled_from(["", 'locals { a = "}" }\n', "# note\n\n", 'x "y" "z" {\n  w {}\n}\n']))
    text = f'{extra}module "c" {{\n  source = "./m" # s\n\n  configuration = {configuration}\n}}\n{extra}'
    text = text.removesuffix("\n") if draw(st.booleans()) else text
    text = text.replace("\n", "\r\n") if draw(st.booleans()) else text
    return draw(st.sampled_from(["", "\ufeff"])) + text


def places(found: Document, place: Place = CLUSTER) -> list[Place]:
    """Every object that is written out, from the outside in."""
    item = find(found, place)
    assert item
    value = syntax.only(value_of(item[1]), "collection_value", "object")
    if value is None:
        return []
    keys = [syntax.key(pair.named_children[0]) for pair in value.named_children if pair.type == "object_elem"]
    return [place, *(inner for key in keys if key for inner in places(found, place / key))]


@given(files(), st.data())
def test_insert_and_remove_give_back_the_same_bytes(text: str, data: st.DataObject) -> None:
    before = document(text)
    assume(not before.root.has_error)
    place = data.draw(st.sampled_from(places(before))) / "new"
    values: list[Value] = [1, {}, POOL, {"deep": POOL, "list": ["x"]}]
    value = data.draw(st.sampled_from(values))
    after = insert(before, place, value, comment=data.draw(st.sampled_from(["", "why"])))
    assert find(after, place)
    assert remove(after, place).source == before.source


@given(files(), st.data())
def test_replace_and_replace_give_back_the_same_bytes(text: str, data: st.DataObject) -> None:
    before = document(text)
    assume(not before.root.has_error)
    place = data.draw(st.sampled_from(places(before)))
    found = find(before, place)
    assert found
    old = Expression(syntax.text(value_of(found[1])).replace("\r\n", "\n"))
    values: list[Value] = [7, "x", POOL]
    after = replace(before, place, data.draw(st.sampled_from(values)))
    assert replace(after, place, old).source == before.source


@given(files(), st.data())
def test_remove_leaves_the_rest_as_it_was(text: str, data: st.DataObject) -> None:
    """`remove` proves by itself that everything else is read as before; it has to succeed at all."""
    before = document(text)
    assume(not before.root.has_error)
    place = data.draw(st.sampled_from(places(before)))
    after = remove(before, place)
    assert not find(after, place)


def test_remove_takes_the_comments_above_and_one_of_two_empty_lines() -> None:
    text = 'module "c" {\n  # first\n  a = 1 # a\n\n  # of b\n  // too\n  b = {\n  }\n\n  c = 1\n}\n'
    assert remove(document(text), Place(("module", "c"), ("b",))).source.decode() == (
        'module "c" {\n  # first\n  a = 1 # a\n\n  c = 1\n}\n'
    )
    assert remove(document(text), Place(("module", "c"), ("a",))).source.decode() == (
        'module "c" {\n  # of b\n  // too\n  b = {\n  }\n\n  c = 1\n}\n'
    )


def test_insert_opens_a_block_that_is_on_one_line() -> None:
    after = insert(document('module "c" { source = "./m" }\n'), Place(("module", "c"), ("version",)), "1")
    assert after.source == b'module "c" {\n  source = "./m"\n  version = "1"\n}\n'


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("infra/c.tf.json", "{}", "infra/c.tf.json:1: this file is in Terraform's JSON syntax"),
        ("infra/c.tf", 'module "c" {\n  a = = 1\n}\n', "infra/c.tf:2:"),
        ("infra/c.tf", "a = 1\nb = 1e10\n", "infra/c.tf:2: Terraform takes this"),
    ],
)
def test_open_refuses_what_it_cannot_edit(cache: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(EditError) as caught:
        open_document(name, text.encode(), cache=cache)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (("configuration", "apps", "pools", "x"), "infra/c.tf:4: module.c.configuration.apps.pools is not"),
        (("source", "x"), "infra/c.tf:2: module.c.source is not written out"),
        (("configuration", "apps"), "module.c.configuration.apps is there already"),
    ],
)
def test_insert_refuses_what_is_computed_or_there(keys: tuple[str, ...], said: str) -> None:
    text = 'module "c" {\n  source = "./m"\n  configuration = { apps = {\n    pools = local.pools\n  } }\n}\n'
    with pytest.raises(EditError) as caught:
        insert(document(text), Place(("module", "c"), keys), 1)
    assert said in str(caught.value)
