import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type PackedFile, tarGz } from './archive.ts'
import type { Target } from './packaging.ts'

export interface NpmRelease {
  readonly version: string
  readonly description: string
  readonly level?: number
}

/** The package that people install: a launcher, and the programs of all platforms as optional dependencies. */
export function mainPackage({ version, description }: NpmRelease, targets: readonly Target[]): Promise<Buffer> {
  const launcher = readFileSync(join(import.meta.dirname, 'npm-launcher.sh'))
  const manifest = {
    name: 'opsctl',
    version,
    description,
    license: 'Apache-2.0',
    bin: { opsctl: 'bin/opsctl' },
    os: [...new Set(targets.map(({ os }) => os))],
    cpu: [...new Set(targets.map(({ cpu }) => cpu))],
    optionalDependencies: Object.fromEntries(targets.map(target => [platformName(target), version])),
  }
  return npmPackage(manifest, [{ path: 'bin/opsctl', content: launcher, executable: true }])
}

/** The package of one platform; npm installs it where its os, cpu and libc fit. */
export function platformPackage(release: NpmRelease, target: Target, files: readonly PackedFile[]): Promise<Buffer> {
  const manifest = {
    name: platformName(target),
    version: release.version,
    description: `The program of opsctl for ${target.name}.`,
    license: 'Apache-2.0',
    os: [target.os],
    cpu: [target.cpu],
    ...(target.os === 'linux' && { libc: [target.musl ? 'musl' : 'glibc'] }),
    preferUnplugged: true,
  }
  return npmPackage(manifest, files, release.level)
}

export const platformName = ({ name }: Target): string => `@opsctl/${name}`

const npmPackage = (manifest: object, files: readonly PackedFile[], level = 9): Promise<Buffer> =>
  tarGz([{ path: 'package.json', content: `${JSON.stringify(manifest, undefined, 2)}\n` }, ...files], {
    prefix: 'package',
    level,
  })
