#!/usr/bin/env python3
"""Rules of the house that no compiler checks. Prints `file:line: rule: what` and exits with 1 if one is broken.

  tests/tidy/check_repository.py [ROOT]
"""
import pathlib
import re
import subprocess
import sys

LAYERS = {
    "core": {"core"},
    "runtime": {"core", "runtime"},
    "probes": {"core", "runtime", "probes"},
    "adapters": {"core", "runtime", "adapters"},
    "agent": {"core", "runtime", "probes", "adapters", "agent"},
    "hostd": {"core", "runtime", "probes", "hostd"},
    "check": {"core", "runtime", "probes", "check"},
    "ctl": {"core", "runtime", "ctl"},
}
# A folder of another layer that a layer may use as well.
PARTS = {"ctl": ("hostd/history/",)}
# Which folder alone may use a library.
OWNERS = [
    (re.compile(r"<libvirt/"), "hostd/libvirt/"),
    (re.compile(r"<hwloc"), "probes/"),
    (re.compile(r"<cctz/"), "core/policy/"),
    (re.compile(r"<sqlite3"), "hostd/history/"),
    (re.compile(r"<boost/asio/ssl|<openssl/"), "hostd/web/"),
    (re.compile(r"<libpq-fe|<postgresql/"), ("adapters/shared/", "bench/adapters/")),
    (re.compile(r"<mysql|<mariadb"), "adapters/mariadb/"),
    (re.compile(r"<hiredis/"), ("adapters/redis/", "tests/")),
    (re.compile(r"<boost/json"),
     ("core/wire/", "runtime/", "adapters/", "hostd/", "ctl/", "agent/", "check/", "tests/", "bench/")),
    (re.compile(r"<toml\+\+"), ("core/config/", "check/", "tests/")),
]
CORE_FORBIDDEN = re.compile(
    r"<(boost/asio|thread|mutex|fstream|iostream|filesystem|unistd\.h|sys/|fcntl\.h|cstdlib)"
    r"|system_clock::now|steady_clock::now|getenv")
# clang 14 cannot compile these with libstdc++ 12: https://github.com/llvm/llvm-project/issues/44178
NOT_FOR_CLANG = re.compile(r"\bstd::(views::|ranges::(unique|subrange|stable_partition|partition|remove)\b)")
FUNCTION_HEAD = r"\)\s*(const|noexcept|override|final|mutable|->\s*[\w:<>,\s&*]+|\s)*$"
NAMED_PATH = re.compile(r"`((?:core|runtime|probes|adapters|agent|hostd|check|ctl|systemd|tests|bench|docs|cmake|"
                        r"packaging|demo)/[\w./-]*)`")
MAX_LINE = 120
MAX_FILE = 500
WISHED_FILE = 300
MAX_FUNCTION = 70
FORGOTTEN = re.compile(r"\b(FIXME|XXX|HACK)\b")

problems = []


def problem(path, line, rule, text):
    problems.append(f"{path}:{line}: {rule}: {text}")


def tracked(root):
    listed = subprocess.run(["git", "-C", root, "ls-files", "--cached", "--others", "--exclude-standard"],
                            capture_output=True, text=True)
    if listed.returncode == 0:
        return [p for p in listed.stdout.split("\n") if p and (root / p).is_file()]
    return [str(p.relative_to(root)) for p in root.rglob("*") if p.is_file() and "build" not in p.parts]


def check_includes(path, lines):
    layer = path.split("/")[0]
    for number, line in enumerate(lines, 1):
        quoted = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if quoted:
            target = quoted.group(1)
            if ".." in target.split("/"):
                problem(path, number, "include", f'"{target}" goes around the layers')
            elif layer in LAYERS and target.split("/")[0] not in LAYERS[layer] and "/" in target \
                    and not target.startswith(PARTS.get(layer, ("/",))):
                problem(path, number, "include", f"{layer} may not include {target}")
            if layer in ("adapters", "probes") and path.count("/") > 1:
                own = "/".join(path.split("/")[:2])
                other = "/".join(target.split("/")[:2])
                if target.startswith(layer + "/") and target.count("/") > 1 and other != own \
                        and not path.endswith("table.cpp") and not other.endswith("/shared"):
                    problem(path, number, "include", f"{own} may not include another {layer} folder ({target})")
        for pattern, owner in OWNERS:
            owners = (owner,) if isinstance(owner, str) else owner
            if "#include" in line and pattern.search(line) and not path.startswith(owners + ("tests/",)):
                problem(path, number, "include", f"only {', '.join(owners)} may use this library")
        if layer == "core" and CORE_FORBIDDEN.search(line.split("//")[0]):
            problem(path, number, "core", "core reads no clock, file, environment or thread")


