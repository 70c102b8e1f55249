"""Transforms, invoke transforms and hooks: run over the program's own callback server."""

from pathlib import Path

from tests.offline.projects import clean, errors, named, write


def test_transforms_run_from_the_resource_to_its_ancestors_to_the_stack(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            def adding(mark):
                def transform(args):
                    if args.custom:
                        seen = args.props.get("seen", []) + [mark]
                        return pulumi.ResourceTransformResult({**args.props, "seen": seen}, args.opts)
                return transform

            pulumi.runtime.register_stack_transform(adding("stack"))
            outer = Group("outer", ResourceOptions(transforms=[adding("outer")]))
            inner = Group("inner", ResourceOptions(parent=outer, transforms=[adding("inner")]))
            options = ResourceOptions(parent=inner, transforms=[adding("own")])
            inner.urn.apply(lambda _: Thing("thing", {"seen": []}, options))
            """,
        ).preview()
    )
    assert named(result, "thing").inputs == {"seen": ["own", "inner", "outer", "stack"]}


def test_a_transform_can_change_every_option(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            other = Thing("other")
            provider = DemoProvider("provider")

            def change(args):
                opts = ResourceOptions.merge(args.opts, ResourceOptions(
                    protect=True, depends_on=[other], provider=provider, ignore_changes=["a"],
                    aliases=[pulumi.Alias(name="was")], retain_on_delete=True, deleted_with=other,
                    custom_timeouts=pulumi.CustomTimeouts(delete="1h"), delete_before_replace=True,
                    additional_secret_outputs=["a"], replace_on_changes=["a"], version="2.0.0",
                ))
                return pulumi.ResourceTransformResult(args.props, opts)

            Thing("thing", {"a": 1}, ResourceOptions(transforms=[change]))
            """,
        ).preview()
    )
    thing, other = named(result, "thing"), named(result, "other")
    assert thing.protect
    assert thing.retain_on_delete
    assert thing.deleted_with == other.urn
    assert thing.dependencies == [other.urn]
    assert "::provider::" in thing.provider
    assert thing.ignore_changes == thing.replace_on_changes == thing.additional_secret_outputs == ["a"]
    assert thing.aliases == ["urn:pulumi:dev::demo::demo:index:Thing::was"]
    assert thing.custom_timeouts == {"delete": "1h"}
    assert thing.delete_before_replace is True
    assert thing.version == "2.0.0"


def test_children_inherit_what_a_transform_puts_on_their_parent(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            def guard(args):
                if args.custom:
                    return None
                opts = ResourceOptions.merge(args.opts, ResourceOptions(protect=True, retain_on_delete=True))
                return pulumi.ResourceTransformResult(args.props, opts)

            group = Group("group", ResourceOptions(transforms=[guard]))
            group.urn.apply(lambda _: Thing("thing", opts=ResourceOptions(parent=group)))
            """,
        ).preview()
    )
    assert named(result, "group").protect
    assert named(result, "thing").protect
    assert named(result, "thing").retain_on_delete


def test_a_transform_that_returns_nothing_changes_nothing(tmp_path: Path) -> None:
    program = """
        options = ResourceOptions(protect=True, ignore_changes=["a"], aliases=[pulumi.Alias(name="b")],
                                  custom_timeouts=pulumi.CustomTimeouts(create="5m"){})
        Thing("thing", {{"a": pulumi.Output.secret(1), "b": [Thing("other").arn]}}, options)
        """
    plain = clean(write(tmp_path / "plain", program.format("")).preview())
    seen = clean(write(tmp_path / "seen", program.format(", transforms=[lambda args: None]")).preview())
    assert named(plain, "thing") == named(seen, "thing")


def test_a_transform_that_fails_is_an_error_with_its_text(tmp_path: Path) -> None:
    result = write(
        tmp_path,
        """
        def broken(args):
            raise ValueError("no such market: xx")

        Thing("thing", opts=ResourceOptions(transforms=[broken]))
        """,
    ).preview()
    assert "no such market: xx" in errors(result)


def test_an_old_style_transformation_works_as_well(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            def tag(args):
                return pulumi.ResourceTransformationResult({**args.props, "tag": "x"}, args.opts)

            pulumi.runtime.register_stack_transformation(tag)
            Thing("thing")
            """,
        ).preview()
    )
    assert named(result, "thing").inputs["tag"] == "x"


def test_an_invoke_transform_changes_the_arguments(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            import pulumi_aws as aws

            def elsewhere(args):
                return pulumi.InvokeTransformResult({**args.args, "region": "eu-west-1"}, args.opts)

            pulumi.runtime.register_invoke_transform(elsewhere)
            pulumi.export("region", aws.get_region_output().region)
            """,
            stack="config:\n  aws:region: ap-southeast-1",
        ).preview()
    )
    assert result.graph.exports == {"region": "eu-west-1"}


def test_hooks_run_when_they_say_so_for_previews(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            from pulumi import ResourceHook, ResourceHookBinding, ResourceHookOptions

            ran = []
            in_previews = ResourceHookOptions(on_dry_run=True)
            early = ResourceHook("early", lambda args: ran.append(args.name), in_previews)
            late = ResourceHook("late", lambda args: ran.append("never"))
            hooks = ResourceHookBinding(before_create=[early], after_create=[late])
            thing = Thing("thing", opts=ResourceOptions(hooks=hooks))
            pulumi.export("ran", thing.urn.apply(lambda _: list(ran)))
            """,
        ).preview()
    )
    assert result.graph.exports == {"ran": ["thing"]}


def test_a_hook_that_fails_fails_the_preview_and_one_that_may_is_a_warning(tmp_path: Path) -> None:
    program = """
        from pulumi import ResourceHook, ResourceHookBinding, ResourceHookOptions

        def broken(args):
            raise ValueError("not on a Friday")

        hook = ResourceHook("hook", broken, ResourceHookOptions(on_dry_run=True, ignore_errors={}))
        Thing("thing", opts=ResourceOptions(hooks=ResourceHookBinding(before_create=[hook])))
        """
    assert "not on a Friday" in errors(write(tmp_path, program.format(False)).preview())
    allowed = write(tmp_path, program.format(True)).preview()
    assert [d.severity for d in clean(allowed).graph.diagnostics] == ["warning"]
