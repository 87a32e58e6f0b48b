import { expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HostIndex } from '../../../src/lib/transport/known-hosts/host-index.ts'
import { parseHostLines } from '../../../src/lib/transport/known-hosts/host-line.ts'
import { needs } from '../../helpers/needs.ts'
import { makeKey } from '../../helpers/ssh-key.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { seededRandom } from '../ssh-config/random-config.ts'

const names = [
  'web1',
  'web2',
  'web1.example.org',
  'db-01.example.org',
  '10.0.0.1',
  'fd00::1',
  '[web1]:2222',
  '[10.0.0.1]:2222',
  '[web1.example.org]:22',
]
const patterns = [
  '*',
  'web*',
  'web?',
  '*.example.org',
  '!web1',
  '!*.example.org',
  '10.0.0.*',
  '[web1]:*',
  '[*]:2222',
  'fd00:*',
  'DB-01.*',
  'WEB1',
]

/** A known_hosts file as years leave it behind. */
function randomFile(seed: number, key: string): string {
  const random = seededRandom(seed)
  const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)] ?? ''
  return Array.from({ length: 4 + Math.floor(random() * 10) }, () => {
    const hosts = Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(random() < 0.6 ? names : patterns)).join(',')
    const marker = pick(['', '', '', '', '@revoked ', '@cert-authority ', '@other '])
    const line = `${pick(['', '', ' ', '\t'])}${marker}${hosts}${pick([' ', '\t', '  '])}${random() < 0.9 ? key : pick(['', 'ssh-ed25519', 'ssh-ed25519 AAAA', '1024 35 99'])}${pick(['', '', ' note'])}`
    return random() < 0.1 ? pick(['', '# note', `#${line}`, '   ']) : line
  }).join('\n')
}

/** Numbers of the lines that ssh-keygen finds for a name. */
function foundBySshKeygen(file: string, name: string): number[] {
  const { stdout } = Bun.spawnSync(['ssh-keygen', '-l', '-F', name, '-f', file], { stdin: 'ignore', stderr: 'ignore' })
  return [...stdout.toString().matchAll(/^# Host .* found: line (\d+)/gm)].map(([, line]) => Number(line))
}

test.skipIf(!needs('ssh-keygen'))(
  'finds the lines that ssh-keygen -F finds, plain and hashed by ssh-keygen -H',
  async () => {
    await using dir = await tempDir()
    const key = await makeKey(join(dir.path, 'key'), 'ed25519')
    for (let seed = 1; seed <= 25; seed++) {
      const file = join(dir.path, `known-${seed}`)
      await writeFile(file, `${randomFile(seed, key)}\n`)
      if (seed % 2 === 0) Bun.spawnSync(['ssh-keygen', '-H', '-f', file], { stdout: 'ignore', stderr: 'ignore' })
      const index = new HostIndex()
      index.add(parseHostLines(await Bun.file(file).text(), file))
      const found = names.map(name => index.find(name).map(({ line }) => line.line))
      expect({ seed, found }).toEqual({ seed, found: names.map(name => foundBySshKeygen(file, name)) })
    }
  },
  60_000,
)
