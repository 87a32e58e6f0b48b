import { expect, test } from 'bun:test'
import { lookAtHost } from '../../src/lib/harden/look-at-host.ts'
import { lineFor, sysctlPatterns } from '../../src/lib/harden/sysctl-files.ts'
import { needs } from '../helpers/needs.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { startSandbox } from '../plan/sandbox.ts'

const key = 'net.ipv4.conf.all.rp_filter'
const at = '/etc/sysctl.d/50-a.conf'

/** What to put where, in sh. */
const cases: readonly (readonly [string, string])[] = [
  ['a line', `echo '${key} = 2' >${at}`],
  ['a line that may fail', `echo '-${key}=2' >${at}`],
  ['slashes', `echo 'net/ipv4/conf/all/rp_filter=2' >${at}`],
  ['slashes and dots', `echo 'net/ipv4/conf/all.rp_filter=2' >${at}`],
  ['no sign between', `echo '${key} 2' >${at}`],
  ['a comment', `echo '; ${key}=2' >${at}`],
  ['a comment behind the value', `echo '${key} = 2 # loose' >${at}`],
  ['an octal number', `echo '${key}=02' >${at}`],
  ['a hexadecimal number', `echo '${key}=0x2' >${at}`],
  ['no end of the line', `printf '${key}=2' >${at}`],
  ['lines of another system', `printf '${key}=2\\r\\n' >${at}`],
  ['a star', `echo 'net.ipv4.conf.*.rp_filter=2' >${at}`],
  ['a star for another part', `echo 'net.*.conf.all.rp_filter=2' >${at}`],
  ['a star that would have to cross parts', `echo 'net.*.rp_filter=2' >${at}`],
  ['a question mark', `echo 'net.ipv4.conf.al?.rp_filter=2' >${at}`],
  ['a class', `echo 'net.ipv4.conf.[a-c]ll.rp_filter=2' >${at}`],
  ['a star and a line for itself before', `printf '${key}=2\\nnet.ipv4.conf.*.rp_filter=1\\n' >${at}`],
  ['two stars', `printf 'net.ipv4.conf.*.rp_filter=1\\nnet.ipv4.conf.*.rp_filter=2\\n' >${at}`],
  ['a star and a line that leaves it out', `printf 'net.ipv4.conf.*.rp_filter=2\\n-${key}\\n' >${at}`],
  ['the same the other way round', `printf -- '-${key}\\nnet.ipv4.conf.*.rp_filter=2\\n' >${at}`],
  ['a later file', `echo '${key}=1' >/etc/sysctl.d/10-a.conf; echo '${key}=2' >/usr/lib/sysctl.d/20-b.conf`],
  ['an earlier file', `echo '${key}=1' >/run/sysctl.d/10-a.conf; echo '${key}=2' >/etc/sysctl.d/05-b.conf`],
  ['a file that hides another', `echo '${key}=1' >/usr/lib/sysctl.d/50-a.conf; echo '${key}=2' >${at}`],
  [
    'a file that hides it behind another',
    `echo '${key}=1' >/usr/lib/sysctl.d/50-a.conf; echo '${key}=2' >/run/sysctl.d/50-a.conf`,
  ],
  ['an empty file that hides it', `echo '${key}=2' >/usr/lib/sysctl.d/50-a.conf; : >${at}`],
  ['a link to /dev/null that hides it', `echo '${key}=2' >/usr/lib/sysctl.d/50-a.conf; ln -s /dev/null ${at}`],
  ['a link to nothing that hides it', `echo '${key}=2' >/run/sysctl.d/50-a.conf; ln -s nowhere ${at}`],
  ['the last file', `echo '${key}=1' >${at}; echo '${key}=2' >/etc/sysctl.conf`],
  ['another ending', `echo '${key}=2' >/etc/sysctl.d/50-a.cfg`],
]

test.skipIf(!needs('root', 'mount', 'netns', 'sysctl'))(
  'what a setting will be at the next boot is what sysctl --system makes of the files',
  async () => {
    await using directory = await tempDir()
    await using sandbox = await startSandbox({
      directory: directory.path,
      setUp: 'mount -t tmpfs tmpfs /usr/lib/sysctl.d; mkdir -p /run/sysctl.d',
    })
    const told: unknown[] = []
    const real: unknown[] = []
    for (const [name, files] of cases) {
      await sandbox.sh(`rm -f /etc/sysctl.d/* /run/sysctl.d/* /usr/lib/sysctl.d/*; : >/etc/sysctl.conf; ${files}`)
      const facts = await lookAtHost(sandbox.place, [{ look: { texts: sysctlPatterns } }])
      told.push({ name, value: lineFor(facts, key)?.value ?? '0' })
      const value = await sandbox.sh(
        `cd /proc/sys/net/ipv4/conf/all; echo 0 >rp_filter; sysctl --system >/dev/null 2>&1; cat rp_filter`,
      )
      real.push({ name, value: value.trim() })
    }
    expect(told).toEqual(real)
  },
  120_000,
)
