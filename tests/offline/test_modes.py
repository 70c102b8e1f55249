"""In this process, in a forked child, in a process of its own: the same graph, and always an end."""

import json
import os
import select
import sys
from pathlib import Path

import pytest

from offline.values import UNKNOWN
from tests.offline.projects import Written, clean, errors, ev, write

EVERYTHING = """
import asyncio
import pulumi_aws as aws

def tag(args):
    return pulumi.ResourceTransformResult({**args.props, "tag": "x"}, args.opts)

config = pulumi.Config()
def tag_ours(args):
    return tag(args) if args.custom and "demo" in args.type_ else None

pulumi.runtime.register_stack_transform(tag_ours)
east = DemoProvider("east", {"region": "east", "token": pulumi.Output.secret("hunter2")})
group = Group("group", ResourceOptions(providers=[east], protect=True, aliases=[pulumi.Alias(name="team")]))
first = Thing("first", {"size": config.get_int("size") or 1, "file": pulumi.FileAsset("__main__.py")},
              ResourceOptions(parent=group))
Thing("second", {"target": first.arn, "both": pulumi.Output.concat(first.arn, first.id)},
      ResourceOptions(depends_on=[group]))
Thing("found", opts=ResourceOptions(id="i-1"))
key = aws.kms.Key("key", enable_key_rotation=True)
policy = aws.iam.get_policy_document_output(statements=[{"actions": ["a:b"], "resources": ["*"]}])
aws.iam.Policy("policy", policy=policy.json)
pulumi.runtime.invoke_output("demo:index:lookup", {"name": "x"})
pulumi.StackReference("organization/other/dev").get_output("x")
pulumi.log.warn("careful", first)
print("hello")

async def later():
    await asyncio.sleep(0)
    return "late"

pulumi.export("late", pulumi.Output.from_input(later()))
pulumi.export("region", aws.get_region().region)
pulumi.export("secret", pulumi.Output.secret("hunter2"))
pulumi.export("arn", key.arn)
"""
STACK = "config:\n  aws:region: ap-southeast-1\n  demo:size: {}"


def document(ran: object) -> str:
    """A document as text, so that a difference in order shows."""
    return json.dumps(ran)


def test_all_modes_give_the_same_document(tmp_path: Path) -> None:
    written = write(tmp_path, EVERYTHING, stack=STACK.format(3))
    here = clean(written.preview()).document()
    forked = ev("dev", "--json", cwd=tmp_path)
    isolated = ev("dev", "--json", "--isolated", cwd=tmp_path)
    assert (forked.code, isolated.code) == (0, 0), (forked, isolated)
    assert forked.document["changeSummary"] == {"create": 10, "read": 2}
    assert document(forked.document) == document(isolated.document) == document(here)
    assert "hunter2" not in forked.out + forked.err


def sixteen(folder: Path) -> Written:
    """A project with sixteen stacks that differ."""
    written = write(folder, EVERYTHING, stack=STACK.format(0))
    (folder / "Pulumi.dev.yaml").unlink()
    for number in range(16):
        written.stack(f"s{number:02}", STACK.format(number))
    return written


def test_sixteen_stacks_in_parallel_give_the_same_bytes_as_one_at_a_time(tmp_path: Path) -> None:
    sixteen(tmp_path)
    parallel = ev("--all", "--json", "--jobs", "16", cwd=tmp_path)
    single = ev("--all", "--json", "--jobs", "1", cwd=tmp_path)
    alone = ev("s07", "--json", cwd=tmp_path)
    assert (parallel.code, single.code, alone.code) == (0, 0, 0), parallel.err
    assert parallel.out == single.out
    assert list(parallel.document) == [f"s{number:02}" for number in range(16)]
    assert document(parallel.document["s07"]) == document(alone.document)
    sizes = [
        step["newState"]["inputs"]["size"]
        for stack in parallel.document.values()
        for step in stack["steps"]
        if step["urn"].endswith("::first")
    ]
    assert sizes == [number or 1 for number in range(16)]


def test_a_stack_gets_the_outputs_of_another_stack_of_the_project(tmp_path: Path) -> None:
    written = write(
        tmp_path,
        """
        if pulumi.get_stack() == "hub":
            pulumi.export("zone", "example.com")
            pulumi.export("password", pulumi.Output.secret("hunter2"))
        else:
            hub = pulumi.StackReference(f"organization/{pulumi.get_project()}/hub")
            pulumi.export("zone", hub.require_output("zone"))
            pulumi.export("password", hub.require_output("password"))
        """,
    )
    written.stack("hub")
    for stacks in (["dev"], ["dev", "hub"], ["hub", "dev"]):
        ran = ev(*stacks, "--json", "--jobs", "1", cwd=tmp_path)
        assert ran.code == 0, ran.err
        dev = ran.document["dev"] if len(stacks) > 1 else ran.document
        (outputs,) = [s["newState"]["outputs"] for s in dev["steps"] if s["urn"].endswith("::demo-dev")]
        assert outputs == {"zone": "example.com", "password": "[secret]"}
        assert list(ran.document) == stacks if len(stacks) > 1 else "steps" in ran.document


