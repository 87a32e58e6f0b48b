import { Database } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { gzipSync } from 'node:zlib'
import { needs } from '../helpers/needs.ts'
import { type OpsctlRun, startOpsctl } from '../helpers/opsctl.ts'
import { poll } from '../helpers/poll.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const isSoak = process.env['SOAK'] === '1'
const rounds = isSoak ? 50 : 6
const waits = isSoak ? 3_600_000 : 120_000

/** Numbers that are the same in every run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

interface Scene extends AsyncDisposable {
  readonly at: (name: string) => string
  /** Writes so many lines, numbered on, to a file. */
  write(name: string, count: number): void
  readonly written: () => number
  /** What is in the file of the sink. */
  delivered(): number[]
  start(): Promise<void>
  kill(): Promise<void>
  /** Until all that was written is there. */
  arrived(): Promise<void>
  /** Until all of it is acknowledged: what the sink has is not enough, it takes back what was not. */
  acknowledged(): Promise<void>
  readonly kills: () => number
  readonly stderr: () => string
}

async function scene(paths: readonly string[], { poll: every }: { readonly poll?: string } = {}): Promise<Scene> {
  const directory = await tempDir()
  const at = (name: string): string => `${directory.path}/${name}`
  mkdirSync(at('logs'))
  mkdirSync(at('home'))
  const source = { type: 'file', paths: paths.map(path => at(`logs/${path}`)), format: 'json', ...(every && { poll: every }) }
  writeFileSync(
    at('pipeline.yaml'),
    JSON.stringify({ sources: { app: source }, sinks: { out: { type: 'file', path: at('out.ndjson') } } }),
  )
  let run: OpsctlRun | undefined
  let written = 0
  let kills = 0
  let read = 0
  let numbers: number[] = []
  let stderr = ''
  // All of it each time: after a kill the sink takes back what was not acknowledged.
  const delivered = (): number[] => {
    if (!existsSync(at('out.ndjson'))) return []
    const text = readFileSync(at('out.ndjson'), 'latin1')
    if (text.length !== read) numbers = [...text.matchAll(/"n":(\d+)/g)].map(([, number]) => Number(number))
    read = text.length
    return numbers
  }
  const stop = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    if (run === undefined) return
    run.kill(signal)
    stderr += (await run.ended).stderr
    run = undefined
  }
  return {
    at: name => at(`logs/${name}`),
    write(name, count) {
      let text = ''
      for (let index = 0; index < count; index++) text += `{"n":${written++},"text":"${'x'.repeat(written % 90)}"}\n`
      appendFileSync(at(`logs/${name}`), text)
    },
    written: () => written,
    delivered,
    async start() {
      run ??= await startOpsctl(['ship-logs', '-f', at('pipeline.yaml'), '--follow'], { home: at('home'), deadlineMs: waits })
    },
    async kill() {
      kills++
      await stop('SIGKILL')
    },
    async arrived() {
      await poll(`all ${written} lines\n${stderr}${run?.stderr() ?? ''}`, 60_000, () => new Set(delivered()).size === written)
    },
    async acknowledged() {
      const [state = ''] = [...new Bun.Glob('**/state.db').scanSync({ cwd: at('home'), absolute: true, dot: true })]
      using database = new Database(state, { readonly: true })
      const asked = database.query<{ sum: number }, []>('SELECT sum(delivered) AS sum FROM ledger')
      await poll(`${written} acknowledged lines`, 60_000, () => (asked.get()?.sum ?? 0) >= written)
    },
    kills: () => kills,
    stderr: () => stderr + (run?.stderr() ?? ''),
    async [Symbol.asyncDispose]() {
      await stop('SIGTERM')
      await directory[Symbol.asyncDispose]()
    },
  }
}

/** What rotates; whatever it needs to lose nothing, as a pause, is part of it. */
type Rotation = (scene: Scene, round: number) => void | Promise<void>

const older = (scene: Scene, suffix = ''): void => {
  for (let age = 4; age > 0; age--) {
    const from = scene.at(`app.log.${age}${suffix}`)
    if (existsSync(from)) renameSync(from, scene.at(`app.log.${age + 1}${suffix}`))
  }
  rmSync(scene.at(`app.log.5${suffix}`), { force: true })
}

