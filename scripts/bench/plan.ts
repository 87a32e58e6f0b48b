import { mkdtemp, open, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { figure, median } from './figures.ts'
import { describeMachine } from './machine.ts'
import type { BenchOptions } from './main.ts'
import { benchNetwork } from './plan-network.ts'
import { benchOverhead } from './plan-overhead.ts'

/** A place for the journal, with the name of its file system. */
export interface StateDirectory {
  readonly path: string
  readonly fileSystem: string
}

/** What a change costs over its commands: in time, in fsyncs, and without a network. */
export async function benchPlan(options: BenchOptions): Promise<boolean> {
  const [disk, memory] = [await stateDirectory(tmpdir()), await stateDirectory('/dev/shm')]
  try {
    process.stdout.write(`${describeMachine()}\n`)
    for (const { path, fileSystem } of [disk, memory]) {
      process.stdout.write(`write and fdatasync of 4 KiB in ${path} (${fileSystem}): ${figure(await syncMs(path))} ms\n`)
    }
    const overhead = await benchOverhead([memory, disk], options)
    return (await benchNetwork(disk, options)) && overhead
  } finally {
    for (const { path } of [disk, memory]) await rm(path, { recursive: true })
  }
}

async function stateDirectory(parent: string): Promise<StateDirectory> {
  const { type } = await statfs(parent)
  // linux/magic.h
  const fileSystem = { 61267: 'ext4', 16914836: 'tmpfs', 1481003842: 'xfs', 2435016766: 'btrfs', 2035054128: 'overlay' }[type]
  return { path: await mkdtemp(join(parent, 'opsctl-bench-')), fileSystem: fileSystem ?? `type 0x${type.toString(16)}` }
}

async function syncMs(directory: string): Promise<number> {
  await using file = await open(join(directory, 'sync'), 'w')
  const times: number[] = []
  for (let turn = 0; turn < 50; turn++) {
    const start = performance.now()
    await file.write(Buffer.alloc(4096, turn), 0, 4096, turn * 4096)
    await file.datasync()
    times.push(performance.now() - start)
  }
  return median(times)
}
