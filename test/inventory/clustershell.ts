import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { needs } from '../helpers/needs.ts'

/** What the real ClusterShell makes of a node set. */
export type Answer = { readonly fold: string; readonly names: string[] } | { readonly error: string }

/** Groups that both sides know. */
export const groups: Readonly<Record<string, readonly string[]>> = {
  web: ['web01', 'web02', 'web03', 'web04'],
  db: ['db1', 'db2'],
  rack1: ['web01', 'db1'],
  rack2: ['web02', 'db2'],
  'prod-eu': ['web03', 'db1'],
}

const python = '/usr/bin/python3'
export const hasClusterShell = needs('nodeset')

/** One process for all sets: a few hundred starts of `nodeset` would take half a minute. */
export function askClusterShell(sets: readonly string[]): Answer[] {
  const directory = mkdtempSync(join(tmpdir(), 'clustershell-'))
  try {
    mkdirSync(join(directory, 'groups.d'))
    writeFileSync(join(directory, 'groups.conf'), '[Main]\ndefault: roles\nautodir: $CFGDIR/groups.d\n')
    const lines = Object.entries(groups).map(([name, hosts]) => `  ${name}: '${hosts.join(',')}'`)
    writeFileSync(join(directory, 'groups.d', 'roles.yaml'), `roles:\n${lines.join('\n')}\n`)
    const run = spawnSync(python, [join(import.meta.dir, 'data', 'clustershell.py')], {
      input: JSON.stringify(sets),
      encoding: 'utf8',
      maxBuffer: 64 << 20,
      env: { ...process.env, CLUSTERSHELL_CFGDIR: directory },
    })
    if (run.status !== 0) throw new Error(run.stderr)
    return JSON.parse(run.stdout)
  } finally {
    rmSync(directory, { recursive: true })
  }
}
