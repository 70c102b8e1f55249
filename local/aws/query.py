"""AWS's Query protocol, by botocore's models: forms in, XML out."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from xml.sax.saxutils import escape

from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from local.aws.service import Answer, AwsError

_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def parameters(operation: OperationModel, form: Mapping[str, str]) -> dict[str, Any]:
    """A call's parameters by name, as JSON would have them. Raises AwsError for a number that is none."""
    shape = operation.input_shape
    return {} if shape is None else _structure(shape, "", form)


def _structure(shape: Any, prefix: str, form: Mapping[str, str]) -> dict[str, Any]:  # noqa: ANN401 - botocore's
    found = {}
    for name, member in shape.members.items():
        key = prefix + str(member.serialization.get("name", name))
        if key in form or any(given.startswith(f"{key}.") for given in form):
            found[name] = _value(member, key, form)
    return found


def _value(shape: Shape, key: str, form: Mapping[str, str]) -> Any:  # noqa: ANN401 - as the shape has it
    if isinstance(shape, StructureShape):
        return _structure(shape, f"{key}.", form)
    if isinstance(shape, ListShape):
        if key in form:
            return []  # how an empty list is said
        part = (
            ""
            if shape.serialization.get("flattened")
            else f".{shape.member.serialization.get('name', 'member')}"
        )
        return [
            _value(shape.member, f"{key}{part}.{number}", form) for number in _numbers(f"{key}{part}.", form)
        ]
    if isinstance(shape, MapShape):
        entry = f"{key}." if shape.serialization.get("flattened") else f"{key}.entry."
        names = shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")
        return {
            form[f"{entry}{number}.{names[0]}"]: _value(shape.value, f"{entry}{number}.{names[1]}", form)
            for number in _numbers(entry, form)
        }
    return _scalar(shape.type_name, key, form.get(key, ""))


def _scalar(kind: str, key: str, text: str) -> Any:  # noqa: ANN401 - of that kind
    try:
        if kind in ("integer", "long"):
            return int(text)
        if kind in ("float", "double"):
            return float(text)
    except ValueError as error:
        raise AwsError("MalformedInput", f"{key} is {text!r}: a number is expected") from error
    return text.lower() == "true" if kind == "boolean" else text


def _numbers(prefix: str, form: Mapping[str, str]) -> Iterable[int]:
    found = {name[len(prefix) :].split(".")[0] for name in form if name.startswith(prefix)}
    return sorted(int(number) for number in found if number.isdigit())


def answered(operation: OperationModel, answer: Answer, request_id: str) -> bytes:
    """The answer's document."""
    shape, result = operation.output_shape, ""
    if shape is not None:
        wrapper = shape.serialization.get("resultWrapper", f"{operation.name}Result")
        result = f"<{wrapper}>{_members(shape, answer)}</{wrapper}>"
    space = operation.service_model.metadata.get("xmlNamespace", "")
    return (
        f'<{operation.name}Response xmlns="{escape(space)}">{result}'
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation.name}Response>"
    ).encode()


def _members(shape: Any, value: Mapping[str, Any]) -> str:  # noqa: ANN401 - botocore's
    return "".join(
        _element(str(member.serialization.get("name", name)), member, value[name])
        for name, member in shape.members.items()
        if value.get(name) is not None
    )


def _element(name: str, shape: Shape, value: Any) -> str:  # noqa: ANN401 - as the shape has it
    if isinstance(shape, StructureShape):
        return f"<{name}>{_members(shape, value)}</{name}>"
    if isinstance(shape, ListShape):
        if shape.serialization.get("flattened"):
            return "".join(_element(name, shape.member, one) for one in value)
        part = str(shape.member.serialization.get("name", "member"))
        return f"<{name}>{''.join(_element(part, shape.member, one) for one in value)}</{name}>"
    if isinstance(shape, MapShape):
        names = shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")
        entries = [
            _element(str(names[0]), shape.key, key) + _element(str(names[1]), shape.value, one)
            for key, one in value.items()
        ]
        if shape.serialization.get("flattened"):
            return "".join(f"<{name}>{entry}</{name}>" for entry in entries)
        return f"<{name}>{''.join(f'<entry>{entry}</entry>' for entry in entries)}</{name}>"
    return f"<{name}>{_text(shape, value)}</{name}>"


def _text(shape: Shape, value: Any) -> str:  # noqa: ANN401 - as the shape has it
    if isinstance(value, bool):
        return "true" if value else "false"
    if shape.type_name == "timestamp" and isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return escape(_NOT_XML.sub("\ufffd", str(value)))


def refused(service: ServiceModel, error: AwsError, request_id: str) -> bytes:
    """The document of an error."""
    kind = "Sender" if error.status < 500 else "Receiver"
    return (
        f'<ErrorResponse xmlns="{escape(service.metadata.get("xmlNamespace", ""))}">'
        f"<Error><Type>{kind}</Type><Code>{escape(error.code)}</Code>"
        f"<Message>{escape(_NOT_XML.sub('?', error.message))}</Message></Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    ).encode()
