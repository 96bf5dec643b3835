#!/usr/bin/env python3
"""A program's manual page: groff has nothing to say against it, and every option of --help stands in it.

  manual_test.py BUILD/bin/PROGRAM MAN
"""
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

PROGRAM = ""
PAGES = pathlib.Path()


def help_texts():
    texts = [subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, check=True).stdout]
    below = texts[0].partition("\nSubcommands:\n")[2]
    for verb in re.findall(r"^  (\S+)", below, re.M):
        texts.append(subprocess.run([PROGRAM, verb, "--help"], capture_output=True, text=True, check=True).stdout)
    return texts


class ManualTest(unittest.TestCase):
    def pages(self):
        name = pathlib.Path(PROGRAM).name
        pages = list(PAGES.glob(f"{name}.[18]"))
        self.assertEqual(len(pages), 1, f"one page of section 1 or 8 for {name}")
        return pages + list(PAGES.glob(f"{name.removeprefix('dynascale-')}.toml.5"))

    def test_groff_has_no_warnings(self):
        self.assertIsNotNone(shutil.which("groff"), "groff is not installed: packaging/install-deps.sh test")
        for page in self.pages():
            run = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", page], capture_output=True, text=True)
            self.assertEqual((run.returncode, run.stderr), (0, ""), page)

    def test_every_option_has_its_place(self):
        text = self.pages()[0].read_text().replace("\\-", "-")
        options = {o for t in help_texts() for o in re.findall(r"^  (?:-\w,)?(--[\w-]+)", t, re.M)}
        self.assertIn("--help", options)
        self.assertEqual(sorted(o for o in options if not re.search(re.escape(o) + r"\b(?!-)", text)), [])

    def test_every_verb_has_its_place(self):
        text = self.pages()[0].read_text().replace("\\-", "-")
        below = help_texts()[0].partition("\nSubcommands:\n")[2]
        verbs = re.findall(r"^  (\S+)", below, re.M)
        self.assertEqual([v for v in verbs if not re.search(rf"^\.B {v}$", text, re.M)], [])


if __name__ == "__main__":
    PAGES = pathlib.Path(sys.argv.pop())
    PROGRAM = sys.argv.pop()
    unittest.main(verbosity=2)
