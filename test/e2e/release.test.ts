import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmod, cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import packageJson from '../../package.json' with { type: 'json' }
import { hostTarget, readPackaging, root, targetsOf } from '../../scripts/release/packaging.ts'
import { preparedRuntime } from '../../scripts/release/runtime.ts'
import { cleanRoot } from '../helpers/clean-root.ts'
import { cycloneDxValidator } from '../helpers/cyclone-dx.ts'
import { needs } from '../helpers/needs.ts'
import { type TempDir, tempDir } from '../helpers/temp-dir.ts'

const config = readPackaging()
const host = hostTarget(config)
const other = host.musl ? 'linux-x64' : 'linux-x64-musl'
const made = targetsOf(config, process.env['SOAK'] === '1' ? undefined : [host.name, other])
const { version, dependencies } = packageJson

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
  first = await release(join(place.path, 'first'), { umask: '022', TZ: 'UTC' })
  second = await release(join(place.path, 'a longer way/to/the second'), { umask: '077', TZ: 'Asia/Tokyo' })
}, 1_200_000)

afterAll(async () => {
  await place[Symbol.asyncDispose]()
})

async function release(checkout: string, { umask, TZ }: { umask: string; TZ: string }): Promise<string> {
  for (const name of ['src', 'scripts', 'docs/man', 'LICENSE', 'package.json', 'package-lock.json', 'pkg.config.json'])
    await cp(join(root, name), join(checkout, name), { recursive: true })
  for (const name of productionPackages())
    await cp(join(root, name), join(checkout, name), { recursive: true, dereference: true })
  await symlink(join(root, 'node_modules/@oven'), join(checkout, 'node_modules/@oven'))
  await mkdir(join(checkout, '.tmp'))
  await symlink(join(root, '.tmp/runtimes'), join(checkout, '.tmp/runtimes'))
  const line = `umask ${umask}; exec sh scripts/bun scripts/release.ts --fast ${made.map(({ name }) => `--target ${name}`).join(' ')}`
  const end = Bun.spawnSync(['sh', '-c', line], { cwd: checkout, env: { ...process.env, TZ }, stderr: 'pipe' })
  expect(end.stderr.toString()).toBe('')
  return join(checkout, config.releaseDirectory)
}

/** By path, as in `node_modules/ora/node_modules/chalk`. */
const lockedPackages = z
  .object({
    packages: z.record(
      z.string(),
      z.object({
        version: z.string(),
        integrity: z.string().default(''),
        dev: z.boolean().default(false),
        optional: z.boolean().default(false),
      }),
    ),
  })
  .parse(JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'))).packages

const productionPackages = (): string[] =>
  Object.entries(lockedPackages).flatMap(([path, { dev, optional }]) => (path !== '' && !dev && !optional ? [path] : []))

/** What a list of contents has to say of a package. */
function pinned(path: string): { purl: string; hashes: { alg: string; content: string }[] } {
  const { version = '', integrity = '' } = lockedPackages[path] ?? {}
  const content = Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex')
  return {
    purl: `pkg:npm/${path.replace(/^.*node_modules\//, '').replace('@', '%40')}@${version}`,
    hashes: [{ alg: 'SHA-512', content }],
  }
}

describe('a release', () => {
  test('has the same bytes from two directories, times and umasks', async () => {
    const sums = await readFile(join(first, 'SHA256SUMS'), 'utf8')
    const each = made.map(({ debian }) => (debian === undefined ? 4 : 5))
    // And install.sh, the launcher of npm, and the end of the last line.
    expect(sums.split('\n')).toHaveLength(each.reduce((sum, files) => sum + files, 3))
    expect(await readFile(join(second, 'SHA256SUMS'), 'utf8')).toBe(sums)
  })

  test('does not tell where it was made', async () => {
    const program = await readFile(join(second, host.name, 'opsctl'))
    for (const path of [place.path, root, 'a longer way']) expect(program.includes(path)).toBe(false)
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
      expect(names).toEqual(expect.arrayContaining([...Object.keys(dependencies), 'minipass']))
      // What none of them says is what only the development needs, or what no line of opsctl reaches.
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
    expect((await clean.run('/usr/local/bin/opsctl --version')).stdout).toBe(`opsctl ${version}\n`)
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
    const { stderr } = await clean.run('sh /release/install.sh --target linux-arm64')
    expect(stderr).toContain('this release has no program for linux-arm64\nhint: it has: ')
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
      expect((await clean.run('opsctl --version')).stdout).toBe(`opsctl ${version}\n`)
      expect(dpkg('--listfiles', 'opsctl').stdout.toString()).toContain('/usr/share/man/man1/opsctl.1')
      expect(dpkg('--verify', 'opsctl').stdout.toString()).toBe('')
      expect(dpkg('--remove', 'opsctl').exitCode).toBe(0)
      expect(await Bun.file(join(clean.path, 'usr/bin/opsctl')).exists()).toBe(false)
    },
    120_000,
  )
})

test.skipIf(!Bun.which('npm'))(
  'npm installs the launcher and the program of this platform alone',
  async () => {
    const project = join(place.path, 'project')
    await mkdir(project)
    await writeFile(join(project, 'package.json'), '{}')
    const packages = ['opsctl', host.name].map(name => join(first, `npm-${name}-${version}.tgz`))
    const npm = Bun.spawnSync(['npm', 'install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', ...packages], {
      cwd: project,
    })
    expect(npm.exitCode).toBe(0)
    const run = (): string =>
      Bun.spawnSync([join(project, 'node_modules/.bin/opsctl'), '--version'], {
        env: { PATH: '/usr/bin:/bin' },
        stderr: 'pipe',
      }).stderr.toString()
    expect(run()).toBe('')
    await chmod(join(project, `node_modules/@opsctl/${host.name}/bin/opsctl`), 0o644)
    expect(run()).toContain(`npm did not install @opsctl/${host.name}`)
  },
  120_000,
)
