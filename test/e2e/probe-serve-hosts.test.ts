import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { counted } from '../helpers/counts.ts'
import { startFleet } from '../helpers/fleet.ts'
import { freePort } from '../helpers/free-port.ts'
import { needs } from '../helpers/needs.ts'
import { startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const hosts = counted({ reduced: 6, full: 50 })
const seconds = counted({ reduced: 10, full: 240 })
const timeoutMs = 120_000 + seconds * 2000

const connections = (log: string): number => log.match(/Accepted publickey/g)?.length ?? 0

describe.skipIf(!needs('sshd', 'root'))('opsctl probe serve of hosts', () => {
  test(
    `reads ${hosts} hosts again and again over one connection each, and holds no more files and memory for it`,
    async () => {
      await using dir = await tempDir()
      await using fleet = await startFleet({ hosts })
      const port = await freePort()
      await writeFile(
        join(dir.path, 'checks.yaml'),
        'defaults: { interval: 1s, retries: 0 }\nchecks: [{ type: memory }, { type: load }, { type: disk, path: / }, { type: uptime }]\n',
      )
      const run = await startOpsctl(
        [
          ...[
            'probe',
            'serve',
            '-f',
            'checks.yaml',
            '-i',
            fleet.inventoryFile,
            '-t',
            '@fleet',
            '--ssh-config',
            fleet.sshConfigFile,
          ],
          ...['--listen', `127.0.0.1:${port}`, '--state-dir', 'state', '-v'],
        ],
        { cwd: dir.path, deadlineMs: timeoutMs },
      )
      await run.until(/answering at/)
      const figures = async (): Promise<{ readonly runs: number; readonly files: number; readonly bytes: number }> => {
        const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
        const runs = [...text.matchAll(/^opsctl_patrol_runs_total\S* (\d+)$/gm)].reduce(
          (sum, [, value]) => sum + Number(value),
          0,
        )
        const files = readdirSync(`/proc/${run.child.pid}/fd`).length
        const bytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${run.child.pid}/status`, 'utf8'))?.[1]) * 1024
        return { runs, files, bytes }
      }
      const known = async (status: string): Promise<number> => {
        const answer = await fetch(`http://127.0.0.1:${port}/api/v1/checks?type=memory&status=${status}`)
        return ((await answer.json()) as { checks: unknown[] }).checks.length
      }
      await poll('all are well', 60_000, async () => (await known('pass')) === hosts)
      const before = await figures()
      await poll('many readings', timeoutMs, async () => (await figures()).runs > before.runs + hosts * seconds)
      const after = await figures()
      expect(after.files).toBeLessThanOrEqual(before.files + 5)
      // It is scraped a hundred times a second meanwhile, and the collector has its time.
      expect(after.bytes).toBeLessThan(before.bytes + 96 * 1024 ** 2)
      expect(connections(await fleet.log())).toBe(hosts)

      run.kill('SIGTERM')
      expect((await run.ended).code).toBe(0)
    },
    timeoutMs,
  )
})
