"""JSON told once: what is written and published of a value is what its class says (pure).

pydantic writes a value by the types of its fields and properties, and makes the published schema
of the same types. Its adapters are made when first needed, because making one takes a while.
"""

import functools
import re
from collections.abc import Collection, Hashable
from operator import attrgetter
from typing import (
    Annotated,
    Any,
    ClassVar,
    Final,
    Literal,
    TypeVar,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic import (
    GetCoreSchemaHandler,
    GetPydanticSchema,
    PlainSerializer,
    SerializationInfo,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import CoreSchema, core_schema

from elastic_mirror_policy._json import SCHEMA_VERSION, JsonValue, Scalar
from elastic_mirror_policy._time import written

_T = TypeVar("_T")
_LONGEST_PLACE: Final = 100


def adapter(kind: type[_T]) -> TypeAdapter[_T]:
    """Return what writes and reads the values of a class."""
    return _made(cast("Hashable", kind))


@functools.cache
def _made(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - whatever can be a type
    return TypeAdapter(kind)


class Described:
    """A dataclass whose JSON is its fields, in their order."""

    __slots__ = ()

    def to_dict(self) -> dict[str, JsonValue]:
        """Return it as decoded JSON, as the JSON contract names it."""
        return as_json(self)


def as_json(value: Described, *, without: Collection[str] = ()) -> dict[str, JsonValue]:
    """Return a value of a class that tells its JSON as decoded JSON.

    Args:
        value: The value.
        without: Keys that are left out.
    """
    found: dict[str, JsonValue] = adapter(type(value)).dump_python(
        value, mode="json", exclude=set(without) or None, warnings=False
    )
    return found


class Document(Described):
    """A value whose JSON is chosen from its fields, class variables and properties."""

    __slots__ = ()

    KEYS: ClassVar[tuple[str, ...]]
    """The attributes in their order: `id as policy_id` where the key has another name.

    `plan.digest` is the `digest` of the plan. What has a `kind` begins with `schema_version` and
    `kind`.
    """

    OPTIONAL: ClassVar[tuple[str, ...]] = ()
    """Those of the keys that are left out where there is nothing."""

    schema_version: ClassVar[Literal[1]] = SCHEMA_VERSION

    @classmethod
    def attributes(cls) -> dict[str, str]:
        """Return for each key which attribute it is, such as `plan.digest`."""
        keys = (*(("schema_version", "kind") if hasattr(cls, "kind") else ()), *cls.KEYS)
        return {re.split(r"[ .]", key)[-1]: key.split()[0] for key in keys}

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Tell pydantic how it is written; it cannot be read this way."""
        readers = {key: attrgetter(attribute) for key, attribute in cls.attributes().items()}
        described = core_schema.typed_dict_schema(
            {
                key: core_schema.typed_dict_field(
                    handler.generate_schema(type_of(source, attribute)),
                    required=key not in cls.OPTIONAL,
                )
                for key, attribute in cls.attributes().items()
            },
            metadata={"cls": source},
        )

        def chosen(value: object, info: SerializationInfo) -> dict[str, object]:
            left_out = cast("Collection[str]", info.exclude or ())
            found = {key: read(value) for key, read in readers.items() if key not in left_out}
            return {key: one for key, one in found.items() if one or key not in cls.OPTIONAL}

        return core_schema.any_schema(
            serialization=core_schema.plain_serializer_function_ser_schema(
                chosen, info_arg=True, return_schema=described
            )
        )


def place_of(exc: ValidationError) -> str:
    """Return where the first thing is that is wrong, such as `changes.0.name`."""
    place = exc.errors(include_input=False, include_url=False)[0]["loc"]
    return ".".join(map(str, place))[:_LONGEST_PLACE]


def first_problem(exc: ValidationError, whole: str = "the document") -> str:
    """Return where the first problem is and what it is, without the value.

    Args:
        exc: What pydantic says.
        whole: What the place is called when it is not within something.
    """
    error = exc.errors(include_input=False, include_url=False)[0]
    return f"{place_of(exc) or whole}: {error['msg']}"


def type_of(cls: type, attribute: str) -> Any:  # noqa: ANN401 - whatever can be a type
    """Return the type of a field, a class variable or a property, or of one of its value's."""
    if "." in attribute:
        first, rest = attribute.split(".", maxsplit=1)
        return type_of(type_of(cls, first), rest)
    found = get_type_hints(cls, include_extras=True).get(attribute)
    if found is None:
        told = getattr(cls, attribute)  # a property, or a cached one
        read = told.fget if isinstance(told, property) else told.func
        return get_type_hints(read, include_extras=True)["return"]
    return get_args(found)[0] if get_origin(found) is ClassVar else found


Value = Annotated[
    Scalar | None,
    GetPydanticSchema(
        lambda source, handler: {
            **handler(source),
            "serialization": core_schema.plain_serializer_function_ser_schema(lambda value: value),
        }
    ),
]
"""What a managed key holds, or None; written as it is, where pydantic 2.8 makes `true` a number."""


def or_null(kind: Any) -> PlainSerializer:  # noqa: ANN401 - whatever can be a type
    """Return what writes null in place of a value that is empty, else a value of this type."""
    return PlainSerializer(lambda value: value or None, return_type=kind | None)


TextOrNull = Annotated[str, or_null(str)]
"""A text that is null in JSON where it is empty."""

MOMENT: Final = PlainSerializer(written, return_type=str)
"""Marks seconds since 1970, which are ISO 8601 in UTC in JSON."""

SAME_AGAIN: Final = GetPydanticSchema(
    lambda *_: core_schema.any_schema(
        serialization=core_schema.plain_serializer_function_ser_schema(
            lambda document: document and document.to_dict()
        )
    ),
    lambda *_: {"anyOf": [{"$dynamicRef": "#"}, {"type": "null"}]},
)
"""Marks a document of the same kind within a document, or None."""
