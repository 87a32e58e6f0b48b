import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmod, chown, cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import packageJson from '../../package.json' with { type: 'json' }
import { hostTarget, readPackaging, root, targetsOf } from '../../scripts/release/packaging.ts'
import { preparedRuntime } from '../../scripts/release/runtime.ts'
import { type CleanRoot, cleanRoot } from '../helpers/clean-root.ts'
import { cycloneDxValidator } from '../helpers/cyclone-dx.ts'
import { hostileVariables } from '../helpers/hostile-variables.ts'
import { needs } from '../helpers/needs.ts'
import { makeRelease, pinned, productionPackages } from '../helpers/release.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'

const config = readPackaging()
const host = hostTarget(config)
const other = host.musl ? 'linux-x64' : 'linux-x64-musl'
const made = targetsOf(config, process.env['SOAK'] === '1' ? undefined : [host.name, other])
const { version } = packageJson

const hash = z.object({ alg: z.string(), content: z.string() })
const component = z.object({
  name: z.string(),
  group: z.string().optional(),
  purl: z.string().default(''),
  hashes: z.array(hash).default([]),
})
const contentsList = z.object({
  components: z.array(component.extend({ components: z.array(component).optional() })),
})

let place: TempDir
let first: string
let second: string

/** The release of two targets (of all with SOAK=1) is made twice before the tests: in two directories, time zones and under two umasks. */
beforeAll(async () => {
  place = await tempDir()
  for (const target of made) await preparedRuntime(target, config)
  first = await makeRelease(join(place.path, 'first'), { targets: made, umask: '022', TZ: 'UTC' })
  second = await makeRelease(join(place.path, 'a longer way/to/the second'), { targets: made, umask: '077', TZ: 'Asia/Tokyo' })
}, 1_200_000)

afterAll(async () => {
  await place[Symbol.asyncDispose]()
})

describe('a release', () => {
  test('has the same bytes from two directories, times and umasks', async () => {
    const sums = await readFile(join(first, 'SHA256SUMS'), 'utf8')
    const each = made.map(({ debian }) => (debian === undefined ? 4 : 5))
    // And install.sh, the launcher of npm, and the end of the last line.
    expect(sums.split('\n')).toHaveLength(each.reduce((sum, files) => sum + files, 3))
    expect(await readFile(join(second, 'SHA256SUMS'), 'utf8')).toBe(sums)
  })

  test('weighs at most 20 MB beside its runtime', async () => {
    for (const target of made) {
      const runtime = (await stat(await preparedRuntime(target, config))).size
      expect((await stat(join(first, target.name, 'opsctl'))).size - runtime).toBeLessThan(20_000_000)
    }
  })

  test('does not tell where it was made', async () => {
    const program = await readFile(join(second, host.name, 'opsctl'))
    for (const path of [place.path, root, 'a longer way/to']) expect(program.includes(path)).toBe(false)
  })

  test('says what is inside, as CycloneDX wants it: the runtime, and the packages in use as package-lock.json pins them', async () => {
    const valid = cycloneDxValidator()
    for (const target of made) {
      const list: unknown = JSON.parse(await readFile(join(first, `opsctl-${version}-${target.name}.cdx.json`), 'utf8'))
      expect(valid(list) ? [] : valid.errors).toEqual([])
      const [runtime, ...packages] = contentsList.parse(list).components
      expect(runtime).toMatchObject(pinned(`node_modules/${target.runtime}`))
      expect(runtime?.components?.map(({ name }) => name)).toEqual(expect.arrayContaining(['BoringSSL', 'SQLite', 'zlib-ng']))
      const names = packages.map(({ group, name }) => (group === undefined ? name : `${group}/${name}`))
      expect(names).toEqual(expect.arrayContaining(['ssh2', 'zod', 'commander', 'yaml', 'tar']))
      // Nothing that only the development needs, or that no line of opsctl reaches.
      const production = productionPackages().map(pinned)
      expect(production).toEqual(expect.arrayContaining(packages.map(({ purl, hashes }) => ({ purl, hashes }))))
      for (const unused of ['typescript', 'cpu-features', 'fast-check', 'nan']) expect(names).not.toContain(unused)
    }
  })

  test('a list of contents that CycloneDX does not want would be told', async () => {
    const valid = cycloneDxValidator()
    const list = await readFile(join(first, `opsctl-${version}-${host.name}.cdx.json`), 'utf8')
    for (const [right, wrong] of [
      ['"id": "MIT"', '"id": "The MIT"'],
      ['"alg": "SHA-512"', '"alg": "SHA512"'],
      ['"type": "vcs"', '"type": "git"'],
    ] as const)
      expect([wrong, valid(JSON.parse(list.replace(right, wrong)))]).toEqual([wrong, false])
  })
})

