"""What a class says is what is written of its values, and what is published of them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, ClassVar, Literal

import pytest

from elastic_mirror_policy._document import (
    MOMENT,
    SAME_AGAIN,
    Described,
    Document,
    TextOrNull,
    Value,
    adapter,
    as_json,
    type_of,
)
from elastic_mirror_policy._json import Scalar


@dataclass(frozen=True, slots=True)
class Part(Described):
    """A value that is written field by field."""

    text: TextOrNull = ""
    at: Annotated[float, MOMENT] | None = None
    value: Value = None


@dataclass(frozen=True)
class Whole(Document):
    """A value whose keys are chosen."""

    kind: ClassVar[Literal["whole"]] = "whole"
    KEYS: ClassVar = ("count", "part.text", "name as title", "parts", "again")
    OPTIONAL: ClassVar = ("parts",)

    name: str
    part: Part
    parts: tuple[Part, ...] = ()
    again: Annotated["Whole | None", SAME_AGAIN] = None

    @cached_property
    def count(self) -> int:
        """How many parts there are."""
        return len(self.parts)


def test_a_described_value_is_its_fields_in_their_order() -> None:
    """Empty texts are null, and moments are ISO 8601."""
    assert list(Part().to_dict().items()) == [("text", None), ("at", None), ("value", None)]
    assert Part("a", 1649097495.9).to_dict()["at"] == "2022-04-04T18:38:15Z"


@pytest.mark.parametrize("value", [None, True, False, 0, 1, 1.5, 10**30, "", "1", "\ud800"])
def test_a_managed_value_is_written_and_read_as_it_is(value: Scalar | None) -> None:
    """The digest of a plan depends on it, whichever release of pydantic there is."""
    written = Part(value=value).to_dict()["value"]
    read = adapter(Part).validate_python({"value": written}).value

    assert (type(written), written) == (type(read), read) == (type(value), value)


def test_a_document_has_the_keys_that_it_names() -> None:
    """What it is comes first; what is optional is left out where there is nothing."""
    whole = Whole("n", Part("a"), again=Whole("m", Part(), (Part("b"),)))
    document = whole.to_dict()

    assert list(document) == ["schema_version", "kind", "count", "text", "title", "again"]
    assert (document["kind"], document["title"], document["text"]) == ("whole", "n", "a")
    assert document["again"]["parts"] == [{"text": "b", "at": None, "value": None}]
    assert document["again"]["again"] is None
    assert "title" not in as_json(whole, without=["title"])


@pytest.mark.parametrize(
    ("attribute", "kind"),
    [("kind", Literal["whole"]), ("name", str), ("count", int), ("part.text", TextOrNull)],
)
def test_the_type_of_an_attribute_is_found(attribute: str, kind: object) -> None:
    """Class variables, fields, properties, and those of a field's value."""
    assert type_of(Whole, attribute) == kind
