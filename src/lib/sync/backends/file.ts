import { resolve } from 'node:path'
import { z } from 'zod'
import { type Backend, BackendError, type BackendTools, type Revision } from '../../core/backend.ts'
import { sleep } from '../../core/clock.ts'
import { defineBackend } from '../../core/component.ts'
import { durationField } from '../../core/fields.ts'
import type { Json } from '../../core/json.ts'
import { jsonSchemaOf } from '../../core/json-schema.ts'
import { parseParams } from '../../core/params.ts'
import { digestOf } from '../digest.ts'
import { entriesOf } from './file/entries.ts'
import { readTree, sameStamps, stampTree } from './file/tree.ts'

const Params = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe('a directory (one value a file), or a YAML or JSON file; a relative path begins at the sync file'),
  poll: durationField().prefault('500ms').describe('how often a watch looks for changes'),
})

/**
 * Configuration in files: a directory, a git work tree, or one file of YAML or JSON. A directory with a SHA256SUMS says itself what its
 * files should be.
 */
export default defineBackend({
  type: 'file',
  version: '1.0.0',
  summary: 'directory, git work tree, or one YAML or JSON file',
  stability: 'beta',
  schema: jsonSchemaOf(Params),
  example: { path: 'config' },
  build: config => fileBackend(config),
})

function fileBackend(config: Json): Backend {
  const { path, poll } = parseParams(Params, config)
  const at = (tools: BackendTools): string => resolve(tools.directory, path)
  return {
    title: path,
    read: async (prefix, tools) => (await readStable(at(tools), prefix, tools)).revision,
    async *watch(prefix, tools) {
      let last: string | undefined
      let trouble: string | undefined
      for (;;) {
        try {
          const { revision, stamps } = await readStable(at(tools), prefix, tools)
          if (revision.revision !== last) yield revision
          last = revision.revision
          trouble = undefined
          await untilChanged(at(tools), { since: stamps, pollMs: poll }, tools)
        } catch (error) {
          if (!(error instanceof BackendError)) throw error
          // Told once, however long it lasts.
          if (error.message !== trouble) tools.log('warn', `${path} can not be read: it is tried again`, { error: error.message })
          trouble = error.message
          await sleep(tools.clock, poll, tools.signal)
        }
      }
    },
  }
}

type Stamps = Awaited<ReturnType<typeof stampTree>>

interface Reading {
  readonly revision: Revision
  /** Of the files as they were read. */
  readonly stamps: Stamps
}

/** A file that is being written is read again, so often. */
const maxTries = 20
const settleMs = 20

/** A state in which nothing changed between a look before and a look after. @throws BackendError */
async function readStable(path: string, prefix: string, { clock, signal }: BackendTools): Promise<Reading> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted()
    const before = await stampTree(path)
    const files = await readTree(before).catch(error => {
      if (error instanceof BackendError && attempt < maxTries) return undefined
      throw error
    })
    if (files && sameStamps(before, await stampTree(path))) return { revision: revisionOf(path, files, prefix), stamps: before }
    if (attempt === maxTries) throw new BackendError('unreachable', `${path} changes all the time`)
    await sleep(clock, settleMs, signal)
  }
}

function revisionOf(path: string, files: ReadonlyMap<string, Uint8Array>, prefix: string): Revision {
  const { entries, supplied } = entriesOf(path, files)
  const below = belowPrefix(entries, prefix)
  return { revision: digestOf(below).slice(0, 16), entries: below, ...(supplied && { supplied: belowPrefix(supplied, prefix) }) }
}

const belowPrefix = <T>(values: ReadonlyMap<string, T>, prefix: string): ReadonlyMap<string, T> =>
  new Map([...values].flatMap(([key, value]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), value] as const] : [])))

/**
 * Waits until something is not as it was read, and then until nothing changes any more: several files are often written one after
 * another.
 */
async function untilChanged(
  path: string,
  { since, pollMs }: { readonly since: Stamps; readonly pollMs: number },
  { clock, signal }: BackendTools,
): Promise<void> {
  for (let last: Stamps | undefined; ; ) {
    const now = await stampTree(path)
    if (last && sameStamps(now, last) && !sameStamps(now, since)) return
    last = now
    await sleep(clock, pollMs, signal)
  }
}
