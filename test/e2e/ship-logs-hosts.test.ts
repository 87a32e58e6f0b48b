import { describe, expect, test } from 'bun:test'
import { appendFileSync, chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { counted } from '../helpers/counts.ts'
import { startFleet } from '../helpers/fleet.ts'
import { needs } from '../helpers/needs.ts'
import { type OpsctlRun, startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const hosts = counted({ reduced: 8, full: 50 })
const kills = counted({ reduced: 3, full: 30 })
const rounds = counted({ reduced: 40, full: 400 })
const linesARound = 25
const seed = 20_261_123

/** A small generator of numbers (mulberry32), so that a run can be had again. */
function numbersFrom(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The processes of sshd that hold the sessions of a user. */
function sessionsOf(uid: number): number[] {
  return readdirSync('/proc').flatMap(name => {
    try {
      if (!/^\d+$/.test(name) || statSync(`/proc/${name}`).uid !== uid) return []
      return readFileSync(`/proc/${name}/comm`, 'utf8').startsWith('sshd') ? [Number(name)] : []
    } catch {
      // It has ended by now.
      return []
    }
  })
}

/** False where the session has ended by itself. */
function isCut(session: number): boolean {
  try {
    return process.kill(session, 'SIGKILL')
  } catch {
    return false
  }
}

describe.skipIf(!needs('root', 'sshd'))('logs of many hosts', () => {
  test(`come whole, whatever connections are cut and processes killed: ${hosts} hosts, ${kills} kills`, async () => {
    await using fleet = await startFleet({ hosts })
    await using dir = await tempDir()
    await using home = await tempDir()
    const random = numbersFrom(seed)
    const logs = join(dir.path, 'logs')
    mkdirSync(logs)
    chmodSync(dir.path, 0o755)
    const log = join(logs, 'app.log')
    writeFileSync(log, '')
    const out = join(dir.path, 'out.ndjson')
    const pipeline = join(dir.path, 'pipeline.yaml')
    writeFileSync(
      pipeline,
      JSON.stringify({
        sources: {
          app: {
            type: 'ssh',
            targets: fleet.addresses,
            ssh_config: fleet.sshConfigFile,
            paths: [`${log}*`],
            poll: '100ms',
            format: 'text',
          },
        },
        sinks: { out: { type: 'file', path: out } },
      }),
    )
    const start = (): Promise<OpsctlRun> =>
      startOpsctl(['ship-logs', '-f', pipeline, '--follow'], { home: home.path, deadlineMs: 600_000 })
    const lines = (): string[] => {
      try {
        return readFileSync(out, 'utf8').split('\n')
      } catch {
        return []
      }
    }
    const uid = statSync(fleet.user.home).uid
    let run = await start()
    // Also where the test fails half-way.
    await using _last = { [Symbol.asyncDispose]: async () => run.kill('SIGKILL') }
    let written = 0
    let killed = 0
    let cuts = 0
    for (let round = 0; round < rounds; round++) {
      for (let line = 0; line < linesARound; line++) appendFileSync(log, `number ${written++}\n`)
      if (random() < 0.1) {
        renameSync(log, `${log}.${round}`)
        writeFileSync(log, '')
      }
      const before = lines().length
      if (killed < kills && random() < (2 * kills) / rounds) {
        await poll('it delivers', 60_000, () => lines().length > before)
        run.kill('SIGKILL')
        await run.ended
        killed++
        run = await start()
      } else if (random() < 0.5) {
        const sessions = await poll('there are sessions', 60_000, () => {
          const all = sessionsOf(uid)
          return all.length > 0 ? all : undefined
        })
        const unlucky = sessions[Math.floor(random() * sessions.length)]
        if (unlucky !== undefined && isCut(unlucky)) cuts++
      }
    }
    const wanted = new Set(Array.from({ length: written }, (_, number) => number))
    const missing = (): string[] => {
      const byHost = new Map(fleet.addresses.map(address => [address, new Set(wanted)]))
      for (const line of lines()) {
        const [, number] = /"number (\d+)"/.exec(line) ?? []
        const [, host = ''] = /"host":"([^"]+)"/.exec(line) ?? []
        if (number !== undefined) byHost.get(host)?.delete(Number(number))
      }
      return [...byHost].flatMap(([host, rest]) => (rest.size > 0 ? [`${host}: ${rest.size}`] : []))
    }
    await poll('every host has given every number', 120_000, () => missing().length === 0).catch(() => {})
    expect(missing()).toEqual([])
    expect(cuts).toBeGreaterThan(0)
    run.kill('SIGTERM')
    const { code, stderr } = await run.ended
    expect({ code, stderr: stderr.includes('lines are lost') }).toEqual({ code: 143, stderr: false })
  }, 900_000)
})
