import { createInterface } from 'node:readline'
import { OpsError } from '../../src/lib/core/errors.ts'
import { acquireLock, type ProcessLock } from '../../src/lib/run/lock.ts'
import { FakeClock } from '../helpers/fake-clock.ts'

/** A process that takes and gives back the lock named in its arguments when its standard input says so, one answer a line. */
const path = process.argv[2] ?? ''
const clock = new FakeClock()
let held: ProcessLock | undefined

async function answer(order: string): Promise<string> {
  if (order === 'release') {
    await held?.[Symbol.asyncDispose]()
    held = undefined
    return 'released'
  }
  try {
    held = await acquireLock(path, { runId: `run-${process.pid}`, command: 'exec -t web', clock })
    return 'won'
  } catch (error) {
    return error instanceof OpsError ? `${error.code} ${error.data['pid']}` : String(error)
  }
}

process.stdout.write('ready\n')
for await (const order of createInterface({ input: process.stdin })) process.stdout.write(`${await answer(order)}\n`)
