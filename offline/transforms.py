"""Transforms and hooks: functions of the program that the engine calls back, on the program's server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import grpc
from google.protobuf.message import Message
from pulumi.runtime.proto import callback_pb2, callback_pb2_grpc, resource_pb2

from offline.engine_errors import EngineError

CHANNEL_OPTIONS = [
    ("grpc.max_receive_message_length", 400 * 1024 * 1024),
    ("grpc.max_send_message_length", 400 * 1024 * 1024),
]

_Reply = TypeVar("_Reply", bound=Message)

_SAME_NAME = (
    "protect",
    "version",
    "provider",
    "customTimeouts",
    "pluginDownloadURL",
    "retainOnDelete",
    "deletedWith",
    "hooks",
    "replacement_trigger",
)
_OPTION_NAMES = {
    "customTimeouts": "custom_timeouts",
    "pluginDownloadURL": "plugin_download_url",
    "retainOnDelete": "retain_on_delete",
    "deletedWith": "deleted_with",
    "ignoreChanges": "ignore_changes",
    "replaceOnChanges": "replace_on_changes",
    "additionalSecretOutputs": "additional_secret_outputs",
    "hideDiffs": "hide_diff",
    "importId": "import",
}
_LISTS = (
    "aliases",
    "ignoreChanges",
    "replaceOnChanges",
    "additionalSecretOutputs",
    "hideDiffs",
    "replace_with",
)


class Callbacks:
    """Clients of the servers on which the program serves its callbacks."""

    def __init__(self) -> None:
        self._channels: dict[str, grpc.Channel] = {}

    def call(self, callback: callback_pb2.Callback, request: Message, reply: type[_Reply]) -> _Reply:
        """Run one callback.

        Raises:
            EngineError: the function in the program raised; the message holds its text.
        """
        if callback.target not in self._channels:
            self._channels[callback.target] = grpc.insecure_channel(callback.target, options=CHANNEL_OPTIONS)
        stub = callback_pb2_grpc.CallbacksStub(self._channels[callback.target])
        message = callback_pb2.CallbackInvokeRequest(
            token=callback.token, request=request.SerializeToString()
        )
        try:
            response = stub.Invoke(message)
        except grpc.RpcError as error:
            raise EngineError(f"a transform or hook failed: {error.details()}") from error
        return reply.FromString(response.response)

    def close(self) -> None:
        for channel in self._channels.values():
            channel.close()
        self._channels.clear()


def transformed(
    request: resource_pb2.RegisterResourceRequest,
    transforms: Iterable[callback_pb2.Callback],
    callbacks: Callbacks,
) -> resource_pb2.RegisterResourceRequest:
    """Return the request after all transforms, in the order given: own, ancestors', the stack's."""
    for transform in transforms:
        question = resource_pb2.TransformRequest(
            type=request.type,
            name=request.name,
            custom=request.custom,
            parent=request.parent,
            properties=request.object,
            options=_options_of(request),
        )
        answer = callbacks.call(transform, question, resource_pb2.TransformResponse)
        changed = resource_pb2.RegisterResourceRequest()
        changed.CopyFrom(request)
        changed.object.CopyFrom(answer.properties)
        if answer.HasField("options"):
            _set_options(changed, answer.options)
        request = changed
    return request


def transformed_invoke(
    request: resource_pb2.ResourceInvokeRequest,
    transforms: Iterable[callback_pb2.Callback],
    callbacks: Callbacks,
) -> resource_pb2.ResourceInvokeRequest:
    """Return the invoke after the stack's invoke transforms."""
    for transform in transforms:
        question = resource_pb2.TransformInvokeRequest(
            token=request.tok,
            args=request.args,
            options=resource_pb2.TransformInvokeOptions(
                provider=request.provider,
                plugin_download_url=request.pluginDownloadURL,
                version=request.version,
            ),
        )
        answer = callbacks.call(transform, question, resource_pb2.TransformInvokeResponse)
        changed = resource_pb2.ResourceInvokeRequest()
        changed.CopyFrom(request)
        changed.args.CopyFrom(answer.args)
        if answer.HasField("options"):
            changed.provider = answer.options.provider
            changed.pluginDownloadURL = answer.options.plugin_download_url
            changed.version = answer.options.version
        request = changed
    return request


def _options_of(
    request: resource_pb2.RegisterResourceRequest,
) -> resource_pb2.TransformResourceOptions:
    options = resource_pb2.TransformResourceOptions()
    for name in _SAME_NAME:
        _copy(request, name, options, _OPTION_NAMES.get(name, name))
    for name in _LISTS:
        getattr(options, _OPTION_NAMES.get(name, name)).extend(getattr(request, name))
    options.depends_on.extend(request.dependencies)
    options.providers.update(request.providers)
    setattr(options, "import", request.importId)
    if request.deleteBeforeReplaceDefined:
        options.delete_before_replace = request.deleteBeforeReplace
    return options


def _set_options(
    request: resource_pb2.RegisterResourceRequest, options: resource_pb2.TransformResourceOptions
) -> None:
    for name in _SAME_NAME:
        request.ClearField(name)  # type: ignore[arg-type]  # names of fields, checked by a contract test
        _copy(options, _OPTION_NAMES.get(name, name), request, name)
    for name in _LISTS:
        request.ClearField(name)  # type: ignore[arg-type]  # as above
        getattr(request, name).extend(getattr(options, _OPTION_NAMES.get(name, name)))
    del request.dependencies[:]
    request.dependencies.extend(options.depends_on)
    request.providers.clear()
    request.providers.update(options.providers)
    request.importId = getattr(options, "import")
    request.deleteBeforeReplaceDefined = options.HasField("delete_before_replace")
    request.deleteBeforeReplace = options.delete_before_replace


def _copy(source: Message, source_name: str, target: Message, target_name: str) -> None:
    field = source.DESCRIPTOR.fields_by_name[source_name]
    if field.has_presence and not source.HasField(source_name):
        return
    value = getattr(source, source_name)
    if isinstance(value, Message):
        getattr(target, target_name).CopyFrom(value)
    else:
        setattr(target, target_name, value)
