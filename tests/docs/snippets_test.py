"""What the pages show is right: each block has a language and is checked as that, each command line of ours is parsed by
the program itself. tests/docs/quick_start_test.py runs the first steps for real, tools/links checks links."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from support import BIN, ROOT, pages, read_page

LANGUAGES = {'sh', 'console', 'toml', 'json', 'lua', 'python', 'ini', 'yaml', 'cpp', 'promql', 'valkey', 'text'}
OURS = ('orderd', 'orderctl', 'order-replay')
# Programs of others in the blocks. Here they do nothing; a name that is not in this list is a typing mistake.
OTHERS = '''apt apt-get awk chmod cmake cp curl date df dpkg docker docker-compose git grep install journalctl jq ls mv openssl promtool python3
  redis-cli runuser sed sleep ss sudo sysctl systemctl systemd-analyze tail timedatectl valkey-check-aof valkey-check-rdb valkey-cli valkey-server wc xargs'''.split()

# Stands in for one of our programs: lets the real one read the arguments, and stops it before it does anything. orderd
# has --check for that; the tools look for a server that is not there, and end with 2 only if the arguments are wrong.
STAND_IN = r'''#!/bin/bash
name=${0##*/} arguments=()
for argument in "$@"; do
  case $argument in
    ID) argument=1732386423123-0 ;;
    N) argument=1 ;;
    FILE | *orderd.toml) argument=$ROOT/config/orderd.toml ;;
    COMMAND | SUBCOMMAND) exit 0 ;;
  esac
  arguments+=("$argument")
done
if [ "$name" = orderd ]; then arguments+=(--check)
# In a sentence a flag may be the last word. Elsewhere the last of two values counts, so that no real server is asked.
elif [ -n "$SENTENCE" ]; then arguments=(--valkey.url unix:///nowhere "${arguments[@]}")
else arguments+=(--valkey.url unix:///nowhere); fi
said=$(/usr/bin/timeout 30 "$BIN/$name" "${arguments[@]}" 2>&1 >/dev/null </dev/null)
status=$?
[ $status -ne 2 ] && [ $status -ne 124 ] && exit 0
# In a sentence a command may be named without its arguments.
if [ -n "$SENTENCE" ] && [[ "$said" == *" required"* ]]; then exit 0; fi
echo "$name $*: status $status: $said" >>"$WRONG"
'''
# Stands in for a script of tools/: its flags have to be in the sources.
TOOL = r'''#!/bin/bash
for argument in "$@"; do
  [[ "$argument" != -* ]] || /usr/bin/git -C "$ROOT" grep --untracked -qF -e "${argument%%=*}" -- tools ||
    echo "tools/${0##*/}: there is no $argument" >>"$WRONG"
done
'''
PRELUDE = r'''command_not_found_handle() { echo "$1: unknown command" >>"$WRONG"; }
cd() { :; }
'''


class Shell:
    """Runs a snippet in an empty directory, with stand-ins for every program."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix='orderd-docs-')
        for folder, names, text in [('bin', OURS, STAND_IN), ('bin', OTHERS, '#!/bin/bash\n'),
                                    ('work/tools', [p.name for p in (ROOT / 'tools').iterdir() if p.is_file()], TOOL)]:
            os.makedirs(os.path.join(self.directory, folder), exist_ok=True)
            for name in names:
                path = os.path.join(self.directory, folder, name)
                with open(path, 'w') as file:
                    file.write(text)
                os.chmod(path, 0o755)
        self.wrong = os.path.join(self.directory, 'wrong')

    def close(self):
        shutil.rmtree(self.directory)

    def problems(self, script, sentence=False):
        open(self.wrong, 'w').close()
        environment = {'PATH': os.path.join(self.directory, 'bin'), 'HOME': self.directory, 'WRONG': self.wrong, 'ROOT': str(ROOT),
                       'BIN': str(BIN), 'SENTENCE': 'yes' if sentence else ''}
        run = subprocess.run(['/bin/bash', '-c', PRELUDE + script], cwd=os.path.join(self.directory, 'work'), env=environment,
                             stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        with open(self.wrong) as file:
            found = file.read()
        return found + ''.join(line + '\n' for line in run.stderr.split('\n') if re.search('syntax error|unexpected EOF|No such file', line))


class SnippetsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.shell = Shell()
        cls.pages = {page: read_page(page) for page in pages()}

    @classmethod
    def tearDownClass(cls):
        cls.shell.close()

    def blocks(self, *languages):
        found = [block for blocks, _ in self.pages.values() for block in blocks if block.language in languages]
        return found

    def accepted(self, where, script, **how):
        self.assertEqual(self.shell.problems(script, **how), '', f'{where}\n{script}')

    def test_each_block_has_a_language(self):
        for blocks, _ in self.pages.values():
            for block in blocks:
                with self.subTest(block.where):
                    self.assertIn(block.language, LANGUAGES, 'which language?')

    def test_no_block_escapes_by_indentation(self):
        for page, (_, prose) in self.pages.items():
            before, in_list = '', False
            for number, line in prose:
                in_list = bool(re.match(r'\s*([-*]|\d+\.) ', line)) or (in_list and (line == '' or line.startswith(' ')))
                if line.startswith('    ') and before == '' and not in_list:
                    self.fail(f'{page.relative_to(ROOT)}:{number}: put ``` and a language around this block')
                before = line

    def test_the_stand_ins_notice_what_is_wrong(self):
        for wrong in ['orderctl stok list', 'orderctl stock list --unsortd', 'orderctl stock set shoe', 'orderd --valkey.ulr x',
                      'order-replay run load.ndjson --rate fast', 'tools/bench all --sooner', 'tools/tset', 'valkey-cly PING',
                      "orderctl stock set shoe 'x", 'true | orderctl dead show yesterday']:
            self.assertNotEqual(self.shell.problems(wrong), '', wrong)
        self.assertEqual(self.shell.problems('orderctl dead requeue', sentence=True), '')
        self.assertNotEqual(self.shell.problems('orderctl dead requeu', sentence=True), '')

    def test_commands_are_accepted_by_their_programs(self):
        blocks = self.blocks('sh', 'console')
        self.assertGreater(len(blocks), 20)
        for block in blocks:
            with self.subTest(block.where):
                self.accepted(block.where, block.script())

    def test_commands_in_sentences_are_accepted_by_their_programs(self):
        count = 0
        for page, (_, prose) in self.pages.items():
            for number, line in prose:
                for command in re.findall(r'`((?:orderd|orderctl|order-replay) [^`]*)`', line):
                    if '…' in command:
                        continue
                    count += 1
                    either = re.search(r'\w+(?:\|\w+)+', command)  # stock set|add|get
                    for each in either.group(0).split('|') if either else ['']:
                        with self.subTest(command):
                            one = command.replace(either.group(0), each) if either else command
                            self.accepted(f'{page.relative_to(ROOT)}:{number}', one, sentence=True)
        self.assertGreater(count, 20)

    def test_the_examples_of_the_help_and_of_the_settings_are_accepted(self):
        examples = re.findall(r'^#   (orderd .*)$', (ROOT / 'config/orderd.toml').read_text(), re.MULTILINE)
        for page in ROOT.glob('docs/manual/man/*/*'):
            text = page.read_text()
            for escape, character in [('\\-', '-'), ('\\(aq', "'"), ('\\(ga', '`'), ('\\e', '\\')]:
                text = text.replace(escape, character)
            for literal in re.findall(r'\.Bd -literal.*?\n(.*?)\.Ed', text, re.DOTALL):
                examples += [line for line in literal.split('\n') if re.match(r'(\w+=\w+ |tail .* \| )?(orderd|orderctl|order-replay) ', line)]
        self.assertGreater(len(examples), 40)
        for example in examples:
            with self.subTest(example):
                self.accepted('an example', re.split(' {3,}', example)[0])  # without its explanation

    def test_shell_blocks_are_clean(self):
        # SC2164: cd without || exit, which nobody types at a prompt.
        for block in self.blocks('sh', 'console'):
            run = subprocess.run(['shellcheck', '-s', 'bash', '-e', 'SC2164', '-'], input=block.script(), capture_output=True, text=True)
            with self.subTest(block.where):
                self.assertEqual(run.stdout + run.stderr, '', block.where)

    def test_settings_are_accepted_by_orderd(self):
        for block in self.blocks('toml'):
            with tempfile.NamedTemporaryFile('w', suffix='.toml') as file:
                file.write(block.text)
                file.flush()
                run = subprocess.run([BIN / 'orderd', '--check', '--config', file.name], capture_output=True, text=True)
                self.assertEqual(run.stderr, '', block.where)

    def test_the_rule_of_lanes_gives_what_the_page_says(self):
        [block] = [block for block in self.blocks('python') if 'def lane(' in block.text]
        names = {}
        exec(block.text, names)
        text = re.sub(r'\s+', ' ', (ROOT / 'docs/scaling.md').read_text())
        said = [('shoe', lanes, place) for lanes, place in re.findall(r'`lane\(b"shoe", (\d+)\)` is (\d+)', text)]
        said += [(sku, 4, place) for sku, place in re.findall(r'`b"(sock|tie)"`(?: of 4)? is (\d+)', text)]
        said += [(sku, 4, place) for sku, place in re.findall(r'`b"(sock|tie)"` of 4 is (\d+)', text)]
        self.assertGreater(len(said), 4)
        for sku, lanes, place in said:
            self.assertEqual(names['lane'](sku.encode(), int(lanes)), int(place), sku)

    def test_json_is_json(self):
        for block in self.blocks('json'):
            try:
                json.loads(block.text)
            except ValueError:
                for line in block.lines:  # one object per line
                    json.loads(line)

    def test_lua_is_lua(self):
        for block in self.blocks('lua'):
            run = subprocess.run(['luac5.1', '-p', '-'], input=block.text, capture_output=True, text=True)
            self.assertEqual(run.stderr, '', block.where)


if __name__ == '__main__':
    unittest.main()
