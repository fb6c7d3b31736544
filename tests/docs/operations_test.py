"""docs/operations.md: the bytes of an order are those that tools/capacity measures, and a backup that is made and restored by
the commands of the page holds what was decided until then."""
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from support import BIN, ROOT, read_page

PAGE = ROOT / 'docs/operations.md'

# What the machine's service manager does, for a server and an orderd in one directory.
SERVICES = r'''
set -euo pipefail
trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT
valkey-cli() { command valkey-cli -s "$HERE/s" "$@"; }
install() { command install -m 640 "${@: -2}"; }  # without the user valkey
start() {
  case $1 in
    valkey-server) valkey-server "$HERE/valkey.conf" >/dev/null & pids[$1]=$!; until valkey-cli PING 2>/dev/null | grep -q PONG; do sleep 0.01; done ;;
    orderd) orderd 2>>"$HERE/log" & pids[$1]=$! ;;
  esac
}
stop() { kill "${pids[$1]}"; wait "${pids[$1]}" || true; }
systemctl() { local unit; for unit in "${@:2}"; do "$1" "$unit"; done; }
declare -A pids
start valkey-server; start orderd
'''
# Between the two blocks of the page an order is decided that the backup does not have.
BEFORE = r'''
orderctl stock set shoe 10
orderctl submit --id before --sku shoe --quantity 1 --wait --json
'''
BETWEEN = r'''
orderctl submit --id after --sku shoe --quantity 2 --wait --json
'''
AFTER = r'''
orderctl submit --id before --sku shoe --quantity 1 --wait --json
orderctl submit --id after --sku shoe --quantity 2 --wait --json
orderctl stock get shoe --json
orderctl audit >"$HERE/audit" || echo "audit: $?"
stop orderd
stop valkey-server; start valkey-server  # from its append-only file
orderctl stock get shoe --json
'''


class OperationsTest(unittest.TestCase):
    maxDiff = None

    def test_a_backup_is_restored_by_the_commands_of_the_page(self):
        here = pathlib.Path(tempfile.mkdtemp(prefix='orderd-docs-'))
        self.addCleanup(shutil.rmtree, here)
        for folder in ('data', 'backups'):
            (here / folder).mkdir()
        shipped = (ROOT / 'config/valkey.conf').read_text().replace('port 6379', 'port 0')
        (here / 'valkey.conf').write_text(f'{shipped}\nunixsocket {here}/s\ndir {here}/data\n')
        blocks = [block.text for block in read_page(PAGE)[0] if 'dump.rdb' in block.text or '--rdb' in block.text]
        self.assertEqual(len(blocks), 2)
        script = SERVICES + BEFORE + blocks[0] + BETWEEN + blocks[1] + AFTER
        for path, ours in [('/etc/valkey', here), ('/var/lib/valkey', here / 'data'), ('/var/backups', here / 'backups')]:
            script = script.replace(path, str(ours))
        environment = {'PATH': f'{BIN}:/usr/bin:/bin', 'HERE': str(here), 'ORDERD_VALKEY_URL': f'unix://{here}/s', 'ORDERD_ADMIN_LISTEN': ''}
        run = subprocess.run(['bash', '-c', script], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertEqual(re.findall(r'"status":"(\w+)"', run.stdout), ['accepted', 'accepted', 'duplicate', 'accepted'], run.stdout)
        self.assertEqual(re.findall(r'"sku":"shoe","stock":(\d+)', run.stdout), ['7', '7'], run.stdout)
        self.assertNotIn('audit: ', run.stdout)
        self.assertIn('appendonly yes', (here / 'valkey.conf').read_text())

    def test_the_bytes_of_an_order_are_the_measured_ones(self):
        run = subprocess.run([ROOT / 'tools/capacity', '--bin', BIN], capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stderr)
        row = re.compile(r'^\| ([a-z][^|]*) \| (\d+) \|', re.MULTILINE)
        measured, shown = dict(row.findall(run.stdout)), dict(row.findall(PAGE.read_text()))
        self.assertEqual(list(measured), list(shown), 'put the output of tools/capacity into docs/operations.md')
        for part, size in measured.items():
            self.assertLess(abs(int(size) - int(shown[part])), 0.1 * int(shown[part]), f'{part}: docs/operations.md is out of date')


if __name__ == '__main__':
    unittest.main()