def without_comments_and_strings(text):
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    pattern = r'R"(\w*)\(.*?\)\1"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\''
    return re.sub(pattern, blank, text, flags=re.S)


def check_co_await(path, code):
    """g++ 12.2 destroys temporaries of a co_await expression twice: docs/adr/0002-one-loop.md."""
    for match in re.finditer(r"\bco_await\b", code):
        end = code.find(";", match.end())
        # A condition or a loop head ends at its own parenthesis.
        depth = 0
        for at in range(match.end(), end if end >= 0 else len(code)):
            depth += {"(": 1, ")": -1}.get(code[at], 0)
            if depth < 0:
                end = at
                break
        expression = code[match.end():end]
        bad = re.search(r"[{\[?]", expression)
        if bad:
            line = code.count("\n", 0, match.start()) + 1
            problem(path, line, "co_await", f"'{bad.group(0)}' between co_await and its end: name the argument first")


def check_compilers(path, code):
    """The tree is built by g++ and by clang; what only one can compile is found here, before a second compilation."""
    for match in NOT_FOR_CLANG.finditer(code):
        problem(path, code.count("\n", 0, match.start()) + 1, "clang", f"clang 14 cannot compile {match.group(0)}")


def check_functions(path, code):
    """Length from the line of the opening brace of a function body to its closing brace."""
    stack = []
    for match in re.finditer(r"[{}]", code):
        if match.group(0) == "{":
            before = code[max(0, match.start() - 400):match.start()].rstrip()
            is_function = bool(re.search(FUNCTION_HEAD, before))
            is_control = bool(re.search(r"\b(if|for|while|switch|catch)\s*(constexpr\s*)?\([^{};]*\)$", before))
            stack.append((match.start(), is_function and not is_control))
        elif stack:
            start, is_function = stack.pop()
            length = code.count("\n", start, match.start()) - 1
            if is_function and length > MAX_FUNCTION:
                line = code.count("\n", 0, start) + 1
                problem(path, line, "length", f"function of {length} lines (at most {MAX_FUNCTION})")


def check_text(path, lines):
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_LINE and "http" not in line and path.endswith((".cpp", ".hpp", ".py")):
            problem(path, number, "length", f"line of {len(line)} columns (at most {MAX_LINE})")
        if FORGOTTEN.search(line) and not path.startswith("tests/"):
            problem(path, number, "forgotten", line.strip()[:60])


def check_dead_files(root, files):
    """A header that nobody includes, a source that no build file names or globs."""
    headers = [f for f in files if f.endswith(".hpp")]
    included = set()
    for path in files:
        if path.endswith((".hpp", ".cpp")):
            text = (root / path).read_text(errors="replace")
            for name in re.findall(r'#\s*include\s+"([^"]+)"', text):
                included.update({name, str(pathlib.PurePath(path).parent / name)})
    for header in headers:
        if header not in included:
            problem(header, 1, "dead", "no file includes this header")


def check_docs(root, files):
    """Paths and programs that the documents name must exist."""
    known = set(files) | {str(pathlib.PurePath(f).parent) for f in files}
    for parent in list(known):
        known.update(str(p) for p in pathlib.PurePath(parent).parents)
    for path in files:
        if not path.endswith(".md") or path.startswith("docs/rules/"):
            continue
        for number, line in enumerate((root / path).read_text().split("\n"), 1):
            for name in re.findall(NAMED_PATH, line):
                if name.rstrip("/") not in known:
                    problem(path, number, "docs", f"names {name}, which does not exist")
            for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", line):
                found = (root / path).parent / target
                if not found.exists():
                    problem(path, number, "docs", f"links to {target}, which does not exist")


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    files = tracked(root)
    for path in files:
        if not path.endswith((".cpp", ".hpp", ".py", ".sh", ".md")):
            continue
        text = (root / path).read_text(errors="replace")
        lines = text.split("\n")
        check_text(path, lines)
        if path.endswith((".cpp", ".hpp")) and "/fixtures/" not in path:
            check_includes(path, lines)
            code = without_comments_and_strings(text)
            check_co_await(path, code)
            check_compilers(path, code)
            check_functions(path, code)
            if len(lines) > MAX_FILE:
                problem(path, 1, "length", f"file of {len(lines)} lines (at most {MAX_FILE}, wished {WISHED_FILE})")
    check_dead_files(root, [f for f in files if "/fixtures/" not in f])
    check_docs(root, files)
    print("\n".join(problems) if problems else f"tidy: {len(files)} files, nothing to say")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
