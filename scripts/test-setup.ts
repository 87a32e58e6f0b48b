/** Installs what tests ask for and this machine lacks, where that is possible: as root on Debian. `OPSCTL_NO_INSTALL=1` leaves it alone. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { type NeedName, needsTable } from '../test/helpers/needs.ts'

interface Setup {
  readonly installed: readonly string[]
  /** Packages that are still missing, and why. */
  readonly missing: readonly string[]
  readonly why: string
}

/** Debian package of a need, if it can be installed. */
export const packageOf = (name: NeedName): string | undefined => {
  const need = needsTable[name]
  return 'package' in need ? need.package : undefined
}

export function setUpTests(): Setup {
  const wanted = missingPackages()
  if (wanted.length === 0) return { installed: [], missing: [], why: '' }
  const why = cannotInstall()
  if (why !== undefined) return { installed: [], missing: wanted, why }
  withoutStartingServices(() => {
    if (aptGet('install', wanted)) return
    aptGet('update', [])
    // One package that this release does not have must not keep the others away.
    for (const name of wanted) aptGet('install', [name])
  })
  const missing = missingPackages()
  return { installed: wanted.filter(name => !missing.includes(name)), missing, why: 'apt-get could not install them' }
}

function missingPackages(): string[] {
  const missing = [...askedNeeds()].filter(name => !needsTable[name].present()).map(packageOf)
  return [...new Set(missing.filter(name => name !== undefined))]
}

/** The names in every `needs('…')` of the tests. */
function askedNeeds(): Set<NeedName> {
  const files = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'))
  const calls = files.flatMap(file => [...readFileSync(`test/${file}`, 'utf8').matchAll(/\bneeds\(([^)]*)\)/g)])
  const words = calls.flatMap(([, names = '']) => [...names.matchAll(/['"]([\w-]+)['"]/g)].map(([, name]) => name))
  const isNeed = (word: string | undefined): word is NeedName => word !== undefined && word in needsTable
  return new Set(words.filter(isNeed))
}

function cannotInstall(): string | undefined {
  if (process.env['OPSCTL_NO_INSTALL']) return 'OPSCTL_NO_INSTALL is set'
  if (!existsSync('/etc/debian_version')) return 'not Debian'
  return userInfo().uid === 0 ? undefined : 'not root'
}

function aptGet(action: string, packages: readonly string[]): boolean {
  const options = ['-qq', '-y', '--no-install-recommends', '-o', 'Acquire::Retries=1', '-o', 'Acquire::http::Timeout=20']
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return spawnSync('apt-get', [...options, action, ...packages], { env, stdio: 'ignore', timeout: 600_000 }).status === 0
}

/** Installing a server for tests must not open its port on this machine. */
function withoutStartingServices(install: () => void): void {
  const policy = '/usr/sbin/policy-rc.d'
  if (existsSync(policy)) {
    install()
    return
  }
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    install()
  } finally {
    rmSync(policy)
  }
}
