import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { StepPlace } from '../../../src/lib/core/plan.ts'
import stepPackage from '../../../src/lib/plan/steps/package.ts'
import { findProgram, needs } from '../../helpers/needs.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'
import { roundTrip } from '../round-trip.ts'
import { fullHost, stepPlace } from '../step-host.ts'

const run = promisify(execFile)
const ready = needs('root') && findProgram('apt-get') !== undefined && findProgram('dpkg-deb') !== undefined

/** The real apt and dpkg on a system of their own: an empty root and a repository in a directory. */
describe.skipIf(!ready)('package, by apt', () => {
  let directory: TempDir
  let root: string
  let place: StepPlace

  beforeAll(async () => {
    directory = await tempDir()
    root = join(directory.path, 'root')
    for (const part of ['var/lib/dpkg/updates', 'var/lib/dpkg/info', 'etc/apt/apt.conf.d', 'etc/apt/preferences.d', 'tmp']) {
      await mkdir(join(root, part), { recursive: true })
    }
    for (const part of ['var/lib/apt/lists/partial', 'var/cache/apt/archives/partial', 'var/log/apt']) {
      await mkdir(join(root, part), { recursive: true })
    }
    await writeFile(join(root, 'var/lib/dpkg/status'), '')
    await writeFile(join(root, 'etc/apt/sources.list'), `deb [trusted=yes] copy:${directory.path}/repository ./\n`)
    await writeFile(
      join(directory.path, 'apt.conf'),
      `Dir "${root}/"; Dir::State::status "${root}/var/lib/dpkg/status"; Dir::Bin::methods "/usr/lib/apt/methods"; Dir::Bin::dpkg "/usr/bin/dpkg";
      DPkg::Options { "--root=${root}"; }; APT::Sandbox::User "root"; APT::Install-Recommends "false"; Acquire::Languages "none";\n`,
    )
    await makeRepository(directory.path)
    const env = { APT_CONFIG: join(directory.path, 'apt.conf'), DPKG_ROOT: root, DPKG_ADMINDIR: join(root, 'var/lib/dpkg') }
    place = stepPlace(fullHost(env))
    await sh('apt-get update')
  }, 60_000)
  afterAll(() => directory?.[Symbol.asyncDispose]())

  async function sh(line: string): Promise<string> {
    const output = await place.run({ argv: ['sh', '-c', line] })
    if (output.code !== 0) throw new Error(`${line}: ${Buffer.from(output.stderr)}`)
    return Buffer.from(output.stdout).toString()
  }
  const state = () =>
    sh(
      `dpkg-query -W -f '\${Package} \${Version} \${db:Status-Abbrev}\n' 'shop*' 2>&1 | grep -v ' un *$'; find ${root}/usr ${root}/etc/shop 2>&1; :`,
    )
  const fresh = () => sh(`apt-get -y purge 'shop*'`)

  test('comes with what it needs, and goes with all of that', async () => {
    await fresh()
    const build = () => stepPackage.build({ name: 'shop-agent' })
    expect(build().diff(await build().capture(place))).toBe('shop-lib: absent -> 1.0\nshop-agent: absent -> 2.0\n')
    await roundTrip({ build, place, state })
  }, 120_000)

  test('is brought to a version and back to the one that was there', async () => {
    await fresh()
    await sh('apt-get -y install shop-agent=1.0')
    await roundTrip({ build: () => stepPackage.build({ name: 'shop-agent', version: '2.0' }), place, state })
    await sh('apt-get -y install shop-agent=2.0')
    await roundTrip({ build: () => stepPackage.build({ name: 'shop-agent', version: '1.0' }), place, state })
  }, 120_000)

  test('is removed with what needs it, and all comes back in its version', async () => {
    await fresh()
    await sh('apt-get -y install shop-agent=1.0')
    const build = () => stepPackage.build({ name: 'shop-lib', state: 'absent' })
    expect(build().diff(await build().capture(place))).toBe('shop-agent: 1.0 -> absent\nshop-lib: 1.0 -> absent\n')
    await roundTrip({ build, place, state })
  }, 120_000)

  test('is not taken back when something else came that needs it', async () => {
    await fresh()
    const step = stepPackage.build({ name: 'shop-lib' })
    const before = await step.capture(place)
    await step.do(place, before)
    await sh('apt-get -y install shop-agent')
    await expect(step.undo?.(place, before)).rejects.toThrow('shop-agent would go too')
    expect(await sh('dpkg-query -W shop-agent')).toBe('shop-agent\t2.0\n')
  }, 60_000)

  test('that no repository has is told in the words of apt', async () => {
    const step = stepPackage.build({ name: 'no-such' })
    await expect(step.capture(place)).rejects.toThrow(
      'could not look at the package no-such: E: Unable to locate package no-such',
    )
  })
})

/** shop-lib 1.0, and shop-agent 1.0 and 2.0 that need it. */
async function makeRepository(directory: string): Promise<void> {
  const entries: string[] = []
  await mkdir(join(directory, 'repository'))
  for (const { name, version, depends } of [
    { name: 'shop-lib', version: '1.0', depends: '' },
    { name: 'shop-agent', version: '1.0', depends: 'Depends: shop-lib\n' },
    { name: 'shop-agent', version: '2.0', depends: 'Depends: shop-lib\n' },
  ]) {
    const tree = join(directory, `${name}-${version}`)
    const control = `Package: ${name}\nVersion: ${version}\nArchitecture: all\nMaintainer: Shop <ops@example.com>\n${depends}Description: part of the shop\n`
    await mkdir(join(tree, 'DEBIAN'), { recursive: true })
    await mkdir(join(tree, 'usr/share/shop'), { recursive: true })
    await mkdir(join(tree, 'etc/shop'), { recursive: true })
    await writeFile(join(tree, 'DEBIAN/control'), control)
    await writeFile(join(tree, 'DEBIAN/conffiles'), `/etc/shop/${name}.conf\n`)
    await writeFile(join(tree, `etc/shop/${name}.conf`), 'workers = 4\n')
    await writeFile(join(tree, 'usr/share/shop', name), `${version}\n`)
    const file = join(directory, 'repository', `${name}_${version}.deb`)
    await run('dpkg-deb', ['--build', '--root-owner-group', '-Znone', tree, file])
    const sha256 = createHash('sha256')
      .update(await readFile(file))
      .digest('hex')
    entries.push(`${control}Filename: ./${name}_${version}.deb\nSize: ${(await stat(file)).size}\nSHA256: ${sha256}\n`)
  }
  await writeFile(join(directory, 'repository/Packages'), entries.join('\n'))
}
