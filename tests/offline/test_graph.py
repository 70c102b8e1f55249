"""What a preview records of a program: names, parents, dependencies, options."""

from pathlib import Path

import pytest

from offline.values import UNKNOWN, contains_secret
from tests.offline.projects import clean, errors, named, write

PREFIX = "urn:pulumi:dev::demo::"


def test_a_urn_holds_the_types_of_all_parents_but_the_stack(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            outer = Group("outer")
            inner = Group("inner", ResourceOptions(parent=outer), "demo:index:Inner")
            Thing("leaf", opts=ResourceOptions(parent=inner))
            """,
        ).preview()
    )
    leaf = named(result, "leaf")
    assert leaf.urn == PREFIX + "demo:index:Group$demo:index:Inner$demo:index:Thing::leaf"
    assert leaf.parent == PREFIX + "demo:index:Group$demo:index:Inner::inner"
    assert named(result, "outer").parent == PREFIX + "pulumi:pulumi:Stack::demo-dev"


def test_a_new_resource_knows_its_inputs_and_nothing_else(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            first = Thing("first", {"size": 3, "ratio": 0.5, "on": True, "names": ["a", {"b": "c"}]})
            second = Thing("second", {"target": first.arn, "copy": first.id})
            ran = []
            first.arn.apply(ran.append)
            pulumi.export("ran", pulumi.Output.from_input(second.urn).apply(lambda _: len(ran)))
            """,
        ).preview()
    )
    assert named(result, "first").inputs == {
        "size": 3,
        "ratio": 0.5,
        "on": True,
        "names": ["a", {"b": "c"}],
    }
    second = named(result, "second")
    assert second.inputs == {"target": UNKNOWN, "copy": UNKNOWN}
    assert second.id == ""
    assert result.graph.exports == {"ran": 0}


def test_dependencies_are_recorded_for_each_property_and_for_depends_on(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            first = Thing("first")
            second = Thing("second")
            text = pulumi.Output.concat(first.arn, "/", second.arn)
            Thing("third", {"both": text, "literal": "x"}, ResourceOptions(depends_on=[second]))
            """,
        ).preview()
    )
    first, second, third = (named(result, name) for name in ("first", "second", "third"))
    assert third.property_dependencies == {"both": [first.urn, second.urn], "literal": []}
    assert third.dependencies == [first.urn, second.urn]


def test_a_dependency_on_a_component_is_one_on_its_children(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            group = Group("group")
            Thing("child", opts=ResourceOptions(parent=group))
            Thing("after", opts=ResourceOptions(depends_on=[group]))
            """,
        ).preview()
    )
    assert named(result, "after").dependencies == [named(result, "child").urn]


def test_a_component_that_takes_a_resource_as_an_input_does_not_deadlock(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            class Holder(pulumi.ComponentResource):
                def __init__(self, name, held):
                    super().__init__("demo:index:Holder", name, {"held": held})
                    self.register_outputs({"arn": held.arn, "name": "x"})

            Holder("holder", Thing("held"))
            """,
        ).preview()
    )
    assert named(result, "holder").outputs == {"arn": UNKNOWN, "name": "x"}


def test_protect_retain_and_deleted_with_are_inherited_and_can_be_overridden(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            owner = Thing("owner")
            group = Group("group", ResourceOptions(protect=True, retain_on_delete=True, deleted_with=owner))
            Thing("child", opts=ResourceOptions(parent=group))
            Thing("free", opts=ResourceOptions(parent=group, protect=False, retain_on_delete=False))
            Thing("other")
            """,
        ).preview()
    )
    child, free, other = (named(result, name) for name in ("child", "free", "other"))
    assert (child.protect, child.retain_on_delete) == (True, True)
    assert child.deleted_with == named(result, "owner").urn
    assert (free.protect, free.retain_on_delete) == (False, False)
    assert (other.protect, other.retain_on_delete, other.deleted_with) == (False, False, "")