const rotations: Readonly<Record<string, readonly [paths: readonly string[], rotate: Rotation]>> = {
  'is renamed and made anew': [
    ['app.log'],
    scene => {
      older(scene)
      renameSync(scene.at('app.log'), scene.at('app.log.1'))
      scene.write('app.log.1', 5)
    },
  ],
  'is renamed to names that are read too': [
    ['app.log*'],
    scene => {
      older(scene)
      renameSync(scene.at('app.log'), scene.at('app.log.1'))
    },
  ],
  'is copied and truncated': [
    ['app.log*'],
    scene => {
      older(scene)
      copyFileSync(scene.at('app.log'), scene.at('app.log.1'))
      truncateSync(scene.at('app.log'))
    },
  ],
  'is truncated when all of it was delivered': [
    ['app.log'],
    async scene => {
      await scene.start()
      await scene.arrived()
      await scene.acknowledged()
      truncateSync(scene.at('app.log'))
    },
  ],
  'is a link that is switched': [
    ['app.log'],
    (scene, round) => {
      writeFileSync(scene.at(`real-${round + 1}`), '')
      symlinkSync(`real-${round + 1}`, scene.at('next'))
      renameSync(scene.at('next'), scene.at('app.log'))
    },
  ],
  'is deleted when all of it was delivered, and made anew': [
    ['app.log'],
    async scene => {
      await scene.start()
      await scene.arrived()
      await scene.acknowledged()
      unlinkSync(scene.at('app.log'))
    },
  ],
  'is renamed and compressed': [
    ['app.log*'],
    scene => {
      older(scene, '.gz')
      renameSync(scene.at('app.log'), scene.at('app.log.1'))
      writeFileSync(scene.at('app.log.1.gz'), gzipSync(readFileSync(scene.at('app.log.1'))))
      unlinkSync(scene.at('app.log.1'))
    },
  ],
}

describe('no line is missing when a program is killed at any moment and a file', () => {
  test.each(Object.entries(rotations))(
    '%s',
    async (name, [paths, rotate]) => {
      await using all = await scene(paths)
      const random = seeded(name.length)
      for (let round = 0; round < rounds; round++) {
        if (name.includes('link') && round === 0) symlinkSync('real-0', all.at('app.log'))
        await all.start()
        all.write('app.log', 1 + Math.floor(random() * 300))
        // A file that comes and goes while nothing runs is nobody's.
        await all.arrived()
        for (let part = 0; part < 3; part++) {
          all.write('app.log', 1 + Math.floor(random() * 300))
          if (random() < 0.3) await Bun.sleep(random() * 40)
        }
        // Before, after or in between.
        const when = random()
        if (when < 0.3) await all.kill()
        await rotate(all, round)
        if (when >= 0.3 && when < 0.6) await all.kill()
        all.write('app.log', 1 + Math.floor(random() * 50))
        if (when >= 0.6) await all.kill()
      }
      await all.start()
      await all.arrived()
      const found = all.delivered()
      // What was under way when it was killed, at most, of which the sink takes back what it can.
      expect(found.length - new Set(found).size).toBeLessThanOrEqual(all.kills() * 1000)
      expect(found.reduce((most, each) => Math.max(most, each), 0)).toBe(all.written() - 1)
    },
    waits,
  )

  test
    .skipIf(!needs('logrotate'))
    .each(['create', 'copytruncate', 'compress', 'copytruncate\ncompress\ndateext\ndateformat -%s'])(
    'is rotated by logrotate: %j',
    async options => {
      await using all = await scene(['app.log*'])
      const random = seeded(options.length)
      const config = all.at('../logrotate.conf')
      writeFileSync(
        config,
        `${all.at('app.log')} {\nrotate 5\nmissingok\nnocreate\n${options === 'create' ? '' : options}\n}\n`,
        { mode: 0o600 },
      )
      for (let round = 0; round < rounds; round++) {
        await all.start()
        all.write('app.log', 1 + Math.floor(random() * 300))
        await all.arrived()
        all.write('app.log', 1 + Math.floor(random() * 300))
        if (random() < 0.5) await all.kill()
        const { status, stderr } = spawnSync('logrotate', ['--force', '--state', all.at('../state'), config], {
          encoding: 'utf8',
        })
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
        all.write('app.log', 1 + Math.floor(random() * 300))
        if (random() < 0.5) await all.kill()
        // Names of dates are of seconds.
        if (options.includes('dateext')) await Bun.sleep(1100)
      }
      await all.start()
      await all.arrived()
    },
    waits,
  )
})

test(
  'what is truncated while nothing runs is told, and what comes then is read',
  async () => {
    await using all = await scene(['app.log'])
    all.write('app.log', 100)
    await all.start()
    await all.arrived()
    await all.acknowledged()
    await all.kill()
    truncateSync(all.at('app.log'))
    all.write('app.log', 10)
    await all.start()
    await all.arrived()
    await poll('the gap', 10_000, () => all.stderr().includes('lines are lost'))
  },
  waits,
)

test(
  '1,000 files are read, each to its end',
  async () => {
    const [files, lines] = isSoak ? [1000, 1100] : [200, 50]
    for (let round = 0; round < (isSoak ? 50 : 1); round++) {
      await using all = await scene(['**/*.log'])
      await all.start()
      for (let part = 0; part < 2; part++) for (let file = 0; file < files; file++) all.write(`${file}.log`, lines / 2)
      await poll('a first acknowledgement', 60_000, () => all.delivered().length > 0)
      await all.acknowledged()
      expect(new Set(all.delivered()).size).toBe(files * lines)
      expect(all.delivered().length).toBe(files * lines)
    }
  },
  waits,
)
