#!/usr/bin/env python3
"""Writes shell completion for a program from what its --help says, so that the two cannot differ.

  packaging/completion.py PROGRAM bash|zsh|fish [OUTPUT]

Of a program with subcommands each is asked for its own help. Options that take one of a fixed set of values complete
these; others complete files.
"""
import pathlib
import re
import subprocess
import sys

OPTION = re.compile(r"^  (-[^\s]*)(?:\s(\S.*?))?(?:\s{2,}(.*))?$")


class Option:
    def __init__(self, names, kind, text):
        self.names = names
        self.takes_value = kind is not None
        # "TEXT:{note,warning,error}=error", "ENUM:value in {cpu->0,memory->1} OR {0,1}".
        choices = re.search(r"\{([^}]*)\}", kind or "")
        self.choices = [c.split("->")[0] for c in choices.group(1).split(",")] if choices else []
        self.text = text


def help_of(program, *verb):
    return subprocess.run([program, *verb, "--help"], capture_output=True, text=True, check=True).stdout


def options_in(text):
    options = []
    for line in text.split("\n"):
        found = OPTION.match(line)
        if found:
            names, kind, words = found.groups()
            # A flag's text follows its names at once; a value's kind is in capitals.
            if kind and not re.match(r"[A-Z]+\b", kind):
                kind, words = None, kind
            options.append(Option(names.split(","), kind, (words or "").strip()))
        elif options and line.startswith(" " * 30) and not options[-1].text:
            options[-1].text = line.strip()
    return options


def verbs_in(text):
    below = text.partition("\nSubcommands:\n")[2].partition("\n\n")[0]
    return dict(re.findall(r"^  (\S+)\s+(.*)$", below, re.M))


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def bash(name, verbs, common, own):
    out = [f"# bash completion for {name}; written by packaging/completion.py", f"_{name}() {{"]
    out += ["  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} verb='' i options",
            "  for ((i = 1; i < COMP_CWORD; i++)); do",
            f"    case ${{COMP_WORDS[i]}} in {'|'.join(verbs)}) verb=${{COMP_WORDS[i]}}; break ;; esac",
            "  done", "  case $verb:$before in"]
    for verb, options in own.items():
        for option in options:
            if option.choices:
                for spelling in option.names:
                    words = " ".join(option.choices)
                    out.append(f"    {verb}:{spelling}) COMPREPLY=($(compgen -W '{words}' -- \"$word\")); return ;;")
    out += ["  esac", "  case $verb in"]
    for verb, options in own.items():
        out.append(f"    {verb}) options='{' '.join(n for o in options for n in o.names)}' ;;")
    out += [f"    *) options='{' '.join([*verbs, *(n for o in common for n in o.names)])}' ;;", "  esac",
            "  if [[ $word == -* || -z $verb ]]; then", "    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))",
            "  else", "    COMPREPLY=($(compgen -f -- \"$word\"))", "  fi", "}",
            f"complete -o filenames -F _{name} {name}", ""]
    return "\n".join(out)


def zsh(name, verbs, common, own):
    def spec(option):
        value = ":file:_files" if option.takes_value else ""
        if option.choices:
            value = f":value:({' '.join(option.choices)})"
        text = re.sub(r"[\[\]:]", " ", option.text)
        return [quoted(f"*{n}[{text}]{value}") for n in option.names]
    out = [f"#compdef {name}", "# zsh completion; written by packaging/completion.py", f"_{name}() {{",
           "  local -a verbs", "  verbs=("]
    out += [f"    {quoted(verb + ':' + text.replace(':', ' '))}" for verb, text in verbs.items()]
    out += ["  )", "  if (( CURRENT == 2 )); then", "    _describe verb verbs", "    _arguments " +
            " ".join(s for o in common for s in spec(o)), "    return", "  fi", "  case ${words[2]} in"]
    for verb, options in own.items():
        specs = [s for o in options for s in spec(o)]
        out.append(f"    {verb}) _arguments " + " ".join([*specs, "'*:file:_files'"]) + " ;;")
    out += ["  esac", "}", f"_{name} \"$@\"", ""]
    return "\n".join(out)


def fish(name, verbs, common, own):
    out = [f"# fish completion for {name}; written by packaging/completion.py"]
    none = f"complete -c {name} -n __fish_use_subcommand"
    out += [f"{none} -f -a {verb} -d {quoted(text)}" for verb, text in verbs.items()]

    def flags(option):
        words = []
        for option_name in option.names:
            words.append(f"-l {option_name[2:]}" if option_name.startswith("--") else f"-s {option_name[1:]}")
        if option.takes_value:
            words.append("-r")
        if option.choices:
            words.append(f"-f -a {quoted(' '.join(option.choices))}")
        return " ".join([*words, "-d", quoted(option.text)])
    out += [f"{none} {flags(option)}" for option in common]
    for verb, options in own.items():
        out += [f"complete -c {name} -n '__fish_seen_subcommand_from {verb}' {flags(option)}" for option in options]
    return "\n".join([*out, ""])


def main():
    program, shell = sys.argv[1], sys.argv[2]
    top = help_of(program)
    verbs = verbs_in(top)
    own = {verb: options_in(help_of(program, verb)) for verb in verbs}
    write = {"bash": bash, "zsh": zsh, "fish": fish}[shell]
    text = write(pathlib.Path(program).name, verbs, options_in(top), own)
    if len(sys.argv) > 3:
        pathlib.Path(sys.argv[3]).write_text(text)
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
