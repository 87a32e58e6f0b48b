import { expect, test } from 'bun:test'
import { needs } from './needs.ts'
import { opsctl, startOpsctl } from './opsctl.ts'

const sh = (script: string) => ['-c', script]

test('runs with an environment of its own, an empty home and no input', async () => {
  const end = await opsctl(sh('env | sort | cut -d= -f1; ls -A "$HOME"; cat; echo trouble >&2; exit 3'), {
    program: 'sh',
    env: { LANG: 'C' },
  })
  expect(end.stdout.split('\n').filter(name => !['_', 'SHLVL', 'OLDPWD'].includes(name))).toEqual([
    'HOME',
    'LANG',
    'PATH',
    'PWD',
    'XDG_STATE_HOME',
    '',
  ])
  expect(end).toMatchObject({ code: 3, signal: null, stderr: 'trouble\n' })
})

test('sends input and reports a signal', async () => {
  expect(await opsctl(sh('cat; kill -TERM $$'), { program: 'sh', stdin: 'in' })).toMatchObject({
    code: null,
    signal: 'SIGTERM',
    stdout: 'in',
  })
})

test('ends what does not end, and says what it printed', async () => {
  const run = opsctl(sh('echo started; sleep 100'), { program: 'sh', deadlineMs: 300 })
  await expect(run).rejects.toThrow('stdout: started')
})

test.skipIf(!needs('script'))('gives a terminal with a size, and keys', async () => {
  const script = `test -t 0 && test -t 1 && test -t 2 && stty size; echo 'it'"'"'s ready'; trap 'echo caught; exit 130' INT; while :; do sleep 0.05; done`
  const run = await startOpsctl(sh(script), { program: 'sh', tty: true })
  await run.until(/ready/)
  run.write('\x03')
  const end = await run.ended
  expect(end.stdout).toStartWith("30 100\r\nit's ready\r\n")
  expect(end.stdout).toEndWith('caught\r\n')
  expect(end.code).toBe(130)
})

test('may write to a full disk', async () => {
  const end = await opsctl(sh('/bin/echo lost'), { program: 'sh', stdoutFile: '/dev/full' })
  expect(end.stderr).toContain('No space left')
})
