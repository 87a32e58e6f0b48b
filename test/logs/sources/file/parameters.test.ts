import { expect, test } from 'bun:test'
import { appendFileSync, existsSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { tempDir } from '../../../helpers/temp-dir.ts'
import { Follower, type FollowerOptions, Memory } from './follower.ts'

const waits = 60_000

async function logs(params: FollowerOptions['params'], framing: FollowerOptions['framing'] = {}) {
  const directory = await tempDir()
  return {
    at: (name: string): string => join(directory.path, name),
    follow: () => new Follower({ memory: new Memory(), cwd: directory.path, params: { paths: ['*.log*'], ...params }, framing }),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  }
}

test(
  'ignore_older leaves files alone that nobody wrote to for so long, until somebody does',
  async () => {
    await using dir = await logs({ ignore_older: '1h' })
    writeFileSync(dir.at('old.log'), 'old\n')
    const before = Date.now() / 1000 - 7200
    utimesSync(dir.at('old.log'), before, before)
    writeFileSync(dir.at('new.log'), 'new\n')
    await using follower = dir.follow()
    await follower.has('new')
    await follower.until('idle', () => follower.idles > 0)
    expect(follower.lines).toEqual(['new'])
    appendFileSync(dir.at('old.log'), 'again\n')
    await follower.has('new', 'old', 'again')
  },
  waits,
)

test(
  'partial_after takes a last line without its end when nothing came for so long, and what follows is a line of its own',
  async () => {
    await using dir = await logs({ partial_after: '300ms' })
    writeFileSync(dir.at('a.log'), 'whole\nhal')
    await using follower = dir.follow()
    await follower.has('whole')
    await follower.has('whole', 'hal')
    appendFileSync(dir.at('a.log'), 'f\n')
    await follower.has('whole', 'hal', 'f')
  },
  waits,
)

test(
  'remove_after_delivery removes compressed and rotated files of which everything is delivered, and no others',
  async () => {
    await using dir = await logs({ remove_after_delivery: true, poll: '500ms' })
    writeFileSync(dir.at('a.log'), 'one\n')
    writeFileSync(dir.at('b.log.2.gz'), gzipSync('packed\n'))
    await using follower = dir.follow()
    await follower.until('one', () => follower.lines.includes('one'))
    renameSync(dir.at('a.log'), dir.at('a.log.1'))
    writeFileSync(dir.at('a.log'), 'two\n')
    await follower.until('all', () => follower.lines.length === 3)
    await follower.until('both are gone', () => !existsSync(dir.at('a.log.1')) && !existsSync(dir.at('b.log.2.gz')))
    expect(existsSync(dir.at('a.log'))).toBe(true)
    expect(follower.gaps).toEqual([])
  },
  waits,
)