const mayChroot = needs('root', 'busybox', 'mount')

describe.skipIf(!mayChroot)('on a clean root', () => {
  test('install.sh verifies, installs and starts the program, from a directory and from a server', async () => {
    await using clean = await cleanRoot()
    await cp(first, join(clean.path, 'release'), { recursive: true })
    const installed = await clean.run('sh /release/install.sh --system')
    expect(installed).toMatchObject({
      code: 0,
      stdout: `opsctl install: opsctl ${version} is in /usr/local/bin (${host.name})\n`,
    })
    await worksThere(clean, '/usr/local/bin/opsctl')
    expect(await readdir(join(clean.path, 'usr/local/share/man/man1'))).toContain('opsctl-exec.1')

    using server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: request => new Response(Bun.file(join(first, new URL(request.url).pathname))),
    })
    const fetched = await clean.run('cp /release/install.sh /i.sh; HOME=/home/ops OPSCTL_BASE_URL=$URL sh /i.sh --user', {
      URL: `http://127.0.0.1:${server.port}`,
    })
    expect(fetched.stdout).toContain('add /home/ops/.local/bin to PATH')
    expect((await clean.run('/home/ops/.local/bin/opsctl exec -t localhost --no-prefix -- echo it runs')).stdout).toBe(
      'it runs\n',
    )
  }, 120_000)

  test('install.sh installs for everybody under any umask, below a relative prefix, and over no directory', async () => {
    await using clean = await cleanRoot()
    await cp(first, join(clean.path, 'release'), { recursive: true })
    const odd = { TAR_OPTIONS: '--bogus', GZIP: '--bogus', CDPATH: '/', IFS: 'o', POSIXLY_CORRECT: '1' }
    expect(await clean.run('umask 077; cd /tmp; sh /release/install.sh --prefix here', odd)).toMatchObject({
      code: 0,
      stderr: '',
    })
    const installed = await clean.run(
      'cd /tmp/here; find . -type d ! -perm 755; find . -type f ! -perm 644; bin/opsctl --version',
    )
    expect(installed.stdout).toBe(`./bin/opsctl\nopsctl ${version}\n`)
    expect(await clean.run('mkdir -p /opt/bin/opsctl; sh /release/install.sh --prefix /opt')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('/opt/bin/opsctl is a directory'),
    })
  }, 120_000)

  test('install.sh refuses what was changed, what does not start, and an address that is not encrypted', async () => {
    await using clean = await cleanRoot()
    const archive = join('release', `opsctl-${version}-${host.name}.tar.gz`)
    await mkdir(join(clean.path, 'release'))
    for (const name of ['install.sh', 'SHA256SUMS']) await cp(join(first, name), join(clean.path, 'release', name))
    await writeFile(join(clean.path, archive), 'something else')
    expect(await clean.run('sh /release/install.sh')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('SHA256SUMS says'),
    })
    expect((await clean.run('OPSCTL_BASE_URL=http://mirror.example/ sh /release/install.sh')).stderr).toContain(
      'is not encrypted',
    )
    const { stderr } = await clean.run('sh /release/install.sh --target linux-riscv64')
    expect(stderr).toContain('this release has no program for linux-riscv64\nhint: it has: ')
    for (const name of [host.name, other]) expect(stderr).toContain(` ${name} `)
    await cp(join(first, `opsctl-${version}-${other}.tar.gz`), join(clean.path, 'release', `opsctl-${version}-${other}.tar.gz`))
    expect((await clean.run(`sh /release/install.sh --target ${other}`)).stderr).toContain('does not start on this machine')
    expect(await Bun.file(join(clean.path, 'usr/local/bin/opsctl')).exists()).toBe(false)
  }, 120_000)

  test.skipIf(host.debian === undefined || !needs('dpkg'))(
    'the Debian package installs, lists its files, and goes again',
    async () => {
      await using clean = await cleanRoot()
      await mkdir(join(clean.path, 'var/lib/dpkg/updates'), { recursive: true })
      for (const name of ['status', 'available', 'info/format']) {
        await mkdir(dirname(join(clean.path, 'var/lib/dpkg', name)), { recursive: true })
        await writeFile(join(clean.path, 'var/lib/dpkg', name), name === 'info/format' ? '1\n' : '')
      }
      const dpkg = (...args: string[]) =>
        Bun.spawnSync(['dpkg', `--root=${clean.path}`, '--force-depends', '--force-script-chrootless', ...args])
      const packed = join(first, `opsctl_${version}_${host.debian}.deb`)
      expect(dpkg('--install', packed).exitCode).toBe(0)
      await worksThere(clean, 'opsctl')
      expect(dpkg('--listfiles', 'opsctl').stdout.toString()).toContain('/usr/share/man/man1/opsctl.1.gz')
      expect(dpkg('--listfiles', 'opsctl').stdout.toString()).toContain('/usr/share/doc/opsctl/record.proto')
      expect(dpkg('--verify', 'opsctl').stdout.toString()).toBe('')
      expect(dpkg('--remove', 'opsctl').exitCode).toBe(0)
      expect(await Bun.file(join(clean.path, 'usr/bin/opsctl')).exists()).toBe(false)
    },
    120_000,
  )

  test('the tar unpacks below /usr/local, whose directories stay what they were', async () => {
    await using clean = await cleanRoot()
    await cp(join(first, `opsctl-${version}-${host.name}.tar.gz`), join(clean.path, 'opsctl.tar.gz'))
    const bin = join(clean.path, 'usr/local/bin')
    await mkdir(bin, { recursive: true })
    await chown(bin, 0, 50)
    await chmod(bin, 0o2775)
    const unpacked = await clean.run('tar -xzf /opsctl.tar.gz --strip-components=1 -C /usr/local')
    expect(unpacked).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(await stat(bin)).toMatchObject({ gid: 50, mode: 0o42775 })
    await worksThere(clean, '/usr/local/bin/opsctl')
    expect(await readdir(join(clean.path, 'usr/local/share/man/man1'))).toContain('opsctl-exec.1')
  }, 120_000)

  test.skipIf(!needs('npm'))(
    'npm installs the launcher and the program of this platform alone',
    async () => {
      await using clean = await cleanRoot()
      await clean.add('node')
      await clean.add('npm')
      for (const name of ['opsctl', host.name])
        await cp(join(first, `npm-${name}-${version}.tgz`), join(clean.path, `${name}.tgz`))
      const packages = `/opsctl.tgz /${host.name}.tgz`
      const install = (options: string) =>
        clean.run(`cd /app && npm install --offline --ignore-scripts --no-audit --no-fund ${options} ${packages}`, {
          HOME: '/root',
        })
      await mkdir(join(clean.path, 'app'))
      expect(await install('--prefix /app')).toMatchObject({ code: 0 })
      await worksThere(clean, '/app/node_modules/.bin/opsctl')
      expect(await install('--global --prefix /usr/local')).toMatchObject({ code: 0 })
      await worksThere(clean, '/usr/local/bin/opsctl')
      await chmod(join(clean.path, `app/node_modules/@opsctl/${host.name}/bin/opsctl`), 0o644)
      expect(await clean.run('/app/node_modules/.bin/opsctl --version')).toMatchObject({
        code: 70,
        stderr: expect.stringContaining(`npm did not install @opsctl/${host.name}`),
      })
    },
    120_000,
  )
})

/** What an installed program has to do in there: start, run something, and take no notice of hostile variables. */
async function worksThere(clean: CleanRoot, program: string): Promise<void> {
  await mkdir(join(clean.path, 'hostile'), { recursive: true })
  const variables = await hostileVariables(join(clean.path, 'hostile'), '/hostile')
  for (const env of [{}, variables])
    for (const [line, stdout] of [
      ['--version', `opsctl ${version}\n`],
      ['exec -t localhost --no-prefix -- echo it runs', 'it runs\n'],
    ])
      expect(await clean.run(`cd /hostile && ${program} ${line}`, env)).toMatchObject({ code: 0, stdout })
}