def test_the_other_options_of_a_resource_are_recorded(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            first = Thing("first")
            Thing("second", {"a": 1}, ResourceOptions(
                ignore_changes=["a"], replace_on_changes=["b"], additional_secret_outputs=["a"],
                delete_before_replace=True, custom_timeouts=pulumi.CustomTimeouts(create="5m"),
                replace_with=[first], version="1.2.3",
            ))
            Thing("imported", opts=ResourceOptions(import_="i-123"))
            """,
        ).preview()
    )
    second = named(result, "second")
    assert second.ignore_changes == ["a"]
    assert second.replace_on_changes == ["b"]
    assert second.additional_secret_outputs == ["a"]
    assert second.delete_before_replace is True
    assert second.custom_timeouts == {"create": "5m"}
    assert second.replace_with == [named(result, "first").urn]
    assert named(result, "imported").op == "import"
    assert named(result, "imported").id == "i-123"


def test_an_output_that_is_declared_secret_is_secret_for_who_uses_it(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            class Known(pulumi.CustomResource):
                password: pulumi.Output[str]
                def __init__(self, name, opts):
                    super().__init__("demo:index:Known", name, {"password": "plain"}, opts)

            known = Known("known", ResourceOptions(additional_secret_outputs=["password"]))
            Thing("user", {"password": known.password})
            """,
        ).preview()
    )
    assert contains_secret(named(result, "user").inputs["password"])


def test_secrets_are_masked_in_the_document_and_unknowns_are_pulumis_sentinel(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            thing = Thing("thing", {"deep": {"list": [pulumi.Output.secret("hunter2")]}})
            pulumi.export("password", pulumi.Output.secret("hunter2"))
            pulumi.export("arn", thing.arn)
            pulumi.export("nothing", None)
            """,
        ).preview()
    )
    assert "hunter2" not in str(result.document())
    states = {step["urn"]: step["newState"] for step in result.document()["steps"]}
    assert states[named(result, "thing").urn]["inputs"] == {"deep": {"list": ["[secret]"]}}
    stack = states[PREFIX + "pulumi:pulumi:Stack::demo-dev"]
    assert stack["outputs"] == {"password": "[secret]", "arn": UNKNOWN}


def test_the_document_has_the_shape_of_pulumi_preview_json(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            group = Group("group")
            first = Thing("first", {"size": 1}, ResourceOptions(parent=group, protect=True))
            Thing("second", {"target": first.arn})
            pulumi.log.warn("careful", first)
            """,
        ).preview()
    )
    document = result.document()
    assert document["changeSummary"] == {"create": 5}  # the stack and the default provider too
    assert [step["urn"] for step in document["steps"]] == sorted(result.graph.resources)
    assert document["diagnostics"] == [
        {"urn": named(result, "first").urn, "message": "careful", "severity": "warning"}
    ]
    step = next(step for step in document["steps"] if step["urn"].endswith("::second"))
    first = named(result, "first").urn
    provider = PREFIX + f"pulumi:providers:demo::default::{UNKNOWN}"
    assert step == {
        "op": "create",
        "urn": PREFIX + "demo:index:Thing::second",
        "provider": provider,
        "newState": {
            "urn": PREFIX + "demo:index:Thing::second",
            "custom": True,
            "type": "demo:index:Thing",
            "inputs": {"target": UNKNOWN},
            "parent": PREFIX + "pulumi:pulumi:Stack::demo-dev",
            "dependencies": [first],
            "provider": provider,
            "propertyDependencies": {"target": [first]},
            "sourcePosition": step["newState"]["sourcePosition"],
        },
    }
    assert step["newState"]["sourcePosition"].startswith("project:///__main__.py#")


