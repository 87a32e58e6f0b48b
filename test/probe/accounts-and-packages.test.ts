import { describe, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { CheckPlace, Reading } from '../../src/lib/core/check.ts'
import { systemClock } from '../../src/lib/io/system-clock.ts'
import { accountReading } from '../../src/lib/probe/accounts.ts'
import packageCheck from '../../src/lib/probe/checks/package.ts'
import { notThere } from '../../src/lib/probe/file-reading.ts'
import { readAll } from '../../src/lib/probe/readings.ts'
import { needs } from '../helpers/needs.ts'
import { fullHost } from '../plan/step-host.ts'

// Many are read by one program: each must get its own, as the host itself tells of it.

const place: CheckPlace = { transport: fullHost(), clock: systemClock, signal: new AbortController().signal }
const printed = (program: string, ...args: string[]): string => spawnSync(program, args, { encoding: 'utf8' }).stdout

describe('accounts', () => {
  test('are all found as getent tells them, and only those that are there', async () => {
    const databases = ['passwd', 'group'] as const
    const known = databases.flatMap(database =>
      readFileSync(`/etc/${database}`, 'utf8')
        .split('\n')
        .flatMap(line => (/^[A-Za-z_]/.test(line) ? { database, name: line.split(':')[0] ?? '', line: `${line}\n` } : [])),
    )
    const absent = ['roo', 'root.', 'r..t', 'nobody\\x', 'oot', 'bin$'].flatMap(name =>
      databases.map(database => accountReading(database, name)),
    )
    const found = await readAll(place, [...absent, ...known.map(({ database, name }) => accountReading(database, name))])
    for (const { database, name, line } of known)
      expect([name, found(accountReading(database, name)).stdout.toString()]).toEqual([name, line])
    for (const reading of absent) expect([reading.does, found(reading).code]).toEqual([reading.does, notThere])
  }, 60_000)
})

describe.skipIf(!needs('dpkg'))('packages', () => {
  test('are found as dpkg tells them, those of several architectures and those that are gone among them', async () => {
    const lines = printed('dpkg-query', '-W', '-f', '${Package} ${Version} ${db:Status-Status}\n').trim().split('\n')
    const all = lines.map(line => line.split(' '))
    const readingOf = (name: string): Reading => {
      const [reading] = packageCheck.build({ name }).host?.readings ?? []
      if (!reading) throw new Error('the check reads nothing')
      return reading
    }
    const names = [...new Set(all.map(([name = '']) => name))].slice(0, 150)
    const odd = ['no-such-package', 'dpk', 'libc6:amd64', 'g..c', 'libstdc++6']
    const found = await readAll(place, [...names, ...odd].map(readingOf))
    for (const name of names) {
      const own = all.filter(([each]) => each === name).map(([, version, status]) => `${status} ${version}\n`)
      expect([name, found(readingOf(name)).stdout.toString()]).toEqual([name, `dpkg\n${own.join('')}`])
    }
    expect(odd.map(name => found(readingOf(name)).code)).toEqual(odd.map(() => 0))
    expect(['no-such-package', 'dpk', 'g..c'].map(name => found(readingOf(name)).stdout.toString())).toEqual([
      'dpkg\n',
      'dpkg\n',
      'dpkg\n',
    ])
    expect(found(readingOf('libc6:amd64')).stdout.toString()).toMatch(/^dpkg\nii +2\.\S+\n$/)
  }, 60_000)
})
