"""Which provider serves a resource."""

from pathlib import Path

import pytest

from offline.errors import UsageError
from offline.values import UNKNOWN, contains_secret
from tests.offline.projects import clean, errors, named, write

PREFIX = "urn:pulumi:dev::demo::"


def test_a_default_provider_has_the_packages_configuration_and_version(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            for name in ("a", "b"):
                Thing(name, opts=ResourceOptions(version="1.2.3"))
            """,
            stack="config:\n  demo:region: here\n  demo:nested: {a: 1}\n  other:region: there",
            project="config: {'demo:token': {value: abc, secret: true}}",
        ).preview()
    )
    (provider,) = result.graph.of_type("pulumi:providers:demo")
    assert provider.urn == PREFIX + "pulumi:providers:demo::default_1_2_3"
    assert provider.parent == ""
    token = provider.inputs.pop("token")
    assert contains_secret(token)
    assert provider.inputs == {"region": "here", "nested": '{"a":1}', "version": "1.2.3"}
    assert named(result, "a").provider == named(result, "b").provider == f"{provider.urn}::{UNKNOWN}"


def test_an_explicit_provider_is_used_and_handed_down_by_components(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            east, west = DemoProvider("east"), DemoProvider("west")
            Thing("direct", opts=ResourceOptions(provider=east))
            outer = Group("outer", ResourceOptions(providers=[west]))
            inner = Group("inner", ResourceOptions(parent=outer))
            Thing("inherited", opts=ResourceOptions(parent=inner))
            Thing("own", opts=ResourceOptions(parent=inner, provider=east))
            Thing("elsewhere", opts=ResourceOptions(parent=inner), type_="other:index:Thing")
            """,
        ).preview()
    )
    east, west = (f"{PREFIX}pulumi:providers:demo::{name}::{UNKNOWN}" for name in ("east", "west"))
    assert named(result, "direct").provider == east
    assert named(result, "inherited").provider == west
    assert named(result, "own").provider == east
    assert named(result, "elsewhere").provider.startswith(PREFIX + "pulumi:providers:other::default::")
    assert named(result, "outer").providers == {"demo": west}
    assert named(result, "outer").provider == ""
    assert named(result, "east").provider == ""


def test_providers_by_name_serve_the_children_of_a_component(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            group = Group("group", ResourceOptions(providers={"demo": DemoProvider("east")}))
            Thing("child", opts=ResourceOptions(parent=group))
            """,
        ).preview()
    )
    assert "::east::" in named(result, "child").provider


def test_a_provider_that_a_transform_puts_on_a_component_reaches_its_children(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            east = DemoProvider("east")

            def choose(args):
                if args.type_ == "demo:index:Group":
                    args.opts.providers = {"demo": east}
                    return pulumi.ResourceTransformResult(args.props, args.opts)

            group = Group("group", ResourceOptions(transforms=[choose]))
            child = group.urn.apply(lambda _: Thing("child", opts=ResourceOptions(parent=group)))
            """,
        ).preview()
    )
    assert "::east::" in named(result, "child").provider


def test_a_disabled_default_provider_is_an_error_that_names_the_resource(tmp_path: Path) -> None:
    for packages in ('["*"]', "[demo]"):
        result = write(
            tmp_path, 'Thing("a")', stack=f"config:\n  pulumi:disable-default-providers: {packages}"
        ).preview()
        assert "'demo:index:Thing' must use an explicit provider" in errors(result)


def test_disabling_default_providers_leaves_the_rest_alone(tmp_path: Path) -> None:
    result = write(
        tmp_path,
        """
        Thing("a", opts=ResourceOptions(provider=DemoProvider("p")))
        Group("group")
        pulumi.StackReference("organization/other/dev")
        """,
        stack='config:\n  pulumi:disable-default-providers: ["*"]',
    ).preview()
    assert "::p::" in named(clean(result), "a").provider


def test_an_invoke_needs_a_provider_too(tmp_path: Path) -> None:
    result = write(
        tmp_path,
        """
        import pulumi_aws as aws
        aws.get_region()
        """,
        stack='config:\n  pulumi:disable-default-providers: ["aws"]\n  aws:region: eu-west-1',
    ).preview()
    assert "must use an explicit provider" in errors(result)


def test_a_remote_component_needs_its_own_packages_provider(tmp_path: Path) -> None:
    written = write(
        tmp_path,
        """
        import pulumi_aws as aws
        import pulumi_awsx as awsx

        options = {}
        if pulumi.Config().get_bool("give"):
            options["awsx"] = awsx.Provider("awsx")
        awsx.ec2.Vpc("vpc", opts=ResourceOptions(providers={"aws": aws.Provider("aws"), **options}))
        """,
        stack='config:\n  pulumi:disable-default-providers: ["*"]',
    )
    assert "'awsx' disabled" in errors(written.preview())
    assert "::awsx::" in named(clean(written.preview(config={"give": "true"})), "vpc").provider


def test_a_malformed_list_of_disabled_providers_is_an_error(tmp_path: Path) -> None:
    written = write(tmp_path, 'Thing("a")', stack="config:\n  pulumi:disable-default-providers: aws")
    with pytest.raises(UsageError, match="list of package names"):
        written.preview()
