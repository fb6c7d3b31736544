"""docs/runbook.md has one heading for each warning and error that orderd logs, and none for what it does not log."""
import re
import unittest

from support import ROOT

# Where texts of the log begin: a pattern, and the files that it is looked for in. The second row is what becomes
# "embedded server: {}" and what ends the daemon at its start; the third one, servers that orderd does not work with.
SINKS = [
    (r'(?:spdlog::|log_\.)(?:warn|error|critical)\(', 'src/**/*.cpp'),
    (r'\b(?:say|report_|refused_|waits)\(|\bFailure\{', 'src/valkey/embedded_server.cpp'),
    (r'\b(?:say|report_|refused_|waits)\(|\bFailure\{', 'src/valkey/directory_lock.cpp'),
    (r'ErrorKind::kUnfit,', 'src/valkey/server.cpp'),
]
TOKEN = re.compile(r'"((?:\\.|[^"\\])*)"|([A-Za-z_][\w:.>-]*)\(|([({\[])|([)}\]])|(,)|\S')


def without_comments(text):
    return re.sub(r'("(?:\\.|[^"\\\n])*")|//[^\n]*', lambda match: match.group(1) or '', text)


def pattern_of(text, start):
    """The first argument that begins at `start`: its literals, with "…" for everything else."""
    out, depth, open_calls = '', 0, []
    for token in TOKEN.finditer(text, start):
        literal, call, opened, closed, comma = token.groups()
        if closed and depth == 0 or comma and depth == 0 or token.group(0) == ';':
            break
        if call or opened:
            depth += 1
            open_calls.append(call)
            out += '…' if call != 'problem' else ''  # problem(X) is X and the reason of errno
        elif closed:
            depth -= 1
            out += '…' if open_calls.pop() == 'problem' else ''
        elif literal is not None and all(call == 'problem' for call in open_calls):
            out += re.sub(r'\{[^}]*\}', '…', literal.replace('\\"', '"'))
        elif token.group(0) != '+' and literal is None and depth == 0:
            out += '…'
    return re.sub('…+', '…', out)


def logged():
    """pattern -> where."""
    found = {}
    for sink, files in SINKS:
        for file in sorted(ROOT.glob(files)):
            text = without_comments(file.read_text())
            for match in re.finditer(sink, text):
                pattern = pattern_of(text, match.end())
                where = f'{file.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}'
                if len(re.sub(r'[^A-Za-z]', '', pattern)) >= 8:
                    found[pattern] = where
                elif 'spdlog' in sink:
                    raise AssertionError(f'{where}: a line of the log that nobody can look up: begin it with fixed words')
    return found


def headings():
    text = (ROOT / 'docs/runbook.md').read_text()
    return re.findall(r'^### `(.*)`$', text, re.MULTILINE)


def matches(heading, pattern):
    # A long line is cut after its first words.
    return pattern == heading or heading.endswith('…') and pattern.startswith(heading[:-1])


class RunbookTest(unittest.TestCase):
    def test_the_code_is_read_as_the_compiler_reads_it(self):
        for code, pattern in [
            ('"a {} b", x, "no")', 'a … b'),
            ('"one "\n  "two {:.1f}.", f("no"))', 'one two ….'),
            ('"ended " + how(1, "no") + "; see " + d + ".")', 'ended …; see ….'),
            ('problem("cannot open " + path) + "; fix it"}', 'cannot open …; fix it'),
            ('(a ? "no" : "no") + " yes")', '… yes'),
        ]:
            self.assertEqual(pattern_of(code, 0), pattern)

    def test_each_line_of_the_log_has_one_heading(self):
        lines = logged()
        self.assertGreater(len(lines), 30, 'the calls are not found any more')
        for pattern, where in lines.items():
            found = [heading for heading in headings() if matches(heading, pattern)]
            self.assertEqual(len(found), 1, f'{where}: docs/runbook.md needs one heading ### `{pattern}`, it has {found}')

    def test_each_heading_is_of_a_line_of_the_log(self):
        for heading in headings():
            self.assertTrue(any(matches(heading, pattern) for pattern in logged()),
                            f'docs/runbook.md: orderd does not log `{heading}`')

    def test_each_heading_says_what_it_means_and_what_to_do(self):
        # Headings in a row share what follows.
        text = re.sub(r'^### .*\n(?=### )', '', (ROOT / 'docs/runbook.md').read_text(), flags=re.MULTILINE)
        for part in text.split('\n### ')[1:]:
            heading, _, body = part.partition('\n')
            body = body.split('\n## ')[0]
            self.assertIn('**Do**', body, heading)
            self.assertTrue(body.strip().split('**Do**')[0].strip(), f'{heading}: what does it mean?')


if __name__ == '__main__':
    unittest.main()
