import { describe, expect, test } from 'bun:test'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type RevisionRecord, Revisions } from '../../src/lib/sync/revisions.ts'
import { writeSealed } from '../../src/lib/sync/sealed-file.ts'
import { stateDirectory } from '../../src/lib/sync/state-directory.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const sync = { name: 'the shop' }

const recordOf = (second: number, outcome: RevisionRecord['outcome']): RevisionRecord => {
  const at = new Date(Date.UTC(2026, 10, 22, 3, 0, second)).toISOString()
  return {
    ...{ version: 1, at, outcome, runId: `${at.replace(/[-:Z]/g, '')}-7f3a`, by: { uid: 0, user: 'root' }, fileSha256: '' },
    source: { title: 'config', revision: String(second), digest: '' },
    ...{ digests: {}, files: [{ path: '/etc/motd', sha256: '' }], hosts: { web1: [0] } },
    plan: { name: 'the shop', steps: [], waves: [], pauseMs: 0, gates: [], rollback: 'run' },
  }
}

describe('the records of revisions', () => {
  test('keep what stands on the hosts and what was before it, however many runs came to nothing since', async () => {
    await using directory = await tempDir()
    const context = { paths: { state: directory.path, home: undefined, cwd: '/', config: [] } }
    const at = join(stateDirectory(context, sync), 'revisions')
    const outcomes = ['kept', 'kept', 'kept', ...Array<'undone'>(60).fill('undone')] as const
    for (const [second, outcome] of outcomes.entries()) {
      const record = recordOf(second, outcome)
      await writeSealed(join(at, record.runId), JSON.parse(JSON.stringify(record)))
    }
    const revisions = new Revisions(context, sync)
    await revisions.begin(recordOf(99, 'begun'))
    expect(await readdir(at)).toHaveLength(52)
    expect((await revisions.applied()).last.source.revision).toBe('2')
    expect((await revisions.find(undefined)).source.revision).toBe('1')
  })
})
