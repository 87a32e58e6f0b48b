import { describe, expect, test } from 'bun:test'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PlanRecord } from '../../../src/lib/plan/record.ts'
import { needs } from '../../helpers/needs.ts'
import { startOpsctl } from '../../helpers/opsctl.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { begun, did, Past } from './past.ts'

const left = async ({ state }: Past): Promise<string[]> => (await readdir(join(state, 'runs'))).sort()
const json = async (past: Past, line: string) => JSON.parse((await past.opsctl(`${line} -o json`)).stdout)

describe('opsctl runs prune', () => {
  test('removes what began more than 30 days ago, and says how much it was', async () => {
    await using home = await tempDir()
    const past = new Past(home.path)
    const [old, younger, newest] = [await past.run(31), await past.run(29), await past.run(1)]
    await writeFile(join(past.state, 'runs', old, 'output'), Buffer.alloc(1024 ** 2))
    const { code, stdout } = await past.opsctl('runs prune --yes')
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^removed 1 run, 1(\.\d)? MiB\n$/) })
    expect(await left(past)).toEqual([younger, newest])
    expect(await readdir(past.state)).not.toContain('trash')
  })

  test.each([
    ['--keep 2', [3, 4]],
    ['--older-than 3d', [2, 3, 4]],
    ['--older-than 3d --keep 2', [3, 4]],
    ['--older-than 1w --keep 9', [0, 1, 2, 3, 4]],
    ['--keep 0', [4]],
  ])('with %s leaves of runs of 5, 4, 3, 2 and 1 days ago those at %p', async (flags, stay) => {
    await using home = await tempDir()
    const past = new Past(home.path)
    const runs: string[] = []
    for (const days of [5, 4, 3, 2, 1]) runs.push(await past.run(days))
    await past.opsctl(`runs prune --yes ${flags}`)
    expect(await left(past)).toEqual(stay.map(index => runs[index] ?? ''))
  })

  test('shows with --dry-run what would go, and removes nothing', async () => {
    await using home = await tempDir()
    const past = new Past(home.path)
    const [old] = [await past.run(40, 'df -h'), await past.run(1)]
    const { code, stdout } = await past.opsctl('runs prune --dry-run')
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(new RegExp(`^would remove 1 run, .*\\n  ${old}  .*exec  df -h\\n$`)),
    })
    expect(await left(past)).toHaveLength(2)
  })

  test('refuses where nobody can be asked, and removes nothing', async () => {
    await using home = await tempDir()
    const past = new Past(home.path)
    for (const days of [40, 1]) await past.run(days)
    const { code, stderr } = await past.opsctl('runs prune')
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('nobody can be asked: remove 1 run, ') })
    expect(await left(past)).toHaveLength(2)
  })

  test('asks nobody where there is nothing to remove', async () => {
    await using home = await tempDir()
    expect(await new Past(home.path).opsctl('runs prune')).toEqual({ code: 0, stdout: 'nothing to remove\n', stderr: '' })
  })

  test('leaves the newest run, which @failed means, however old it is', async () => {
    await using home = await tempDir()
    const past = new Past(home.path)
    const [, newest] = [await past.run(50), await past.run(40, 'uptime', ['web2'])]
    await past.opsctl('runs prune --yes')
    expect(await left(past)).toEqual([newest])
    const { stderr } = await past.opsctl('exec -t localhost --limit @failed -- true')
    expect(stderr).toContain('localhost selects no host after --limit')
  })

  const ends: readonly (readonly [string, string | undefined, readonly PlanRecord[]])[] = [
    ['unfinished', 'unfinished', did('web1')],
    ['unfinished in the middle of a step', 'unfinished', [begun('web1')]],
    ['stuck', 'stuck', [...did('web1'), { is: 'end', outcome: 'stuck' }]],
    ['kept', undefined, [...did('web1'), { is: 'end', outcome: 'kept' }]],
    [
      'undone',
      undefined,
      [...did('web1'), { is: 'undone', host: 'web1', step: 'config', outcome: 'undone' }, { is: 'end', outcome: 'undone' }],
    ],
    ['killed before it touched a host', undefined, []],
  ]
  test.each(ends)('of an old change that is %s leaves it: %p', async (_, why, records) => {
    await using home = await tempDir()
    const past = new Past(home.path)
    const [change] = [await past.change(300, records), await past.run(1)]
    const { kept } = await json(past, 'runs prune --yes')
    expect(kept).toEqual(why ? [{ runId: change, why }] : [])
    expect((await left(past)).includes(change)).toBe(why !== undefined)
  })

  test('leaves a change whose journal can not be read', async () => {
    await using home = await tempDir()
    const past = new Past(home.path)
    const [change] = [await past.change(300, [...did('web1'), { is: 'end', outcome: 'kept' }]), await past.run(1)]
    const journal = join(past.state, 'runs', change, 'change')
    for (const name of await readdir(journal)) await writeFile(join(journal, name), Buffer.alloc(64, 1))
    expect((await json(past, 'runs prune --yes')).kept).toEqual([{ runId: change, why: 'unreadable' }])
  })

  test('leaves a run that goes on, and one that is about to begin', async () => {
    await using home = await tempDir()
    const past = new Past(home.path)
    const running = await past.begin(40)
    await past.empty(35)
    const waiting = await past.empty(0.1)
    const newest = await past.run(0)
    await past.opsctl('runs prune --yes --keep 1')
    expect(await left(past)).toEqual([running.runId, waiting, newest])
    await running.record[Symbol.asyncDispose]()
  })

  test('that was killed leaves no half of a run: the next one ends it', async () => {
    await using home = await tempDir()
    const past = new Past(home.path)
    const [half] = [await past.run(40), await past.run(1)]
    await mkdir(join(past.state, 'trash'))
    await rename(join(past.state, 'runs', half), join(past.state, 'trash', half))
    await rm(join(past.state, 'trash', half, 'lock'), { force: true })
    expect((await json(past, 'runs list')).runs).toHaveLength(1)
    expect((await past.opsctl('runs prune')).stdout).toBe('nothing to remove\n')
    expect(await readdir(past.state)).not.toContain('trash')
  })

  test('leaves alone what is no run', async () => {
    await using home = await tempDir()
    const past = new Past(home.path)
    await past.run(1)
    await mkdir(join(past.state, 'runs', 'lost+found'))
    await past.opsctl('runs prune --yes --keep 0')
    expect(await left(past)).toContain('lost+found')
  })

  test.skipIf(!needs('script'))(
    'asks on a terminal',
    async () => {
      await using home = await tempDir()
      const past = new Past(home.path)
      for (const days of [400, 399]) await past.run(days)
      const run = await startOpsctl(['runs', 'prune', '--state-dir', past.state], { tty: true, env: { NO_COLOR: '1' } })
      await run.until(/remove 1 run, .* from .*runs\? \[y\/N\]/)
      run.write('y\r')
      expect(await run.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('removed 1 run, ') })
      expect(await left(past)).toHaveLength(1)
    },
    60_000,
  )
})
