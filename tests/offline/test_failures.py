"""Programs that fail: the preview ends, and says what was wrong."""

import os
import sys
from pathlib import Path

import pytest

from offline.values import MASKED, UNKNOWN, mask
from tests.offline.projects import clean, errors, named, write


def test_an_exception_shows_the_programs_own_lines(tmp_path: Path) -> None:
    result = write(
        tmp_path,
        """
        from helper import fail
        Thing("before")
        fail()
        """,
        files={"helper.py": "def fail():\n    raise ValueError('no such market: xx')\n"},
    ).preview()
    assert "ValueError: no such market: xx" in errors(result)
    assert 'File "helper.py", line 2' in errors(result)
    assert 'File "__main__.py"' in errors(result)
    assert "offline" not in errors(result)
    assert named(result, "before")  # what was registered is still shown


def test_an_exception_in_apply_fails_the_preview(tmp_path: Path) -> None:
    result = write(
        tmp_path,
        """
        def broken(urn):
            raise ValueError("not in apply")

        Thing("thing").urn.apply(broken)
        """,
    ).preview()
    assert "ValueError: not in apply" in errors(result)


def test_an_exception_in_an_input_names_the_resource(tmp_path: Path) -> None:
    result = write(tmp_path, 'Thing("thing", {"bad": object()})').preview()
    assert "thing" in errors(result)


@pytest.mark.parametrize("statement", ["sys.exit(3)", "sys.exit('stop')", "raise SystemExit(3)"])
def test_sys_exit_with_a_code_fails_the_preview(tmp_path: Path, statement: str) -> None:
    result = write(tmp_path, f"import sys\nThing('thing')\n{statement}").preview()
    assert "sys.exit" in errors(result)


@pytest.mark.parametrize("statement", ["sys.exit()", "sys.exit(0)"])
def test_sys_exit_without_one_does_not(tmp_path: Path, statement: str) -> None:
    result = clean(write(tmp_path, f"import sys\nThing('thing')\n{statement}").preview())
    assert named(result, "thing")


def test_a_run_error_is_shown_without_a_traceback(tmp_path: Path) -> None:
    result = write(tmp_path, "raise pulumi.RunError('set the market first')").preview()
    assert errors(result) == "set the market first"


def test_a_syntax_error_and_a_missing_module_are_named(tmp_path: Path) -> None:
    assert "SyntaxError" in errors(write(tmp_path / "a", "x = = 1").preview())
    assert "no_such_module" in errors(write(tmp_path / "b", "import no_such_module").preview())


def test_a_logged_error_fails_the_preview_and_a_warning_does_not(tmp_path: Path) -> None:
    assert write(tmp_path / "a", "pulumi.log.error('bad')").preview().failed
    warned = write(tmp_path / "b", "pulumi.log.warn('odd'); pulumi.log.debug('x')").preview()
    assert not warned.failed
    assert [d.message for d in warned.graph.diagnostics] == ["odd"]


def test_messages_come_in_one_order_whenever_their_resources_do(tmp_path: Path) -> None:
    program = """
        last = Thing("z")
        first = Thing("a", opts=ResourceOptions(depends_on=[last]))
        for resource in (first, last):
            pulumi.log.warn("careful", resource)
        """
    result = clean(write(tmp_path, program).preview())
    assert [d.urn.rpartition("::")[2] for d in result.graph.diagnostics] == ["a", "z"]


def test_what_the_program_prints_is_information(tmp_path: Path) -> None:
    result = clean(write(tmp_path, "print('hello')").preview())
    assert [(d.severity, d.message) for d in result.graph.diagnostics] == [("info", "hello")]


@pytest.mark.parametrize(
    "program",
    [
        """
        import asyncio
        Thing("stuck", {"never": pulumi.Output.from_input(asyncio.Future())})
        """,
        """
        import asyncio
        async def forever():
            await asyncio.Event().wait()
        never = pulumi.Output.from_input(forever()).apply(lambda x: [x])
        Thing("stuck", opts=ResourceOptions(depends_on=never))
        """,
    ],
    ids=["a future", "a coroutine"],
)
def test_a_value_that_never_comes_ends_with_the_resource_that_waits_for_it(
    tmp_path: Path, program: str
) -> None:
    result = write(tmp_path, program).preview(timeout=0.3)
    assert "did not end within 0.3 s" in errors(result)
    assert "demo:index:Thing 'stuck'" in errors(result)
    assert "--timeout" in errors(result)


def test_an_export_that_never_comes_ends_too(tmp_path: Path) -> None:
    program = "import asyncio\npulumi.export('x', pulumi.Output.from_input(asyncio.Future()))"
    assert "never resolves" in errors(write(tmp_path, program).preview(timeout=0.3))


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    written = write(tmp_path, "")
    (tmp_path / "__main__.py").unlink()
    assert "__main__.py does not exist" in errors(written.preview())


def test_a_program_leaves_no_trace_for_the_next_one(tmp_path: Path) -> None:
    before = (list(sys.path), list(sys.argv), Path.cwd(), set(sys.modules))
    program = """
        import helper
        import sys
        sys.argv.append("x")
        sys.path.append("x")
        pulumi.export("value", helper.VALUE)
        pulumi.export("cwd", __import__("os").getcwd())
        """
    for value in (1, 2):
        folder = tmp_path / str(value)
        result = clean(write(folder, program, files={"helper.py": f"VALUE = {value}"}).preview())
        assert result.graph.exports == {"value": value, "cwd": os.fspath(folder)}
    assert (list(sys.path), list(sys.argv), Path.cwd()) == before[:3]
    assert "helper" not in sys.modules


def test_a_reference_to_another_stack_is_known_only_when_its_outputs_are(tmp_path: Path) -> None:
    program = """
        other = pulumi.StackReference("organization/network/prod")
        pulumi.export("vpc", other.get_output("vpc"))
        pulumi.export("password", other.require_output("password"))
        pulumi.export("absent", other.get_output("absent"))
        """
    blind = clean(write(tmp_path / "a", program).preview())
    assert blind.graph.exports == {"vpc": UNKNOWN, "password": UNKNOWN, "absent": UNKNOWN}
    assert any("organization/network/prod" in assumed for assumed in blind.graph.assumptions)
    answers = tmp_path / "answers.yaml"
    answers.write_text("stacks: {organization/network/prod: {vpc: vpc-1, password: {secret: hunter2}}}")
    seen = clean(write(tmp_path / "b", program).preview(answers=answers))
    assert mask(seen.graph.exports) == {"vpc": "vpc-1", "password": MASKED}
    assert named(seen, "organization/network/prod").op == "read"
    assert "hunter2" not in str(seen.document())
