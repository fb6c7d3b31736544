"""Runs the first steps of README.md and of docs/getting-started.md as they are written, and compares what they print."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from support import BIN, ROOT, read_page

DEADLINE_S = 30
# What a reader has done already, or what the PATH of this test replaces.
DONE = re.compile(r'git clone |tools/build$|(export )?PATH=')


def normalized(text):
    """Without what differs from run to run: IDs, times, ports, versions, names of machines, widths of columns."""
    for pattern, word in [(r'\d{13}-\d+', 'ID'), (r'\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{3})?Z?', 'TIME'),
                          (r'127\.0\.0\.1:\d+', '127.0.0.1:PORT'), (r'(Valkey|Redis) \d+\.\d+\.\d+', 'Valkey VERSION'),
                          (r'orderd \d+\.\d+\.\d+', 'orderd VERSION'), (r"starts as '[^']*'", "starts as 'NAME'"), (r' +', ' ')]:
        text = re.sub(pattern, word, text)
    return [line.strip() for line in text.split('\n') if line.strip()]


class Session:
    """Two terminals in one empty directory: orderd runs in the first one, commands in the second one."""

    def __init__(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix='orderd-docs-'))
        os.symlink(ROOT / 'examples', self.home / 'examples')
        # Debian's Python has the client that tools/setup --dev installs.
        self.environment = {'PATH': f'{BIN}:/usr/bin:/bin', 'HOME': str(self.home), 'NO_COLOR': '1', 'LC_ALL': 'C.UTF-8',
                            'ORDERD_ADMIN_LISTEN': '127.0.0.1:0'}
        self.exports, self.daemon, self.server, self.log = '', None, None, self.home / 'log'

    def bash(self, command):
        # A terminal shows what valkey-cli prints with types and quotes.
        prelude = 'valkey-cli() { command valkey-cli --no-raw "$@"; }\n' + self.exports
        run = subprocess.run(['bash', '-c', prelude + command], cwd=self.home, env=self.environment, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=DEADLINE_S)
        return run.stdout

    def start(self, command):
        with self.log.open('w') as log:
            self.daemon = subprocess.Popen(['bash', '-c', self.exports + 'exec ' + command], cwd=self.home, env=self.environment,
                                           stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until(lambda: 'ready: ' in self.log.read_text() or self.daemon.poll() is not None)

    def stop(self):
        """Ctrl-C; returns the exit status and what was logged then."""
        before = len(self.log.read_text())
        self.daemon.send_signal(signal.SIGINT)
        status = self.daemon.wait(DEADLINE_S)
        self.daemon = None
        return status, self.log.read_text()[before:]

    def close(self):
        for process in (self.daemon, self.server):
            if process:
                process.kill()
                process.wait()
        shutil.rmtree(self.home)


def until(condition):
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, 'nothing happens'
        time.sleep(0.01)


class QuickStartTest(unittest.TestCase):
    maxDiff = None

    def follow(self, blocks, session):
        """Does what the blocks show; the one that runs orderd is for the first terminal."""
        compared = 0
        for block in blocks:
            for command, output in block.session():
                if DONE.match(command):
                    continue
                if command.startswith('orderd'):
                    session.start(command)
                    self.assertEqual(normalized('\n'.join(output)), normalized(session.log.read_text()), block.where)
                elif command.startswith('export '):
                    session.exports += command + '\n'
                else:
                    self.assertEqual(normalized('\n'.join(output)), normalized(session.bash(command)), f'{block.where}: {command}')
                    compared += 1
        return compared

    def test_the_quick_start_of_the_readme(self):
        blocks, _ = read_page(ROOT / 'README.md')
        session = Session()
        self.addCleanup(session.close)
        self.assertEqual(self.follow([block for block in blocks if block.language == 'console'], session), 4)
        [program] = [block for block in blocks if block.language == 'python']
        self.assertEqual(session.bash(f"python3 - <<'END'\n{program.text}END"), 'accepted\n')
        self.assertEqual(session.stop()[0], 0)

    def getting_started(self):
        """The blocks that use an embedded server, and those that use another one, with the last words of orderd."""
        blocks, _ = read_page(ROOT / 'docs/getting-started.md')
        other = next(i for i, block in enumerate(blocks) if 'valkey://127.0.0.1:6379' in block.text)
        end = next(i for i, block in enumerate(blocks) if 'shutting down' in block.text)
        return [block for block in blocks[:other] if block.language == 'console'], blocks[other:end], blocks[end]

    def test_getting_started(self):
        steps, _, _ = self.getting_started()
        session = Session()
        self.addCleanup(session.close)
        self.assertEqual(self.follow(steps, session), 12)
        self.assertEqual(session.stop()[0], 0)

    def test_getting_started_with_a_server_that_is_there(self):
        _, steps, end = self.getting_started()
        session = Session()
        self.addCleanup(session.close)
        socket = session.home / 'other.sock'
        session.server = subprocess.Popen(['valkey-server', '--port', '0', '--unixsocket', socket, '--dir', session.home, '--save', ''],
                                          stdout=subprocess.DEVNULL)
        until(socket.exists)
        # In place of a server at 127.0.0.1:6379, which may be used already.
        session.exports = f'valkey-cli() {{ command valkey-cli --no-raw -s {socket} "$@"; }}\n'
        for block in steps:
            block.lines = [line.replace('valkey://127.0.0.1:6379', f'unix://{socket}') for line in block.lines]
        self.assertEqual(self.follow(steps, session), 4)
        status, log = session.stop()
        self.assertEqual(status, 0)
        self.assertEqual(normalized(end.text), normalized(log))


if __name__ == '__main__':
    unittest.main()
