import { describe, expect, test } from 'bun:test'
import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { counted } from '../helpers/counts.ts'
import { needs } from '../helpers/needs.ts'
import { type OpsctlRun, startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { Rsyslog } from '../helpers/rsyslog.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const restarts = counted({ reduced: 6, full: 60 })
const each = 10_000

/** The numbers that arrived, each once, in the order in which they arrived first. */
const arrived = (rsyslog: Rsyslog): Set<number> =>
  new Set(
    rsyslog
      .messages()
      .flatMap(message => /order (\d+)$/.exec(message)?.[1] ?? [])
      .map(Number),
  )

// What rsyslogd has read and not yet written when it is killed is lost by it: only RELP knows of that.
describe.skipIf(!needs('rsyslogd', 'rsyslog-relp'))('opsctl ship-logs to rsyslogd', () => {
  test.each([
    { protocol: 'relp', signals: ['SIGKILL', 'SIGTERM'] },
    { protocol: 'tcp', signals: ['SIGTERM'] },
  ] as const)(
    `misses nothing over $protocol when rsyslogd is ended ${restarts} times with $signals, and opsctl killed`,
    async ({ protocol, signals }) => {
      await using directory = await tempDir()
      await using rsyslog = await Rsyslog.start()
      const file = join(directory.path, 'app.log')
      await writeFile(file, '')
      const pipeline = {
        sources: { app: { type: 'file', paths: [file], format: 'logfmt' } },
        sinks: { out: { type: 'syslog', server: `${protocol}://127.0.0.1:${rsyslog.ports[protocol]}`, app: 'shop' } },
      }
      await writeFile(join(directory.path, 'pipeline.yaml'), JSON.stringify(pipeline))
      const start = (): Promise<OpsctlRun> =>
        startOpsctl(['ship-logs', '-f', 'pipeline.yaml', '--follow'], {
          ...{ home: directory.path, cwd: directory.path, deadlineMs: 300_000 },
        })
      let [written, cut] = [0, 0]
      const write = async (): Promise<void> => {
        const lines = Array.from({ length: each }, (_, index) => `level=info message="order ${written + index}"\n`)
        await appendFile(file, lines.join(''))
        written += each
      }
      let run = await start()
      for (let restart = 0; restart < restarts; restart++) {
        const before = arrived(rsyslog).size
        await write()
        await poll('some of it arrived', 60_000, () => arrived(rsyslog).size > before)
        await rsyslog.stop(signals[restart % signals.length])
        if (arrived(rsyslog).size < written) cut++
        await write()
        if (restart % 3 === 1) {
          run.kill('SIGKILL')
          await run.ended
          run = await start()
        }
        await rsyslog.boot()
      }
      await poll('all of it arrived', 60_000, () => arrived(rsyslog).size === written)
      expect(cut).toBeGreaterThan(0)
      run.kill('SIGTERM')
      expect((await run.ended).code).toBe(143)
    },
    120_000 + restarts * 10_000,
  )
})
