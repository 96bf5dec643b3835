#!/usr/bin/env python3
"""Shell completion as packaging/completion.py writes it: bash loads it and completes; zsh and fish name the same.

  completion_test.py COMPLETION_PY BUILD/bin/PROGRAM
"""
import pathlib
import re
import subprocess
import sys
import unittest

WRITER = PROGRAM = ""
EXAMPLES = {
    "dynascale-check": [("insp", {"inspect"}, []), ("--fo", {"--format"}, ["scan"]), ("--v", {"--version"}, []),
                        ("sa", {"sarif"}, ["scan", "--format"]), ("--un", {"--unit"}, ["inspect"])],
    "dynascalectl": [("sta", {"status"}, []), ("--so", {"--socket"}, ["explain"]),
                     ("mem", {"memory"}, ["simulate", "--resource"])],
}


def written(shell):
    return subprocess.run([sys.executable, WRITER, PROGRAM, shell], capture_output=True, text=True, check=True).stdout


class CompletionTest(unittest.TestCase):
    def complete(self, script, words):
        name = pathlib.Path(PROGRAM).name
        quoted = " ".join(f"'{w}'" for w in [name, *words])
        run = subprocess.run(["bash", "--norc", "-c", f"{script}\nCOMP_WORDS=({quoted}); COMP_CWORD={len(words)}\n"
                              f"_{name}; printf '%s\\n' \"${{COMPREPLY[@]}}\""], capture_output=True, text=True)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        return set(run.stdout.split())

    def test_bash_completes(self):
        script = written("bash")
        for word, expected, before in EXAMPLES[pathlib.Path(PROGRAM).name]:
            self.assertEqual(self.complete(script, [*before, word]), expected)

    def test_every_shell_knows_every_verb_and_option(self):
        texts = {shell: written(shell) for shell in ("bash", "zsh", "fish")}
        top = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, check=True).stdout
        verbs = re.findall(r"^  (\S+)", top.partition("\nSubcommands:\n")[2], re.M)
        self.assertTrue(verbs)
        for verb in verbs:
            own = subprocess.run([PROGRAM, verb, "--help"], capture_output=True, text=True, check=True).stdout
            for option in re.findall(r"^  (?:-\w,)?--([\w-]+)", own, re.M):
                for shell, text in texts.items():
                    self.assertRegex(text, rf"(--|-l ){re.escape(option)}\b", f"{shell}: {verb} --{option}")


if __name__ == "__main__":
    PROGRAM = sys.argv.pop()
    WRITER = sys.argv.pop()
    unittest.main(verbosity=2)
