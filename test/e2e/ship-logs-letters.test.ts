import { expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readDeadLetters } from '../../src/lib/logs/delivery/dead-letters.ts'
import { Store } from '../../src/lib/logs/store/store.ts'
import { counted } from '../helpers/counts.ts'
import { opsctl, startOpsctl } from '../helpers/opsctl.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { seeded } from '../journal/seeded.ts'
import { NumberedLines } from '../logs/numbered-lines.ts'
import { type Answering, LogServer } from '../logs/sinks/log-server.ts'

const kills = counted({ reduced: 10, full: 200 })
const letters = 4000
const timeoutMs = 120_000 + kills * 6000

test(
  `opsctl ship-logs dlq replay loses no letter and keeps none twice, killed ${kills} times`,
  async () => {
    await using directory = await tempDir()
    const random = seeded(20_261_125)
    const home = directory.path
    const taken: number[] = []
    await using server = await LogServer.start((_, response) => void response.writeHead(400).end('no such field'))
    await writeFile(join(home, 'app.log'), new NumberedLines(random).take(letters))
    const hook = { type: 'http', url: server.url, batch_records: 50 }
    const pipeline = {
      sources: { app: { type: 'file', paths: ['app.log'], format: 'json' } },
      sinks: { hook },
    }
    await writeFile(join(home, 'pipeline.yaml'), JSON.stringify(pipeline))
    const options = { home, cwd: home, env: { XDG_STATE_HOME: join(home, 'state') }, deadlineMs: 100_000 }
    const replay = ['ship-logs', 'dlq', 'replay', 'pipeline.yaml', '--yes']
    expect((await opsctl(['ship-logs', '-f', 'pipeline.yaml'], options)).code).toBe(1)

    const all = join(home, 'state/opsctl/ship-logs')
    const state = join(all, readdirSync(all)[0] ?? '')
    const kept = async (): Promise<number[]> => {
      const numbers: number[] = []
      for await (const { letter } of readDeadLetters(join(state, 'dead'))) numbers.push(JSON.parse(letter.record).n)
      return numbers
    }
    const ledger = () => {
      using store = new Store(join(state, 'state.db'), { onlyLooks: true })
      return store.ledger()[0]
    }
    const missing = (found: Iterable<number>): number[] => {
      const seen = new Set(found)
      return Array.from({ length: letters }, (_, number) => number).filter(number => !seen.has(number))
    }
    expect(missing(await kept())).toEqual([])

    const moody: Answering = ({ body }, response) => {
      server.all.length = 0
      const mood = random()
      if (mood < 0.3) return void response.writeHead(400).end('still no such field')
      if (mood < 0.4) return void response.writeHead(503).end()
      if (mood < 0.45) return
      for (const line of body.toString().split('\n').slice(0, -1)) taken.push(JSON.parse(line).n)
      if (mood < 0.55) response.socket?.destroy()
      else response.writeHead(200).end('{}')
    }
    server.answer = moody
    for (let kill = 1; kill <= kills; kill++) {
      const run = await startOpsctl(replay, options)
      await Bun.sleep(100 + random() * 500)
      run.kill('SIGKILL')
      await run.ended
      expect({ kill, missing: missing([...taken, ...(await kept())]) }).toEqual({ kill, missing: [] })
      const row = ledger()
      expect(row).toMatchObject({ records: letters, spooled: 0, dropped: 0 })
      expect((row?.delivered ?? 0) + (row?.dead ?? 0)).toBe(letters)
    }

    // Half of what is left is refused again: those are kept, each once.
    server.answer = ({ body }, response) => {
      const numbers = body
        .toString()
        .split('\n')
        .slice(0, -1)
        .map(line => JSON.parse(line).n)
      if ((numbers[0] ?? 0) % 2 === 0) return void response.writeHead(422).end()
      taken.push(...numbers)
      response.writeHead(200).end('{}')
    }
    await opsctl(replay, options)
    const left = await kept()
    expect(left.length).toBe(new Set(left).size)
    expect(ledger()).toMatchObject({ delivered: letters - left.length, dead: left.length })

    server.answer = ({ body }, response) => {
      for (const line of body.toString().split('\n').slice(0, -1)) taken.push(JSON.parse(line).n)
      response.writeHead(200).end('{}')
    }
    expect(await opsctl(replay, options)).toMatchObject({ code: 0 })
    expect(await kept()).toEqual([])
    expect(missing(taken)).toEqual([])
    expect(ledger()).toMatchObject({ records: letters, delivered: letters, dead: 0 })
  },
  timeoutMs,
)