@pytest.mark.parametrize(
    ("alias", "expected"),
    [
        ('"urn:pulumi:dev::demo::demo:index:Thing::old"', "demo:index:Group$demo:index:Thing::old"),
        ('pulumi.Alias(name="old")', "demo:index:Group$demo:index:Thing::old"),
        ('pulumi.Alias(type_="demo:index:Old")', "demo:index:Group$demo:index:Old::new"),
        ("pulumi.Alias(parent=None)", "demo:index:Thing::new"),
        ("pulumi.Alias(parent=other)", "demo:index:Other$demo:index:Thing::new"),
        ('pulumi.Alias(stack="was")', None),
    ],
)
def test_an_alias_is_the_urn_that_it_stands_for(tmp_path: Path, alias: str, expected: str | None) -> None:
    result = clean(
        write(
            tmp_path,
            f"""
            group = Group("group")
            other = Group("other", None, "demo:index:Other")
            Thing("new", opts=ResourceOptions(parent=group, aliases=[{alias}]))
            """,
        ).preview()
    )
    if alias.startswith('"'):
        assert named(result, "new").aliases == [alias.strip('"')]
    elif expected is None:
        assert named(result, "new").aliases == [
            "urn:pulumi:was::demo::demo:index:Group$demo:index:Thing::new"
        ]
    else:
        assert named(result, "new").aliases == [PREFIX + expected]


def test_children_follow_the_aliases_of_their_parent(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            group = Group("group", ResourceOptions(aliases=[pulumi.Alias(name="team")]))
            Thing("group-a", opts=ResourceOptions(parent=group))
            Thing("b", opts=ResourceOptions(parent=group, aliases=[pulumi.Alias(name="c")]))
            """,
        ).preview()
    )
    child = PREFIX + "demo:index:Group$demo:index:Thing::"
    assert named(result, "group").aliases == [PREFIX + "demo:index:Group::team"]
    assert named(result, "group-a").aliases == [child + "team-a"]
    assert named(result, "b").aliases == [child + "c"]


def test_two_resources_of_one_name_and_type_are_an_error_that_says_where(tmp_path: Path) -> None:
    result = write(tmp_path, 'Thing("twin")\nThing("twin", {"other": 1})').preview()
    assert PREFIX + "demo:index:Thing::twin" in errors(result)
    assert errors(result).count("project:///__main__.py#") == 2
    assert result.failed


def test_the_same_name_under_two_parents_is_none(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            for name in ("a", "b"):
                group = Group(name, None, f"demo:index:{name.upper()}")
                Thing("twin", opts=ResourceOptions(parent=group))
            """,
        ).preview()
    )
    assert sum(resource.name == "twin" for resource in result.graph.resources.values()) == 2


def test_a_resource_that_is_read_keeps_its_id_and_is_not_created(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            found = Thing("found", {"given": "x"}, ResourceOptions(id="i-1"))
            pulumi.export("id", found.id)
            pulumi.export("arn", found.arn)
            """,
        ).preview()
    )
    found = named(result, "found")
    assert (found.external, found.id, found.op) == (True, "i-1", "read")
    assert result.graph.exports == {"id": "i-1", "arn": UNKNOWN}


def test_a_remote_component_has_unknown_outputs_and_invisible_children(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            import pulumi_awsx as awsx

            vpc = awsx.ec2.Vpc("vpc", cidr_block="10.0.0.0/16")
            Thing("inside", {"vpc": vpc.vpc_id, "subnets": vpc.private_subnet_ids})
            """,
        ).preview()
    )
    vpc, inside = named(result, "vpc"), named(result, "inside")
    assert vpc.remote
    assert vpc.inputs["cidrBlock"] == "10.0.0.0/16"
    assert inside.inputs == {"vpc": UNKNOWN, "subnets": UNKNOWN}
    assert inside.property_dependencies["vpc"] == [vpc.urn]
    assert not [r for r in result.graph.resources.values() if r.parent == vpc.urn]


def test_a_dynamic_resource_is_recorded_without_running_its_provider(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            from pulumi.dynamic import CreateResult, Resource, ResourceProvider

            class Provider(ResourceProvider):
                def create(self, props):
                    raise AssertionError("must not run")

            class Dynamic(Resource):
                out: pulumi.Output[str]
                def __init__(self, name):
                    super().__init__(Provider(), name, {"size": 2, "out": None})

            pulumi.export("out", Dynamic("dynamic").out)
            """,
        ).preview()
    )
    assert named(result, "dynamic").inputs["size"] == 2
    assert result.graph.exports == {"out": UNKNOWN}
