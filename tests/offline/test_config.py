"""Project files, stack files and the configuration that a program gets."""

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from hypothesis import given, strategies as st

from offline.config import Project, load_config
from offline.errors import UsageError
from tests.offline.projects import clean, write

# Made by Pulumi itself (its own test data); the passphrase is "password".
PULUMI_SALT = "v1:fozI5u6B030=:v1:F+6ZduKKd8G0/V7L:PGMFeIzwobWRKmEAzUdaQHqC5mMRIQ=="


def values(folder: Path, stack: str, project: str = "", **overrides: str) -> dict[str, str]:
    """The configuration of a stack `dev`."""
    written = write(folder, "", stack=stack, project=project)
    return dict(load_config(written.project, "dev", overrides).values)


def test_values_reach_the_program_as_the_cli_writes_them(tmp_path: Path) -> None:
    result = clean(
        write(
            tmp_path,
            """
            config = pulumi.Config()
            pulumi.export("text", config.require("text"))
            pulumi.export("number", config.require_int("number"))
            pulumi.export("ratio", config.require_float("ratio"))
            pulumi.export("flag", config.require_bool("flag"))
            pulumi.export("list", config.require_object("list"))
            pulumi.export("map", config.require_object("map"))
            pulumi.export("other", pulumi.Config("aws").require("region"))
            pulumi.export("names", [pulumi.get_stack(), pulumi.get_project(), pulumi.get_organization()])
            """,
            stack="""
            config:
              demo:text: "yes"
              demo:number: 42
              demo:ratio: 0.5
              demo:flag: true
              demo:list: [a, 1, {b: c}]
              demo:map: {a: {b: [1]}}
              aws:region: ap-southeast-1
            """,
        ).preview(organization="blue")
    )
    assert result.graph.exports == {
        "text": "yes",
        "number": 42,
        "ratio": 0.5,
        "flag": True,
        "list": ["a", 1, {"b": "c"}],
        "map": {"a": {"b": [1]}},
        "other": "ap-southeast-1",
        "names": ["dev", "demo", "blue"],
    }


def test_yaml_is_read_as_the_cli_reads_it(tmp_path: Path) -> None:
    text = "config:\n  demo:a: yes\n  demo:b: on\n  demo:c: 2024-01-31\n  demo:d: 12:30\n  demo:e: 1e3\n"
    assert values(tmp_path, text) == {
        "demo:a": "yes",
        "demo:b": "on",
        "demo:c": "2024-01-31",
        "demo:d": "12:30",
        "demo:e": "1000.0",
    }


def test_a_number_with_a_leading_zero_must_be_quoted(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="012345670123"):
        values(tmp_path, "config:\n  demo:account: 012345670123")
    assert values(tmp_path, 'config:\n  demo:account: "012345670123"') == {"demo:account": "012345670123"}


def test_the_projects_schema_gives_defaults_and_values(tmp_path: Path) -> None:
    project = """
    config:
      size: {type: integer, default: 3}
      short: text
      aws:region: eu-west-1
      aws:profile: {value: demo}
      list: {type: array, items: {type: string}, default: [a]}
    """
    assert values(tmp_path, "config:\n  demo:size: 5", project) == {
        "demo:size": "5",
        "demo:short": "text",
        "aws:region": "eu-west-1",
        "aws:profile": "demo",
        "demo:list": '["a"]',
    }


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("integer", "many"),
        ("integer", "1.5"),
        ("integer", "true"),
        ("boolean", "1"),
        ("array", "{a: 1}"),
        ("object", "[a]"),
        ("string", "[a]"),
        ("array, items: {type: integer}", "[1, two]"),
    ],
)
def test_a_value_of_the_wrong_type_is_named_with_its_key_and_type(
    tmp_path: Path, type_: str, value: str
) -> None:
    with pytest.raises(UsageError, match=r"demo:size.*must be of type"):
        values(tmp_path, f"config:\n  demo:size: {value}", f"config:\n  size: {{type: {type_}}}")


def test_a_value_without_which_the_program_cannot_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"missing configuration value 'demo:size' \(how many\)"):
        values(tmp_path, "", "config:\n  size: {type: integer, description: how many}")


def test_config_on_the_command_line_wins_and_is_checked_too(tmp_path: Path) -> None:
    schema = "config:\n  size: {type: integer, default: 3}"
    assert values(tmp_path, "config:\n  demo:size: 5", schema, size="7") == {"demo:size": "7"}
    with pytest.raises(UsageError, match="many"):
        values(tmp_path, "", schema, size="many")


def encrypted(text: str) -> str:
    """Encrypt as `pulumi config set --secret` does, with the key of PULUMI_SALT."""
    nonce = b"123456789012"
    salt = base64.b64decode(PULUMI_SALT.split(":")[1])
    key = PBKDF2HMAC(SHA256(), 32, salt, 1_000_000).derive(b"password")
    sealed = AESGCM(key).encrypt(nonce, text.encode(), None)
    return f"v1:{base64.b64encode(nonce).decode()}:{base64.b64encode(sealed).decode()}"


