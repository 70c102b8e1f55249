"""What the engine relies on in the SDK and is not promised: a new version that changes it fails here."""

import contextvars
import inspect

import pulumi
import pulumi_aws as aws
import pytest
from pulumi import _types
from pulumi.runtime import settings as runtime_settings
from pulumi.runtime.proto import (
    analyzer_pb2,
    engine_pb2,
    provider_pb2,
    resource_pb2,
)

from offline import transforms, values
from offline.monitor import FEATURES, OfflineMonitor

SERVICES = [
    resource_pb2.DESCRIPTOR.services_by_name["ResourceMonitor"],
    engine_pb2.DESCRIPTOR.services_by_name["Engine"],
]


@pytest.mark.parametrize(
    ("method", "request_type", "response_type"),
    [
        (method.name, method.input_type.name, method.output_type.name)
        for service in SERVICES
        for method in service.methods
    ],
)
def test_every_rpc_is_answered_with_the_protocols_types(
    method: str, request_type: str, response_type: str
) -> None:
    signature = inspect.signature(getattr(OfflineMonitor, method))
    assert list(signature.parameters) == ["self", "request", "context"]
    assert str(signature.parameters["request"].annotation).endswith(f".{request_type}")
    assert str(signature.return_annotation).endswith(f".{response_type}")


def test_settings_take_a_monitor_and_an_engine_that_are_objects() -> None:
    monitor, engine = object(), object()

    def configured() -> tuple[object, object]:
        settings = pulumi.runtime.Settings("project", "stack", monitor=monitor, engine=engine, dry_run=True)
        return settings.monitor, settings.engine

    assert contextvars.copy_context().run(configured) == (monitor, engine)


def test_the_semi_internal_functions_are_there() -> None:
    assert inspect.iscoroutinefunction(pulumi.runtime.run_in_stack)
    assert {"config", "secret_keys"} <= set(inspect.signature(pulumi.runtime.set_all_config).parameters)
    assert runtime_settings.ROOT.name == "root_resource"
    assert callable(pulumi.log.debug)


def test_the_marks_of_special_values_are_the_sdks() -> None:
    from pulumi.runtime import rpc  # noqa: PLC0415 - its names are private

    assert values.UNKNOWN == rpc.UNKNOWN
    assert rpc._special_sig_key == values.SIGNATURE
    assert rpc._special_secret_sig == values.SECRET
    assert rpc._special_asset_sig == values.ASSET
    assert rpc._special_archive_sig == values.ARCHIVE
    assert rpc._special_output_value_sig == values.OUTPUT


def test_every_feature_of_the_engine_is_decided_on() -> None:
    left_out = {
        "INVOKE_DEPENDS_ON",  # so that the SDK holds back invokes itself
        "INVOKE_PARENT",
        "INVOKE_OUTPUT_VALUES",
        "CALL_OUTPUT_VALUES",
        "BYTE_STRING",
        "SENDS_OPTIONS_TO_HOOKS",
    }
    prefix = "RESOURCE_MONITOR_FEATURE_"
    all_features = {name.removeprefix(prefix) for name in resource_pb2.ResourceMonitorFeature.keys()}  # noqa: SIM118 - an enum, not a dict
    offered = {resource_pb2.ResourceMonitorFeature.Name(f).removeprefix(prefix) for f in FEATURES}
    assert offered == all_features - left_out


def test_every_option_that_a_transform_can_change_is_copied() -> None:
    names = {field.name for field in resource_pb2.TransformResourceOptions.DESCRIPTOR.fields}
    copied = {
        transforms._OPTION_NAMES.get(name, name)
        for name in (*transforms._SAME_NAME, *transforms._LISTS, "importId")
    }
    by_hand = {"depends_on", "providers", "delete_before_replace"}
    assert names - {"plugin_checksums"} == copied | by_hand


def test_every_field_of_a_registration_is_known() -> None:
    recorded_or_used = """
        type name parent custom object protect dependencies provider providers propertyDependencies
        deleteBeforeReplace deleteBeforeReplaceDefined version ignoreChanges additionalSecretOutputs aliasURNs
        aliases importId customTimeouts remote replaceOnChanges retainOnDelete deletedWith replace_with
        sourcePosition transforms packageRef hooks
        """
    without_meaning_offline = """
        acceptSecrets acceptResources supportsPartialValues supportsResultReporting aliasSpecs
        pluginDownloadURL pluginChecksums replacement_trigger stackTrace parentStackTraceHandle hideDiffs
        envVarMappings snippetId accepts_byte_string state_migrations
        """
    fields = {field.name for field in resource_pb2.RegisterResourceRequest.DESCRIPTOR.fields}
    assert fields == {*recorded_or_used.split(), *without_meaning_offline.split()}


def test_generated_classes_name_their_type_and_their_outputs() -> None:
    assert vars(aws.kms.Key)["pulumi_type"] == "aws:kms/key:Key"
    assert {"arn", "keyId", "enableKeyRotation"} <= set(_types.resource_types(aws.kms.Key))


def test_an_unset_enforcement_level_is_advisory_on_the_wire() -> None:
    # This is why a policy's configuration is never sent without a level.
    assert analyzer_pb2.PolicyConfig().enforcementLevel == analyzer_pb2.ADVISORY == 0


def test_a_call_answers_with_a_field_named_return() -> None:
    assert "return" in provider_pb2.CallResponse.DESCRIPTOR.fields_by_name
    assert "return" in resource_pb2.ResourceInvokeResponse.DESCRIPTOR.fields_by_name
