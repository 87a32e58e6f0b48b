import { expect, test } from 'bun:test'
import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import packageJson from '../../package.json' with { type: 'json' }
import { hostTarget, readPackaging } from '../../scripts/release/packaging.ts'
import { needs } from '../helpers/needs.ts'
import { makeRelease } from '../helpers/release.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const target = hostTarget(readPackaging())
const { version } = packageJson
const may = target.debian !== undefined && needs('root', 'mount', 'debootstrap')

// A real Debian, from its mirror: with `npm run soak` alone. test/e2e/release.test.ts does the same with less.
if (process.env['SOAK'] === '1')
  test.skipIf(!may)(
    'on a fresh Debian lintian has nothing to say of the package, apt installs it with what it needs, and install.sh and the tar do',
    async () => {
      await using place = await tempDir()
      const debian = join(place.path, 'debian')
      const made = Bun.spawnSync(['debootstrap', '--variant=minbase', 'bookworm', debian, 'http://deb.debian.org/debian'])
      expect(made.exitCode).toBe(0)
      const release = await makeRelease(join(place.path, 'checkout'), { targets: [target], umask: '022', TZ: 'UTC' })
      await mkdir(join(debian, 'release'))
      await cp(release, join(debian, 'release'), { recursive: true })
      await cp('/etc/resolv.conf', join(debian, 'etc/resolv.conf'))
      const run = (line: string): string => inDebian(debian, line)

      run('apt-get install -y -qq --no-install-recommends lintian')
      const deb = `/release/opsctl_${version}_${target.debian}.deb`
      expect(run(`lintian --allow-root --pedantic --display-info ${deb}`)).toBe('')
      run(`apt-get install -y -qq --no-install-recommends ${deb}`)
      expect(run('opsctl --version; opsctl exec -t localhost --no-prefix -- echo it runs')).toBe(`opsctl ${version}\nit runs\n`)
      expect(run('dpkg --verify opsctl; dpkg --audit')).toBe('')
      run('apt-get purge -y -qq opsctl && ! command -v opsctl && ! find /usr /etc -iname "*opsctl*" | grep .')

      const before = run('stat -c "%A %U %G %n" /usr/local /usr/local/*')
      run('sh /release/install.sh && /usr/local/bin/opsctl --version && rm /usr/local/bin/opsctl')
      const tar = `/release/opsctl-${version}-${target.name}.tar.gz`
      expect(run(`tar -xzf ${tar} --strip-components=1 -C /usr/local && opsctl --version`)).toBe(`opsctl ${version}\n`)
      expect(run('stat -c "%A %U %G %n" /usr/local /usr/local/*')).toBe(before)
    },
    900_000,
  )

/** Standard output of a line of sh in the root; throws with everything it said when it fails. */
function inDebian(root: string, line: string): string {
  const setUp = 'mount --rbind /dev "$0/dev"; mount --bind /proc "$0/proc"; exec chroot "$0" /bin/sh -c "$1"'
  const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', DEBIAN_FRONTEND: 'noninteractive' }
  const end = Bun.spawnSync(['unshare', '--mount', 'sh', '-c', setUp, root, line], { env, stderr: 'pipe' })
  if (end.exitCode !== 0) throw new Error(`${line}: ${end.exitCode}\n${end.stdout}${end.stderr}`)
  return end.stdout.toString()
}