def test_stacks_that_read_each_other_end_with_unknown_outputs(tmp_path: Path) -> None:
    written = write(
        tmp_path,
        """
        other = {"dev": "prod", "prod": "dev"}[pulumi.get_stack()]
        pulumi.export("x", pulumi.StackReference(other).get_output("x"))
        """,
    )
    written.stack("prod")
    ran = ev("--all", "--json", cwd=tmp_path)
    assert ran.code == 0, ran.err
    for name in ("dev", "prod"):
        steps = ran.document[name]["steps"]
        (outputs,) = [s["newState"]["outputs"] for s in steps if s["urn"].endswith(f"::demo-{name}")]
        assert outputs == {"x": UNKNOWN}


def test_a_stack_whose_hub_fails_goes_on_without_it(tmp_path: Path) -> None:
    written = write(
        tmp_path,
        """
        if pulumi.get_stack() == "hub":
            raise ValueError("broken hub")
        pulumi.export("x", pulumi.StackReference("hub").get_output("x"))
        """,
    )
    written.stack("hub")
    ran = ev("--all", "--json", cwd=tmp_path)
    assert ran.code == 1
    assert not ran.document["dev"]["diagnostics"]
    assert "broken hub" in ran.document["hub"]["diagnostics"][0]["message"]


@pytest.mark.parametrize("mode", [[], ["--isolated"]], ids=["forked", "isolated"])
def test_a_future_that_never_resolves_ends_with_a_clear_error(tmp_path: Path, mode: list[str]) -> None:
    write(
        tmp_path,
        """
        import asyncio
        Thing("stuck", {"never": pulumi.Output.from_input(asyncio.Future())})
        """,
    )
    ran = ev("dev", "--timeout", "0.5", *mode, cwd=tmp_path)
    assert ran.code == 1
    assert "did not end within 0.5 s" in ran.out
    assert "demo:index:Thing 'stuck'" in ran.out


@pytest.mark.parametrize("mode", [[], ["--isolated"]], ids=["forked", "isolated"])
@pytest.mark.parametrize("program", ["while True: pass", "import os; os._exit(7)", "import os; os.abort()"])
def test_a_program_that_blocks_or_dies_ends_with_a_clear_error(
    tmp_path: Path, mode: list[str], program: str
) -> None:
    write(tmp_path, f"print('before', flush=True)\n{program}", prelude="")
    ran = ev("dev", "--timeout", "0.2", *mode, cwd=tmp_path)
    assert ran.code == 1
    assert "error:" in ran.out
    assert "before" in ran.out
    if "while" in program:
        assert "did not end within 0.2 s; it is still at __main__.py:2" in ran.out


def test_what_a_program_starts_ends_with_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        """
        import subprocess, sys
        with open("pipe", "wb") as pipe:
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], stdout=pipe)
        """,
    )
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert ev("dev", cwd=tmp_path).code == 0
        # The end of the pipe comes when nobody holds its other side any more.
        assert select.select([reader], [], [], 10)[0]
        assert os.read(reader, 1) == b""
    finally:
        os.close(reader)


def test_isolated_mode_uses_the_projects_virtualenv_or_the_one_given(tmp_path: Path) -> None:
    write(tmp_path / "p", "import sys\npulumi.export('python', sys.executable)", project="")
    venv = tmp_path / "p/venv/bin"
    venv.mkdir(parents=True)
    (venv / "python").write_text(f'#!/bin/sh\necho started by the wrapper\nexec {sys.executable} "$@"\n')
    (venv / "python").chmod(0o755)
    yaml = tmp_path / "p/Pulumi.yaml"
    yaml.write_text("name: demo\nruntime: {name: python, options: {virtualenv: venv}}")
    assert "started by the wrapper" in ev("dev", "--isolated", cwd=yaml.parent).out
    assert "started by the wrapper" not in ev("dev", cwd=yaml.parent).out
    yaml.write_text("name: demo\nruntime: python")
    assert "started by the wrapper" in ev("dev", "--python", venv / "python", cwd=yaml.parent).out


def test_a_caught_end_of_time_does_not_save_a_program(tmp_path: Path) -> None:
    result = write(
        tmp_path,
        """
        import asyncio
        from pulumi.runtime.sync_await import _sync_await
        try:
            _sync_await(asyncio.get_event_loop().create_future())
        except BaseException:
            pass
        pulumi.export("x", pulumi.Output.from_input(asyncio.get_event_loop().create_future()))
        """,
    ).preview(timeout=0.2)
    assert "did not end within 0.2 s" in errors(result)
