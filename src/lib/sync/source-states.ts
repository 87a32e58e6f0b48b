import { BackendError, type Revision } from '../core/backend.ts'
import type { Context } from '../core/context.ts'
import { asOpsError, type Configuration, toolsOf } from './configuration.ts'
import { digestOf } from './digest.ts'
import type { SyncFile } from './file/sync-file.ts'
import { Latest } from './latest.ts'

/** What a source comes to hold, read on while its reader is busy with what it held before. */
export class SourceStates implements AsyncDisposable {
  readonly #latest = new Latest<Revision>()
  readonly #stop = new AbortController()
  readonly #done: Promise<void>

  /** `known`: what was read already; the watch begins with the same. */
  constructor(context: Context, sync: SyncFile, known: Configuration | undefined) {
    const stop = (): void => this.#stop.abort(context.signal.reason)
    context.signal.addEventListener('abort', stop, { once: true })
    if (context.signal.aborted) stop()
    this.#done = this.#follow({ ...context, signal: this.#stop.signal }, sync, known)
      .catch(error => this.#latest.fail(error instanceof BackendError ? asOpsError(error, sync) : error))
      .finally(() => context.signal.removeEventListener('abort', stop))
  }

  /** Settles when `next` need not wait. */
  arrival(): Promise<void> {
    return this.#latest.arrival()
  }

  /** What is newest, once. @throws OpsError for a source that will not tell any more, the signal's reason */
  next(): Promise<Revision> {
    return this.#latest.next()
  }

  async #follow(context: Context, sync: SyncFile, known: Configuration | undefined): Promise<void> {
    const { backend, prefix } = sync.source
    let isFirst = true
    for await (const state of backend.watch(prefix, toolsOf(context, sync))) {
      const isKnown = isFirst && known?.revision === state.revision && known.digest === digestOf(state.entries)
      isFirst = false
      if (!isKnown) this.#latest.set(state)
    }
    throw new BackendError('unreachable', `${backend.title} tells nothing any more`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new BackendError('unreachable', 'nobody reads the watch any more'))
    await this.#done
  }
}
