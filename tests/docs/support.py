"""Where things are, and the blocks of the pages, for the tests of the documentation. PROGRAMS: the build's programs."""
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get('PROGRAMS', ROOT / 'build/dev/bin'))


def pages():
    names = subprocess.run(['git', '-C', ROOT, 'ls-files', '-co', '--exclude-standard', '*.md'], capture_output=True, text=True,
                           check=True).stdout.split()
    assert 'README.md' in names
    return sorted(ROOT / name for name in names)


class Block:
    """A fenced block."""

    def __init__(self, page, line, language, lines):
        self.language, self.lines = language, lines
        self.text = '\n'.join(lines) + '\n'
        self.where = f'{page.relative_to(ROOT)}:{line}'

    def session(self):
        """Of a console block: its commands, each with its output."""
        out = []
        for line in self.lines:
            if line.startswith('$ '):
                out.append((line[2:], []))
            else:
                out[-1][1].append(line)
        return out

    def script(self):
        return '\n'.join(command for command, _ in self.session()) + '\n' if self.language == 'console' else self.text


def read_page(page):
    """The blocks of a page, and its text without them: [(line number, line)]."""
    blocks, prose, open_at, language, lines = [], [], 0, '', []
    for number, line in enumerate(page.read_text().split('\n'), 1):
        fence = re.match(r'\s*```(.*)', line)
        if fence and not open_at:
            open_at, language, lines = number, fence.group(1), []
        elif fence:
            blocks.append(Block(page, open_at, language, lines))
            open_at = 0
        elif open_at:
            lines.append(line)
        else:
            prose.append((number, line))
    assert not open_at, f'{page}:{open_at}: this block is not closed'
    return blocks, prose
