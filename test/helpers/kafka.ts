import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { findProgram } from './needs.ts'
import { poll } from './poll.ts'

/** The brokers that librdkafka has for tests, in a producer that waits for lines: it ends with its stdin, and so with the test process. Ask `needs('kcat')` first. */
export async function mockCluster(): Promise<AsyncDisposable & { readonly brokers: string }> {
  const options = ['-P', '-b', '127.0.0.1:1', '-t', 'unused', '-X', 'test.mock.num.brokers=2', '-d', 'mock']
  const child = spawn(findProgram('kcat') ?? 'kcat', options, { stdio: ['pipe', 'ignore', 'pipe'] })
  let told = ''
  child.stderr.on('data', chunk => {
    told += chunk
  })
  const brokers = await poll('the brokers', 30_000, () => /bootstrap\.servers=(\S+)/.exec(told)?.[1])
  return {
    brokers: String(brokers),
    async [Symbol.asyncDispose]() {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}

/** Messages of a topic as `key value`. */
export async function consumed(brokers: string, topic: string): Promise<string[]> {
  const text = (await printed({ brokers, topic, format: '%k %s\\n' })).toString()
  return text.split('\n').filter(line => line !== '')
}

interface Printing {
  readonly brokers: string
  readonly topic: string
  /** As kcat has it. */
  readonly format: string
}

/** All messages of a topic, one behind the other. */
export async function printed({ brokers, topic, format }: Printing): Promise<Buffer> {
  const argv = ['kcat', '-b', brokers, '-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-f', format]
  const child = Bun.spawn(argv, { stdout: 'pipe', stderr: 'ignore', timeout: 30_000 })
  return Buffer.from(await new Response(child.stdout).arrayBuffer())
}
