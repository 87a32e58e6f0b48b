import { describe, expect, test } from 'bun:test'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { acquireLock, lockHolder } from '../../src/lib/run/lock.ts'
import { counted } from '../helpers/counts.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const clock = new FakeClock()
const options = { runId: '20260329T013000-7f3a', command: 'exec -t web -- uptime', clock }

describe('acquireLock', () => {
  test('says which run holds the lock, with pid and since, until it is given back', async () => {
    await using dir = await tempDir()
    const path = join(dir.path, 'exec.lock')
    const lock = await acquireLock(path, options)
    const message = `run 20260329T013000-7f3a (exec -t web -- uptime, pid ${process.pid}) has held ${path} since 2026-03-29T01:30:00.000Z`
    await expect(acquireLock(path, options)).rejects.toMatchObject({
      code: 'E_LOCKED',
      exit: 75,
      message,
      data: { pid: process.pid },
    })
    expect(await lockHolder(path)).toMatchObject({ runId: options.runId, pid: process.pid })
    await lock[Symbol.asyncDispose]()
    expect(await lockHolder(path)).toBeUndefined()
    await using again = await acquireLock(path, options)
    expect(again.holder.nonce).not.toBe(lock.holder.nonce)
    expect(await readdir(dir.path)).toEqual(['exec.lock'])
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  test('leaves the lock alone that another run took after this one was removed by hand', async () => {
    await using dir = await tempDir()
    const path = join(dir.path, 'exec.lock')
    const lost = await acquireLock(path, options)
    await Bun.file(path).delete()
    await using taken = await acquireLock(path, options)
    await lost[Symbol.asyncDispose]()
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(taken.holder)
  })

  test.each([
    ['of a process whose number another process has by now', { pid: process.pid, start: 'another-boot:1' }],
    ['of a process that has ended', { pid: 2 ** 22 - 1, start: 'another-boot:1' }],
  ])('takes over the lock %s', async (_case, identity) => {
    await using dir = await tempDir()
    const path = join(dir.path, 'exec.lock')
    const stale = { ...identity, runId: 'old', command: 'exec', since: '2026-03-28T00:00:00.000Z', nonce: '0123456789abcdef' }
    await writeFile(path, JSON.stringify(stale))
    await using lock = await acquireLock(path, options)
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(lock.holder)
    expect(await readdir(dir.path)).toEqual(['exec.lock'])
  })

  test.each(['', '{"pid":', 'null', '{"pid":"1"}'])('takes over a lock that a power cut left as %p', async content => {
    await using dir = await tempDir()
    const path = join(dir.path, 'exec.lock')
    await writeFile(path, content)
    await using lock = await acquireLock(path, options)
    expect(await lockHolder(path)).toEqual(lock.holder)
  })

  test('takes over although an earlier taker was killed in the middle, and removes what that one left, but no other lock', async () => {
    await using dir = await tempDir()
    const path = join(dir.path, 'exec.lock')
    const dead = { pid: 2 ** 22 - 1, start: 'x:1', runId: 'old', command: 'exec', since: '2026-03-28T00:00:00.000Z' }
    const write = (name: string, nonce: string): Promise<void> =>
      writeFile(join(dir.path, name), JSON.stringify({ ...dead, nonce }))
    await write('exec.lock', 'aaaaaaaaaaaaaaaa')
    await write('exec.lock.aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb')
    await write('exec.lock.aaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbb', 'cccccccccccccccc')
    await write('exec.lock.dddddddddddddddd.4194303.new', 'dddddddddddddddd')
    await write('exec.lock.db', 'eeeeeeeeeeeeeeee')
    await using lock = await acquireLock(path, options)
    expect(await lockHolder(path)).toEqual(lock.holder)
    expect((await readdir(dir.path)).sort()).toEqual(['exec.lock', 'exec.lock.db'])
  })

  test('says that the state can not be written when the directory is missing', async () => {
    await using dir = await tempDir()
    await expect(acquireLock(join(dir.path, 'no', 'exec.lock'), options)).rejects.toMatchObject({ code: 'E_STATE' })
  })

  test('is won by exactly one of 20 processes, also when its holder was killed with SIGKILL', async () => {
    await using dir = await tempDir()
    await using contenders = await Contenders.start(join(dir.path, 'exec.lock'), 20)
    for (let round = 0; round < 12; round++) {
      const winner = await contenders.race()
      if (round % 3 === 0) expect(await winner.ask('release')).toBe('released')
      else await contenders.kill(winner)
    }
  }, 60_000)

  test('never has two holders while takers of a stale lock are killed at random, and can be taken afterwards', async () => {
    await using dir = await tempDir()
    await using contenders = await Contenders.start(join(dir.path, 'exec.lock'), 10)
    for (let round = 0; round < counted({ reduced: 8, full: 100 }); round++) {
      await contenders.kill(await contenders.race())
      const answers = await contenders.raceUnderFire(3)
      expect(answers.filter(answer => answer === 'won').length).toBeLessThanOrEqual(1)
      await contenders.releaseAll()
    }
    await contenders.race()
    expect((await readdir(dir.path)).length).toBeLessThan(10)
  }, 120_000)
})

/** Processes that race for one lock, round after round. */
class Contenders implements AsyncDisposable {
  #members: Contender[] = []

  private constructor(readonly path: string) {}

  static async start(path: string, count: number): Promise<Contenders> {
    const contenders = new Contenders(path)
    contenders.#members = Array.from({ length: count }, () => new Contender(path))
    for (const member of contenders.#members) expect(await member.line()).toBe('ready')
    return contenders
  }

  /** The one that won; everyone else was told so. */
  async race(): Promise<Contender> {
    const answers = await Promise.all(this.#members.map(member => member.ask('take')))
    const winners = this.#members.filter((_, index) => answers[index] === 'won')
    expect(answers.filter(answer => !/^won$|^E_LOCKED \d+$/.test(answer))).toEqual([])
    expect(winners).toHaveLength(1)
    const [winner] = winners as [Contender]
    expect((await lockHolder(this.path))?.pid).toBe(winner.pid)
    return winner
  }

  /** The answers of those who live on when some are killed at any moment of the race. */
  async raceUnderFire(kills: number): Promise<string[]> {
    const asked = this.#members.map(member => member.ask('take'))
    const victims = this.#members.slice(0, kills)
    for (const victim of victims) {
      await new Promise(resolve => setTimeout(resolve, Math.random() * 2))
      await this.kill(victim)
    }
    const answers = await Promise.all(asked)
    return answers.slice(kills)
  }

  async releaseAll(): Promise<void> {
    for (const member of this.#members) expect(await member.ask('release')).toBe('released')
  }

  async kill(member: Contender): Promise<void> {
    await member.kill()
    const replacement = new Contender(this.path)
    this.#members[this.#members.indexOf(member)] = replacement
    expect(await replacement.line()).toBe('ready')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#members.map(member => member.kill()))
  }
}

class Contender {
  readonly #child
  readonly #lines: AsyncIterator<string>

  constructor(path: string) {
    const script = join(import.meta.dir, 'lock-contender.ts')
    this.#child = Bun.spawn([process.execPath, script, path], { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' })
    this.#lines = linesOf(this.#child.stdout)
  }

  get pid(): number {
    return this.#child.pid
  }

  async ask(order: string): Promise<string> {
    this.#child.stdin.write(`${order}\n`)
    await this.#child.stdin.flush()
    return this.line()
  }

  async line(): Promise<string> {
    return (await this.#lines.next()).value ?? 'ended'
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#child.exited
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of stream) {
    const lines = (rest + new TextDecoder().decode(chunk)).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}
