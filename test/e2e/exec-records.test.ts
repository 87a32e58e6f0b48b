import { expect, test } from 'bun:test'
import { access, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { opsctl, opsctlProgram, startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const here = ['exec', '-t', 'localhost']
/** Says so, then waits until the file `go` is there. */
const waits = 'echo waits; while [ ! -e go ]; do sleep 0.05; done; echo goes on'

test('a signal that the caller ignores, as nohup does, stays ignored', async () => {
  await using directory = await tempDir()
  const run = await startOpsctl(['-c', 'trap "" HUP; exec "$0" "$@"', opsctlProgram(), ...here, '--', waits], {
    program: '/bin/sh',
    cwd: directory.path,
  })
  await run.until(/waits/)
  run.kill('SIGHUP')
  await writeFile(join(directory.path, 'go'), '')
  expect(await run.ended).toMatchObject({ code: 0, stdout: 'localhost: waits\nlocalhost: goes on\n' })
})

test('the record and the spilled output of a run that goes on outlive that later runs are removed', async () => {
  await using directory = await tempDir()
  const state = join(directory.path, 'state')
  const run = await startOpsctl([...here, '--state-dir', state, '--spill', '--', waits], { cwd: directory.path })
  await run.until(/waits/)
  const [first = ''] = await readdir(join(state, 'runs'))
  for (let number = 0; number < 3; number++) await opsctl([...here, '--state-dir', state, '--', 'true'])
  const { stdout } = await opsctl(['runs', 'prune', '--yes', '--keep', '1', '--state-dir', state])
  expect(stdout).toContain('removed 2 runs')
  await writeFile(join(directory.path, 'go'), '')
  const { code, stderr } = await run.ended
  expect(code).toBe(0)
  const output = join(state, 'runs', first, 'output')
  expect(stderr).toContain(`output in ${output}\n`)
  expect(await readFile(join(output, 'localhost'), 'utf8')).toBe('waits\ngoes on\n')
}, 60_000)

test('a run that can not be recorded says so, because @failed would mean another', async () => {
  const { code, stderr } = await opsctl([...here, '--state-dir', '/proc/nowhere', '--', 'true'])
  expect(code).toBe(0)
  expect(stderr).toContain('this run is not recorded')
})

test('@failed without a failure is told as such', async () => {
  await using home = await tempDir()
  await opsctl([...here, '--', 'true'], { home: home.path })
  const { code, stderr } = await opsctl([...here, '--limit', '@failed', '--', 'true'], { home: home.path })
  expect(code).toBe(2)
  expect(stderr).toContain('none of them failed in the last run')
})

test('a signal while an inventory program runs ends with the code of the signal', async () => {
  await using directory = await tempDir()
  const program = join(directory.path, 'hosts.sh')
  await writeFile(program, '#!/bin/sh\n: >started\nexec sleep 60\n', { mode: 0o755 })
  const run = await startOpsctl(['hosts', '-i', program, '-t', 'web1'], { cwd: directory.path })
  await poll('the inventory program runs', 10_000, () =>
    access(join(directory.path, 'started')).then(
      () => true,
      () => false,
    ),
  )
  run.kill('SIGTERM')
  expect((await run.ended).code).toBe(143)
})

test('a dumb terminal is not drawn on', async () => {
  const run = await startOpsctl([...here, '--', 'sleep 1'], { tty: true, env: { TERM: 'dumb' } })
  const { code, stdout } = await run.ended
  expect(code).toBe(0)
  expect(stdout).not.toContain('\x1b')
})
