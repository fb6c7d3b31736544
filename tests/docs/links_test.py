"""tools/links finds each kind of broken link, and nothing else."""
import pathlib
import subprocess
import tempfile
import unittest

from support import ROOT

PAGE = '''# The page
[good](other.md), [good](other.md#two-words), [good](#the-page), [good](docs), [good](https://example.com/no#where)
[good](other.md#two-words-1) and [good](other.md#with-code-and-a-link)
`[code](none.md)`
```text
[code](none.md)
# no heading
```
[broken](none.md), [broken](other.md#one), [broken](#no-heading), [broken](../outside.md)
[over
two lines](none2.md) [broken](plain.txt#l1)
[name]: none3.md
<img src="docs/none.png"> <img src="docs/there.png">
'''
OTHER = '''# Other
## Two words
## Two words
## With `code` and a [link](index.md)
'''


def links(folder):
    return subprocess.run([ROOT / 'tools/links', folder], capture_output=True, text=True)


class LinksTest(unittest.TestCase):
    def tree(self, **files):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        subprocess.run(['git', 'init', '-q', folder.name], check=True)
        for name, text in files.items():
            path = pathlib.Path(folder.name) / name.replace('__', '/').replace('_', '.')
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return folder.name

    def test_broken_links_are_found_with_their_lines(self):
        done = links(self.tree(index_md=PAGE, other_md=OTHER, plain_txt='', docs__there_png=''))
        self.assertEqual(done.stderr.split('\n')[:-1], [
            'index.md:9: none.md: no such file', 'index.md:9: other.md#one: no such heading',
            'index.md:9: #no-heading: no such heading', 'index.md:9: ../outside.md: no such file',
            'index.md:11: none2.md: no such file', 'index.md:11: plain.txt#l1: an anchor in a file that is not a page',
            'index.md:12: none3.md: no such file', 'index.md:13: docs/none.png: no such file'])
        self.assertEqual(done.returncode, 1)

    def test_a_tree_without_broken_links_passes(self):
        done = links(self.tree(index_md='[good](other.md)', other_md=OTHER))
        self.assertEqual((done.returncode, done.stderr), (0, ''))

    def test_a_tree_without_pages_fails(self):
        self.assertEqual(links(self.tree(plain_txt='')).returncode, 1)


if __name__ == '__main__':
    unittest.main()
