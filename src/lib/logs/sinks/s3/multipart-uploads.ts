import type { SinkPlace } from '../../../core/sink.ts'
import { withDeadline } from '../../../run/deadline.ts'
import { isObjectName } from './object-name.ts'
import { S3Problem, type S3Requests } from './s3-requests.ts'

interface UploadsPlace {
  readonly place: Pick<SinkPlace, 'clock' | 'log' | 'name'>
  readonly requests: S3Requests
  /** What the names of our objects begin with, whenever they are made. */
  readonly prefix: string
}

interface Upload {
  readonly name: string
  readonly type: string
  /** Of the object. */
  readonly headers: Readonly<Record<string, string>>
  readonly partBytes: number
  readonly signal: AbortSignal
}

/** An attempt ends long before, also where the clock of the server is as wrong as signatures may be. */
const abandonedMs = 20 * 60 * 1000
/** To take back what was begun, when the attempt is over. */
const abortMs = 2000

/**
 * Objects in parts (https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html). Parts of an upload that never ends are stored and
 * paid for: one that fails is aborted, and what a killed process left is looked for before the next one.
 */
export class MultipartUploads {
  readonly #parts: UploadsPlace
  #mayHaveLeftOvers = true

  constructor(parts: UploadsPlace) {
    this.#parts = parts
  }

  /** @throws S3Problem */
  async upload(body: Uint8Array, upload: Upload): Promise<void> {
    const { name, type, headers, signal } = upload
    const { requests } = this.#parts
    if (this.#mayHaveLeftOvers) await this.#abortLeftOvers(name, signal)
    // Until it is known what came of it.
    this.#mayHaveLeftOvers = true
    const begun = await requests.ask({ method: 'POST', name, query: { uploads: '' }, type, headers }, signal)
    const uploadId = textOf(begun.body, 'UploadId')
    if (uploadId === undefined) throw problem('answered no UploadId')
    try {
      await this.#sendParts(body, { ...upload, uploadId })
      this.#mayHaveLeftOvers = false
    } catch (error) {
      await this.#abort({ name, uploadId })
      throw error
    }
  }

  async #sendParts(
    body: Uint8Array,
    { name, partBytes, uploadId, signal }: Upload & { readonly uploadId: string },
  ): Promise<void> {
    const { requests } = this.#parts
    const parts: string[] = []
    for (let at = 0, number = 1; at < body.length; at += partBytes, number++) {
      const part = body.subarray(at, at + partBytes)
      const query = { partNumber: String(number), uploadId }
      const { etag } = await requests.ask({ method: 'PUT', name, query, type: 'application/octet-stream', body: part }, signal)
      if (etag === undefined) throw problem(`answered no ETag of part ${number}`)
      parts.push(`<Part><PartNumber>${number}</PartNumber><ETag>${escaped(etag)}</ETag></Part>`)
    }
    const list = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join('')}</CompleteMultipartUpload>`
    const done = await requests.ask({ method: 'POST', name, query: { uploadId }, body: Buffer.from(list) }, signal)
    // What goes wrong after the answer has begun is told behind its status of 200.
    if (!/<CompleteMultipartUploadResult[\s>]/.test(done.body))
      throw problem(`answered ${textOf(done.body, 'Code') ?? 'no result'} to the end of an upload`)
  }

  /** True where nothing is left of it. */
  async #abort({ name, uploadId }: { readonly name: string; readonly uploadId: string }): Promise<boolean> {
    const { requests, place } = this.#parts
    const limits = { ms: abortMs, signal: new AbortController().signal, reason: () => new Error('not within 2 s') }
    try {
      await withDeadline(place.clock, limits, signal => requests.ask({ method: 'DELETE', name, query: { uploadId } }, signal))
      return true
    } catch (error) {
      if (error instanceof S3Problem && error.message.startsWith('answered 404')) return true
      place.log('debug', 'an upload could not be aborted', { sink: place.name, problem: String(error) })
      return false
    }
  }

  /** Those of this object, and of all that are named as ours those which nobody can be at any more; younger ones are looked for again. */
  async #abortLeftOvers(name: string, signal: AbortSignal): Promise<void> {
    const { requests, prefix, place } = this.#parts
    let isClean = true
    try {
      const { body } = await requests.ask({ method: 'GET', query: { uploads: '', prefix } }, signal)
      for (const [, text = ''] of body.matchAll(/<Upload>(.*?)<\/Upload>/gs)) {
        const [key, uploadId, initiated = ''] = [textOf(text, 'Key'), textOf(text, 'UploadId'), textOf(text, 'Initiated')]
        if (key === undefined || uploadId === undefined || !isObjectName(key)) continue
        const isOver = key === name || Date.parse(initiated) < place.clock.now() - abandonedMs
        if (!isOver || !(await this.#abort({ name: key, uploadId }))) isClean = false
      }
      this.#mayHaveLeftOvers = !isClean
    } catch (error) {
      if (signal.aborted) throw error
      place.log('warn', 'uploads that were left over can not be looked for', { sink: place.name, problem: String(error) })
    }
  }
}

const problem = (message: string): S3Problem => new S3Problem({ result: 'later', message })

/** The content of the first element of that name. */
function textOf(xml: string, element: string): string | undefined {
  const [, text] = new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml) ?? []
  return text === undefined ? undefined : unescaped(text)
}

const unescaped = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#34;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&')
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
