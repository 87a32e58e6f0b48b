import { describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { succeeded } from '../../../scripts/bench/blackbox.ts'
import { timesOf } from '../../../scripts/bench/check-http.ts'
import { percentile } from '../../../scripts/bench/figures.ts'
import { isReached } from '../../../scripts/bench/goals.ts'
import { hostChecks } from '../../../scripts/bench/probe-hosts.ts'
import { cpuTicks } from '../../../scripts/bench/process-peaks.ts'
import { inProcess } from '../../helpers/in-process.ts'
import { tempDir } from '../../helpers/temp-dir.ts'

describe('the benchmark of probes reads', () => {
  test('the times of those check_http that are content', () => {
    const stdout = [
      'HTTP OK: HTTP/1.1 200 OK - 154 bytes in 0.002 second response time |time=0.001532s;;;0.000000;10.000000 size=154B;;;0',
      'connect to address 127.0.1.2 and port 8080: Connection refused',
      'HTTP CRITICAL - Unable to open TCP socket |time=0.001000s',
      'HTTP OK: HTTP/1.1 200 OK - 154 bytes in 0.012 second response time |time=0.012000s;;;0.000000;10.000000 size=154B;;;0',
    ]
    expect(timesOf(`${stdout.join('\n')}\n`)).toEqual([1.532, 12])
  })

  test('whether blackbox_exporter reached the target', () => {
    const metrics = (value: number) =>
      `# HELP probe_success Displays whether\n# TYPE probe_success gauge\nprobe_success ${value}\n`
    expect([1, 0].map(value => succeeded(metrics(value)))).toEqual([true, false])
  })

  test('the CPU time of a process with any name', () => {
    expect(cpuTicks('42 (a) b (c) S 1 42 42 0 -1 4194560 900 0 12 0 250 31 0 0 20 0 9 0 100 1 2')).toBe(281)
  })
})

test('one of a hundred values is P99 or above, and half of them P50 or above', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index)
  expect([percentile(values, 0.5), percentile(values, 0.99)]).toEqual([51, 100])
})

test('a goal is reached within its limits, and never unmeasured', () => {
  const goals = [
    { value: 4, least: 4 },
    { value: 3.9, least: 4 },
    { value: 0.2, most: 0.2 },
    { value: undefined, most: 1 },
  ]
  expect(goals.map(goal => isReached({ text: '', ...goal }))).toEqual([true, false, true, false])
})

test('the host checks of the benchmark are thirty that opsctl can make', async () => {
  await using dir = await tempDir()
  await writeFile(
    join(dir.path, 'checks.yaml'),
    JSON.stringify({ checks: hostChecks.map((check, index) => ({ name: `c${index}`, ...check })) }),
  )
  const { code, stderr } = await inProcess('probe lint checks.yaml', { cwd: dir.path })
  expect({ code, stderr, count: hostChecks.length }).toEqual({ code: 0, stderr: '', count: 30 })
})
