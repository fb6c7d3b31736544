"""docs/manual/ and docs/settings.md are what tools/manual makes of the programs of this build, the manual pages are clean and
complete, and the shells complete what they should."""
import filecmp
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from support import BIN, ROOT

SHARE = ROOT / 'docs/manual'
PAGES = {'orderd': 'man8/orderd.8', 'orderctl': 'man1/orderctl.1', 'order-replay': 'man1/order-replay.1'}


def run(*command, **how):
    return subprocess.run(command, capture_output=True, text=True, **how)


def files(folder):
    return sorted(path.relative_to(folder) for path in folder.rglob('*') if path.is_file())


def rendered(page):
    """The page as a terminal shows it, without breaks of lines."""
    shown = run('mandoc', '-T', 'ascii', '-O', 'width=1000', SHARE / 'man' / page, check=True).stdout
    return re.sub(r'.\x08', '', shown)


def helps(program, *path):
    """The --help of a program and of all its sub-commands: (path, text)."""
    text = run(BIN / program, *path, '--help', check=True).stdout
    yield path, text
    commands = re.search(r'\nSubcommands:\n((?:  .*\n)*)', text)
    for name in re.findall(r'^  (\S+)', commands.group(1), re.MULTILINE) if commands else []:
        yield from helps(program, *path, name)


class ManualTest(unittest.TestCase):
    def test_the_pages_are_what_tools_manual_makes(self):
        with tempfile.TemporaryDirectory() as folder:
            made = pathlib.Path(folder)
            self.assertEqual(run(ROOT / 'tools/manual', '--into', made, BIN).stderr, '')
            again = f'run tools/manual {os.path.relpath(BIN, ROOT)}'
            self.assertEqual(files(made / 'manual'), files(SHARE), again)
            different = [str(file) for file in files(made) if not filecmp.cmp(made / file, ROOT / 'docs' / file, shallow=False)]
            self.assertEqual(different, [], again)

    def test_each_setting_of_the_help_is_in_the_page_of_settings(self):
        text = (ROOT / 'docs/settings.md').read_text()
        rows = re.findall(r'^  --(\w+\.\w+) .*?(?: \[(.*)\])?$', run(BIN / 'orderd', '--help', check=True).stdout, re.MULTILINE)
        self.assertGreater(len(rows), 30)
        for key, default in rows:
            entry = text.partition(f'\n### `{key}`\n')[2].partition('\n#')[0]
            default = default or 'none'
            self.assertRegex(entry, rf'\nDefault: `?{re.escape(default)}`?\. .*Applied (live|at restart)\.')

    def test_mandoc_has_nothing_to_say(self):
        for page in (SHARE / 'man').rglob('*.[1-9]'):
            said = run('mandoc', '-T', 'lint', page).stdout.split('\n')
            # It looks for pages where they are installed.
            self.assertEqual([line for line in said if line and 'referenced manual not found' not in line], [])
            for name, section in re.findall(r'^\.Xr (order\S*) (\d)', page.read_text(), re.MULTILINE):
                self.assertTrue((SHARE / f'man/man{section}/{name}.{section}').exists(), f'{page}: {name}')

    def test_each_command_and_option_of_the_help_is_in_its_page(self):
        for program, page in PAGES.items():
            text = rendered(page)
            for path, shown in helps(program):
                self.assertIn(' '.join((program, *path)), text)
                options = re.findall(r'^  (-\S+)', shown, re.MULTILINE)
                self.assertTrue(options, path)
                for option in options:
                    self.assertIn(option.replace(',', ', '), text)

    def test_each_setting_is_in_the_page_of_the_file(self):
        text = rendered('man5/orderd.toml.5')
        section, count = '', 0
        for line in (ROOT / 'config/orderd.toml').read_text().split('\n'):
            if line.startswith('['):
                section = line
                self.assertIn(section, text)
            elif setting := re.match(r'#?(\w+ = [^#]*)', line):
                if section:
                    self.assertIn(setting.group(1).strip(), text.split('   ' + section)[1])
                    count += 1
        self.assertGreater(count, 30)


def bash_completes(line):
    """What bash offers behind this line, which is split as readline does it."""
    words = [word for part in line.split(' ') for word in (re.split('(=)', part) if '=' in part else [part])]
    name = words[0]
    quoted = ' '.join("'" + word + "'" for word in words)
    script = f'''source {SHARE}/bash-completion/completions/{name}
      COMP_WORDS=({quoted}) COMP_CWORD={len(words) - 1}
      _{name.replace('-', '_')}
      printf '%s\\n' "${{COMPREPLY[@]}}"'''
    done = run('bash', '-c', script, cwd=ROOT)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout.split()


def fish_completes(line):
    name = line.split(' ')[0]
    done = run('fish', '--no-config', '-c', f"source {SHARE}/fish/vendor_completions.d/{name}.fish; complete -C '{line}'", cwd=ROOT)
    assert not done.stderr, done.stderr
    return [row.split('\t')[0] for row in done.stdout.split('\n') if row]


def zsh_completes(line):
    done = run('zsh', '-f', ROOT / 'tests/docs/complete.zsh', SHARE, line, cwd=ROOT, timeout=60)
    assert '<done>' in done.stdout, done.stderr
    return re.findall(r'<([^<> ]+)>', done.stdout.split('<done>')[0])


class CompletionTest(unittest.TestCase):
    CASES = [
        ('orderctl sto', {'stock'}),
        ('orderctl stock ', {'add', 'get', 'list', 'set'}),
        ('orderctl --config orderd.toml stock s', {'set'}),
        ('orderctl --valkey.url stock dead re', {'requeue'}),
        ('orderctl stock list --uns', {'--unsorted'}),
        ('orderctl results --fo', {'--follow'}),
        ('orderctl results --valkey.us', {'--valkey.username'}),
        ('order-replay generate --distribution ', {'uniform', 'zipf', 'hot'}),
        ('orderd --log.level ', {'trace', 'debug', 'info', 'warn', 'error'}),
        ('orderd --log.f', {'--log.format'}),
        ('orderd --ch', {'--check'}),
    ]

    @classmethod
    def cases(cls):
        return cls.CASES + [('orderctl ', {path[0] for path, _ in helps('orderctl') if len(path) == 1})]

    def test_bash_completes(self):
        for line, offered in self.cases() + [('orderd --log.format=', {'text', 'json'}), ('orderd --log.format=j', {'json'}),
                                           ('orderctl --valkey.url=x stock s', {'set'}), ('orderctl stock set shoe ', set())]:
            self.assertEqual(set(bash_completes(line)), offered, line)

    def test_bash_completes_names_of_files(self):
        self.assertIn('README.md', bash_completes('orderd --config READ'))
        self.assertIn('README.md', bash_completes('orderctl submit READ'))
        self.assertIn('docs', bash_completes('order-replay report do'))

    def test_fish_completes(self):
        for line, offered in self.cases():
            self.assertEqual(set(fish_completes(line)), offered, line)

    def test_zsh_completes(self):
        for line, offered in self.cases():
            self.assertEqual(set(zsh_completes(line)), offered, line)

    def test_the_files_are_clean(self):
        for file in files(SHARE):
            if 'bash-completion' in file.parts:
                self.assertEqual(run('shellcheck', '-s', 'bash', SHARE / file).stdout, '')
            elif 'zsh' in file.parts:
                self.assertEqual(run('zsh', '-n', SHARE / file).stderr, '')
            elif 'fish' in file.parts:
                self.assertEqual(run('fish', '--no-execute', SHARE / file).stderr, '')


if __name__ == '__main__':
    unittest.main()