def secret_stack(password: str) -> str:
    """A stack file with one plain secret and one inside an object."""
    return f"""
encryptionsalt: {PULUMI_SALT}
config:
  demo:plain: {{secure: "{password}"}}
  demo:nested: {{user: admin, keys: [{{secure: "{password}"}}]}}
"""


def test_secrets_are_decrypted_with_the_passphrase_and_stay_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "password")
    written = write(
        tmp_path,
        """
        config = pulumi.Config()
        pulumi.export("plain", config.require_secret("plain"))
        pulumi.export("keys", config.require_secret_object("nested").apply(lambda value: value["keys"][0]))
        Thing("thing", {"password": config.require_secret("plain")})
        """,
        stack=secret_stack(encrypted("hunter2")),
    )
    config = load_config(written.project, "dev")
    assert config.values["demo:plain"] == "hunter2"
    assert json.loads(config.values["demo:nested"]) == {"user": "admin", "keys": ["hunter2"]}
    assert config.secret_keys == {"demo:plain", "demo:nested"}
    document = clean(written.preview()).document()
    assert "hunter2" not in json.dumps(document)
    assert document["config"] == {"demo:plain": "[secret]", "demo:nested": "[secret]"}


def test_the_passphrase_can_be_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    (tmp_path / "phrase").write_text("password\n")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", str(tmp_path / "phrase"))
    written = write(tmp_path / "p", "", stack=secret_stack(encrypted("hunter2")))
    assert load_config(written.project, "dev").values["demo:plain"] == "hunter2"


@pytest.mark.parametrize(
    ("stack", "passphrase", "reason"),
    [
        (secret_stack("v1:AAAA:AAAA"), None, "PULUMI_CONFIG_PASSPHRASE"),
        (secret_stack("v1:AAAA:AAAA"), "wrong", "is not the one"),
        (secret_stack("v1:AAAA:AAAA"), "password", "damaged"),
        (secret_stack("v1:AAAA:AAAA").replace("v1:fozI", "v9:fozI"), "password", "encryptionsalt"),
        ("config:\n  demo:plain: {secure: AAAA}", "password", "Pulumi Cloud"),
        ("secretsprovider: awskms://alias/x\n" + secret_stack("AAAA"), "password", "awskms"),
        ("environment: [shared]", "password", "ESC"),
    ],
)
def test_a_secret_that_cannot_be_read_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stack: str, passphrase: str | None, reason: str
) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE_FILE", raising=False)
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    if passphrase is not None:
        monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", passphrase)
    with pytest.raises(UsageError, match=reason):
        values(tmp_path, stack)


def test_stand_ins_take_the_place_of_what_needs_a_network_and_are_noted(tmp_path: Path) -> None:
    written = write(
        tmp_path,
        'pulumi.export("length", pulumi.Config().require_secret("plain").apply(len))',
        stack="secretsprovider: gcpkms://x\nenvironment: [shared]\nconfig:\n  demo:plain: {secure: AAAA}",
    )
    result = clean(written.preview(substitute=True))
    assert len(result.notes) == 2
    assert "demo:plain" in " ".join(result.notes)


@pytest.mark.parametrize(
    ("project", "reason"),
    [
        ("name: demo\nruntime: nodejs", "nodejs"),
        ("runtime: python", "name"),
        ("[]", "mapping"),
        ("a: [", "YAML"),
    ],
)
def test_a_project_that_cannot_be_previewed_is_refused(tmp_path: Path, project: str, reason: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(project)
    with pytest.raises(UsageError, match=reason):
        Project.find(tmp_path)


def test_a_stack_without_a_file_is_refused_with_the_names_of_the_others(tmp_path: Path) -> None:
    written = write(tmp_path, "")
    written.stack("prod")
    with pytest.raises(UsageError, match="dev, prod"):
        load_config(written.project, "staging")


def test_a_project_is_found_from_a_folder_below_and_main_says_where_the_program_is(tmp_path: Path) -> None:
    written = write(tmp_path, "", project="main: src\nstackConfigDir: stacks")
    (tmp_path / "src/deep").mkdir(parents=True)
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks/Pulumi.prod.yaml").write_text("config: {a: 1}")
    project = Project.find(tmp_path / "src/deep")
    assert project.root == written.folder
    assert project.program_directory == tmp_path / "src"
    assert project.stacks() == ["prod"]
    assert load_config(project, "prod").values == {"demo:a": "1"}


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}", fullmatch=True),
        st.text(st.characters(codec="utf-8", max_codepoint=0xFFFF)),
    )
)
def test_any_text_survives_the_way_through_a_stack_file(
    tmp_path_factory: pytest.TempPathFactory, texts: dict[str, str]
) -> None:
    folder = tmp_path_factory.mktemp("p")
    stack = json.dumps({"config": {f"demo:{key}": text for key, text in texts.items()}})
    written = write(folder, "")
    (folder / "Pulumi.dev.yaml").write_text(stack, encoding="utf-8")
    assert load_config(written.project, "dev").values == {f"demo:{k}": text for k, text in texts.items()}
