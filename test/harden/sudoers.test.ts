import { expect, test } from 'bun:test'
import { lookAtHost } from '../../src/lib/harden/look-at-host.ts'
import { sudoersLines, sudoersPatterns } from '../../src/lib/harden/sudoers.ts'
import { needs } from '../helpers/needs.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { startSandbox } from '../plan/sandbox.ts'

/** Of which sudo itself understands every line. */
const texts: readonly string[] = [
  'Defaults use_pty, \\\n  logfile=/x\nbob ALL=(ALL) ALL\n',
  '# note \\\nbob ALL=(ALL) NOPASSWD: ALL\n',
  'bob ALL=(ALL) ALL# NOPASSWD:\n  # eve ALL=(ALL) ALL\n',
  'Defaults badpass_message="a # b", !authenticate\nbob ALL=(ALL) ALL',
  'Defaults badpass_message="a \\" # b"\nbob ALL=(ALL) ALL\n',
  '#1000 ALL=(#33) NOPASSWD: ALL\n#include /etc/sudoers.more\n',
  '\n\n#include sudoers.more\n#includedir /etc/sudoers.d\n# #include /etc/nothing\n',
  '@includedir "/etc/sudoers.d"\n@include /etc/sudoers.more # ours\nbob ALL=(ALL) ALL\r\n',
  'bob ALL=(ALL) /bin/a\\,b, /bin/c\\:d\n',
]

const setUp = `
rm -f /etc/sudoers.d/*
echo 'eve ALL=(ALL) ALL' >/etc/sudoers.more
echo 'ann ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/90-ann
echo 'ada ALL=(ALL) ALL' >/etc/sudoers.d/10-ada
echo 'old ALL=(ALL) ALL' >/etc/sudoers.d/old.bak
echo 'tilde ALL=(ALL) ALL' >'/etc/sudoers.d/tilde~'
chmod 440 /etc/sudoers.d/* /etc/sudoers.more`

test.skipIf(!needs('root', 'mount', 'netns', 'sudo'))(
  'lines are taken apart as sudo itself does',
  async () => {
    await using directory = await tempDir()
    await using sandbox = await startSandbox({ directory: directory.path, setUp })
    for (const text of texts) {
      const file = `printf %s '${text}'`
      const plain = JSON.parse(await sandbox.sh(`${file} >/etc/sudoers; chmod 440 /etc/sudoers; cvtsudoers -f json /etc/sudoers`))
      const lines = sudoersLines(await lookAtHost(sandbox.place, [{ look: { texts: sudoersPatterns } }])) ?? []
      const again = lines.map(line => `${line.text}\n`).join('')
      const ours = JSON.parse(await sandbox.sh(`printf %s '${again}' >/etc/sudoers; cvtsudoers -f json /etc/sudoers`))
      expect({ text, rules: ours }).toEqual({ text, rules: plain })
    }
  },
  120_000,
)
