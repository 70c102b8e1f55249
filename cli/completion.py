"""`ev completion`: what a shell needs to complete `ev`, made from the parser itself."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from string import Template
from typing import Final

from cli.command import CLEAN, Commands, add_command

SHELLS: Final = ("bash", "zsh", "fish")


@dataclass(frozen=True)
class Word:
    """A command or an option that can stand at a place."""

    text: str
    help: str


@dataclass(frozen=True)
class Place:
    """A command, as the words after `ev`, and what can follow it. `stacks`: names of stacks can."""

    path: tuple[str, ...]
    words: tuple[Word, ...]
    stacks: bool


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "completion",
        _completion,
        "print what a shell needs to complete ev",
        'source <(ev completion bash)\nev completion zsh > "${fpath[1]}/_ev"\n'
        "ev completion fish > ~/.config/fish/completions/ev.fish",
        "Print a completion script. Stacks are completed from the Pulumi.<stack>.yaml of the folder.",
    )
    parser.add_argument("shell", choices=SHELLS, help="the shell")


def places(parser: argparse.ArgumentParser, path: tuple[str, ...] = ()) -> Iterator[Place]:
    """Yield every place of a command line."""
    words: list[Word] = []
    deeper: list[tuple[str, argparse.ArgumentParser]] = []
    stacks = False
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            told = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, below in action.choices.items():
                words.append(Word(name, told.get(name, "")))
                deeper.append((name, below))
        elif action.option_strings:
            words += [Word(option, action.help or "") for option in action.option_strings if option != "-h"]
        elif action.choices:
            words += [Word(str(choice), action.help or "") for choice in action.choices]
        else:
            stacks = stacks or action.dest in ("stack", "stacks")
    yield Place(path, tuple(words), stacks)
    for name, below in deeper:
        yield from places(below, (*path, name))


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """Return the completion script of a shell."""
    all_places = list(places(parser))
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](all_places)


def _completion(options: argparse.Namespace) -> int:
    from cli.main import build_parser

    print(script(build_parser(), options.shell), end="")
    return CLEAN


_STACKS: Final = "$(ls Pulumi.*.yaml 2>/dev/null | sed 's/^Pulumi\\.//; s/\\.yaml$//')"

_BASH: Final = Template("""\
# bash completion of ev; written by `ev completion bash`
_ev() {
  local current="$${COMP_WORDS[COMP_CWORD]}" path="" word words=""
  for word in "$${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$$path $$word" in
$paths
    esac
  done
  case "$$path" in
$places
  esac
  COMPREPLY=($$(compgen -W "$$words" -- "$$current"))
  [[ $${#COMPREPLY[@]} -gt 0 ]] || COMPREPLY=($$(compgen -f -- "$$current"))
}
complete -F _ev ev
""")

_ZSH: Final = Template("""\
#compdef ev
# zsh completion of ev; written by `ev completion zsh`
_ev() {
  local place="" word
  local -a found
  for word in "$${(@)words[2,CURRENT-1]}"; do
    case "$$place $$word" in
$paths
    esac
  done
  case "$$place" in
$places
  esac
  _describe 'ev' found || _files
}
if [[ "$$funcstack[1]" = _ev ]]; then _ev "$$@"; else compdef _ev ev; fi
""")


def _bash(all_places: list[Place]) -> str:
    cases = []
    for place in all_places:
        words = " ".join(word.text for word in place.words) + (f" {_STACKS}" if place.stacks else "")
        cases.append(f'    "{_key(place.path)}") words="{words}" ;;')
    return _BASH.substitute(paths=_paths(all_places, "path"), places="\n".join(cases))


def _zsh(all_places: list[Place]) -> str:
    cases = []
    for place in all_places:
        words = " ".join(_quoted(f"{_escaped(word.text)}:{word.help}") for word in place.words)
        stacks = f' ${{(f)"{_STACKS}"}}' if place.stacks else ""
        cases.append(f'    "{_key(place.path)}") found=({words}{stacks}) ;;')
    return _ZSH.substitute(paths=_paths(all_places, "place"), places="\n".join(cases))


def _fish(all_places: list[Place]) -> str:
    lines = ["# fish completion of ev; written by `ev completion fish`", "complete -c ev -f"]
    for place in all_places:
        below = [word.text for word in place.words if not word.text.startswith("-")]
        seen = " and ".join(f"__fish_seen_subcommand_from {part}" for part in place.path)
        none = f"not __fish_seen_subcommand_from {' '.join(below)}" if below else ""
        condition = "; and ".join(part for part in (seen.replace(" and ", "; and "), none) if part)
        when = f" -n {_quoted(condition)}" if condition else ""
        for word in place.words:
            flag = (
                f"-l {word.text[2:]}"
                if word.text.startswith("--")
                else f"-s {word.text[1:]}"
                if word.text.startswith("-")
                else f"-a {word.text}"
            )
            lines.append(f"complete -c ev{when} {flag} -d {_quoted(word.help)}")
        if place.stacks:
            names = '(string replace -r "^Pulumi\\.(.*)\\.yaml\\$" "\\$1" Pulumi.*.yaml)'
            lines.append(f"complete -c ev{when} -a {_quoted(names)}")
    return "\n".join(lines) + "\n"


def _paths(all_places: list[Place], variable: str) -> str:
    """Cases that walk from command to command; other words, such as values, lead nowhere."""
    return "\n".join(
        f'      "{_key(place.path[:-1])} {place.path[-1]}") {variable}="{_key(place.path)}" ;;'
        for place in all_places
        if place.path
    )


def _key(path: tuple[str, ...]) -> str:
    return " ".join(path)


def _escaped(text: str) -> str:
    return text.replace(":", "\\:")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
