"""`ev preview` and `ev urns` as a user and a CI job see them."""

import subprocess
import sys
from pathlib import Path

import pytest

from cli.main import main
from tests.offline.projects import ev, write


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nosuch"],
        ["dev", "--all"],
        ["dev", "--config", "novalue"],
        ["dev", "--config", "=x"],
        ["dev", "--answers", "nosuch.yaml"],
        ["dev", "--policy-pack", "nosuch"],
        ["dev", "--timeout", "0"],
        ["dev", "--timeout", "soon"],
        ["dev", "--jobs", "0"],
        ["dev", "--nosuch"],
    ],
    ids=" ".join,
)
def test_bad_usage_is_exit_code_2_and_a_line_on_stderr(
    tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "raise AssertionError('must not run')")
    try:
        code = main(["preview", *arguments, "--cwd", str(tmp_path)])
    except SystemExit as error:  # so argparse ends
        code = int(error.code or 0)
    printed = capsys.readouterr()
    assert code == 2
    assert printed.out == ""
    assert printed.err


def test_no_project_is_bad_usage(tmp_path: Path) -> None:
    ran = ev("dev", cwd=tmp_path)
    assert ran.code == 2
    assert "Pulumi.yaml" in ran.err


def test_a_program_error_is_exit_code_1_and_is_in_both_outputs(tmp_path: Path) -> None:
    write(tmp_path, "raise ValueError('no such market')")
    text, document = ev("dev", cwd=tmp_path), ev("dev", "--json", cwd=tmp_path)
    assert (text.code, document.code) == (1, 1)
    assert "no such market" in text.out
    assert "no such market" in document.document["diagnostics"][0]["message"]


def test_the_text_shows_components_counts_exports_and_what_cannot_be_known(tmp_path: Path) -> None:
    write(
        tmp_path,
        """
        import pulumi_awsx as awsx
        outer = Group("outer")
        inner = Group("inner", ResourceOptions(parent=outer))
        for number in range(3):
            Thing(f"thing-{number}", opts=ResourceOptions(parent=inner))
        awsx.ec2.Vpc("vpc")
        pulumi.export("name", pulumi.Config().require("name"))
        pulumi.export("password", pulumi.Output.secret("hunter2"))
        pulumi.export("arn", Thing("free").arn)
        pulumi.runtime.invoke("demo:index:lookup", {})
        """,
    )
    ran = ev("dev", "--config", "name=Ada", cwd=tmp_path)
    assert ran.code == 0, ran.out
    lines = [line.strip() for line in ran.out.splitlines()]
    assert "demo:index:Group outer  (4 resources)" in lines
    assert "demo:index:Group inner  (3 resources)" in lines
    assert "demo:index:Thing x3  thing-0, thing-1, thing-2" in lines
    assert "name: Ada" in lines
    assert "password: [secret]" in lines
    assert "arn: known after the update" in lines
    assert any("awsx:ec2:Vpc vpc" in line and "remote" in line for line in lines)
    assert any("demo:index:lookup" in line for line in lines)
    assert any("existing state" in line for line in lines)
    assert "\x1b" not in ran.out  # plain when not a terminal
    assert ran.err == ""


def test_what_the_program_prints_does_not_spoil_the_json(tmp_path: Path) -> None:
    write(tmp_path, "import os\nprint('hello')\nos.system('echo from below')")
    for mode in ([], ["--isolated"]):
        ran = ev("dev", "--json", *mode, cwd=tmp_path)
        message = ran.document["diagnostics"][0]["message"]
        assert "hello" in message
        assert "from below" in message
        assert ran.err == ""


def test_a_failing_stack_among_several_fails_the_command_but_not_the_others(tmp_path: Path) -> None:
    written = write(tmp_path, "if pulumi.get_stack() == 'bad': raise ValueError('no')")
    written.stack("bad")
    ran = ev("--all", "--json", cwd=tmp_path)
    assert ran.code == 1
    assert ran.document["dev"]["diagnostics"] == []
    assert ran.document["bad"]["diagnostics"]


def test_a_reader_that_has_seen_enough_ends_the_command_without_a_traceback(tmp_path: Path) -> None:
    write(tmp_path, "import pulumi\nfor i in range(20_000):\n    pulumi.export(f'output{i}', 'x' * 20)\n")
    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "cli", "preview", "dev", "--cwd", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1


def test_urns_are_checked_written_refused_and_accepted_with_an_exit_code_for_each(tmp_path: Path) -> None:
    check, write_ = ("urns", "check"), ("urns", "write")
    write(tmp_path, 'Thing("a")\nThing("b")').stack("prod")
    file = tmp_path / "urns/dev.urns"

    first = ev("--all", cwd=tmp_path, command=check)
    assert (first.code, file.exists()) == (3, False)
    assert "ev urns write dev" in first.out
    assert "\x1b" not in first.out  # plain when not a terminal
    assert ev("--all", cwd=tmp_path, command=write_).code == 0

    before = file.read_text()
    write(tmp_path, 'Thing("a")\nThing("c")\nThing("d")')
    refused = ev("dev", "--json", cwd=tmp_path, command=write_)
    assert (refused.code, file.read_text()) == (1, before)
    (gone,) = refused.document["gone"]
    assert gone["urn"].endswith("Thing::b")
    assert gone["likely"]["options"] == 'pulumi.ResourceOptions(aliases=[pulumi.Alias(name="b")])'
    assert ev("dev", "--accept-deletion", "*::b", cwd=tmp_path, command=write_).code == 0
    lines = [line.partition("\t")[0] for line in file.read_text().splitlines()[1:]]
    assert [line.rpartition("::")[2] for line in lines] == ["a", "c", "d"]

    mixed = ev("--all", "--json", cwd=tmp_path, command=check)
    assert mixed.code == 1
    assert {stack: each["status"] for stack, each in mixed.document.items()} == {
        "dev": "ok",
        "prod": "refused",
    }
    assert ev("prod", "--accept-deletions", cwd=tmp_path, command=write_).code == 0


def test_a_program_that_fails_leaves_its_list_alone(tmp_path: Path) -> None:
    urn = "urn:pulumi:dev::demo::demo:index:Thing::a"
    write(tmp_path, 'Thing("b")\nraise ValueError("no such market")', files={"urns/dev.urns": f"{urn}\n"})
    ran = ev("dev", "--accept-deletions", cwd=tmp_path, command=("urns", "write"))
    assert ran.code == 1
    assert "no such market" in ran.out
    assert (tmp_path / "urns/dev.urns").read_text() == f"{urn}\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["urns"], "verb"),
        (["urns", "check"], "--all"),
        (["urns", "check", "nosuch"], "'nosuch'"),
        (["urns", "check", "dev", "--accept-deletions"], "--accept-deletions"),
        (["urns", "write", "dev"], "line 1"),
        (["urns", "check", "--all"], "urns/gone.urns"),
    ],
    ids=" ".join,
)
def test_bad_usage_of_the_rename_guard_is_exit_code_2_and_runs_nothing(
    tmp_path: Path, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"urns/dev.urns": "rubbish\n", "urns/gone.urns": ""}
    write(tmp_path, "raise AssertionError('must not run')", files=files)
    try:
        code = main([*arguments, *(["--cwd", str(tmp_path)] if len(arguments) > 1 else [])])
    except SystemExit as error:  # so argparse ends
        code = int(error.code or 0)
    printed = capsys.readouterr()
    assert (code, printed.out) == (2, "")
    assert says in printed.err
