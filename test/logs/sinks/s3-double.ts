import { createHash, createHmac } from 'node:crypto'
import type { Answering, Delivered } from './log-server.ts'

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

interface Begun {
  readonly name: string
  readonly initiated: number
  readonly parts: Map<number, Buffer>
}

const leastPart = 5 * 1024 * 1024

/** A bucket in paths, as https://docs.aws.amazon.com/AmazonS3/latest/API/ describes it: takes what is signed and whole, by itself or in parts. */
export class S3Double {
  /** By path. */
  readonly objects = new Map<string, Buffer>()
  /** Uploads in parts that are neither complete nor aborted. */
  readonly uploads = new Map<string, Begun>()
  begun = 0
  /** That were taken. */
  parts = 0
  readonly #secret: string

  constructor(secret: string) {
    this.#secret = secret
  }

  begin(name: string, initiated: number): string {
    const id = `upload+${++this.begun}/=`
    this.uploads.set(id, { name, initiated, parts: new Map() })
    return id
  }

  readonly answer: Answering = (request, response) => {
    const say = (status: number, body = '', headers = {}): void => void response.writeHead(status, headers).end(body)
    const [, signature] = /Signature=([0-9a-f]+)/.exec(String(request.headers['authorization'])) ?? []
    if (request.headers['x-amz-content-sha256'] !== sha256(request.body)) return say(400, 'XAmzContentSHA256Mismatch')
    if (signature !== this.#signatureOf(request)) return say(403, 'SignatureDoesNotMatch')
    const { pathname, searchParams: query } = new URL(request.path, 'http://s3')
    const id = query.get('uploadId')
    if (request.method === 'GET') return say(200, this.#list(query.get('prefix') ?? ''))
    if (query.has('uploads')) {
      const name = decodeURIComponent(pathname).replace(/^\/[^/]*\//, '')
      return say(
        200,
        `<InitiateMultipartUploadResult><UploadId>${this.begin(name, Date.now())}</UploadId></InitiateMultipartUploadResult>`,
      )
    }
    if (id === null) {
      this.objects.set(pathname, request.body)
      return say(200)
    }
    const upload = this.uploads.get(id)
    if (upload === undefined) return say(404, '<Error><Code>NoSuchUpload</Code></Error>')
    if (request.method === 'DELETE') {
      this.uploads.delete(id)
      return say(204)
    }
    if (request.method === 'PUT') {
      this.parts++
      upload.parts.set(Number(query.get('partNumber')), request.body)
      return say(200, '', { etag: etagOf(request.body) })
    }
    const whole = joined(upload, request.body.toString())
    if (typeof whole === 'string') return say(400, `<Error><Code>${whole}</Code></Error>`)
    this.uploads.delete(id)
    this.objects.set(pathname, whole)
    return say(200, '<?xml version="1.0"?>\n<CompleteMultipartUploadResult xmlns="x"></CompleteMultipartUploadResult>')
  }

  #list(prefix: string): string {
    const found = [...this.uploads].filter(([, { name }]) => name.startsWith(prefix))
    const texts = found.map(
      ([id, { name, initiated }]) =>
        `<Upload><Key>${name}</Key><UploadId>${id}</UploadId><Initiated>${new Date(initiated).toISOString()}</Initiated></Upload>`,
    )
    return `<ListMultipartUploadsResult>${texts.join('\n')}</ListMultipartUploadsResult>`
  }

  /** The signature that a request ought to have, by https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
  #signatureOf({ method, path, headers }: Delivered): string {
    const [, credential = '', signed = ''] =
      /Credential=([^,]+), ?SignedHeaders=([^,]+)/.exec(String(headers['authorization'])) ?? []
    const [, date = '', region = '', service = ''] = credential.split('/')
    const [name = '', query = ''] = path.split('?')
    const canonical = [
      method,
      name,
      query
        .split('&')
        .map(each => (each === '' || each.includes('=') ? each : `${each}=`))
        .sort()
        .join('&'),
      ...signed.split(';').map(header => `${header}:${headers[header]}`),
      '',
      signed,
      headers['x-amz-content-sha256'],
    ].join('\n')
    const scope = `${date}/${region}/${service}/aws4_request`
    const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n')
    const key = hmac(hmac(hmac(hmac(`AWS4${this.#secret}`, date), region), service), 'aws4_request')
    return hmac(key, toSign).toString('hex')
  }
}

const etagOf = (part: Uint8Array): string => `"${createHash('md5').update(part).digest('hex')}"`

/** The object, or why there is none. */
function joined({ parts }: Begun, list: string): Buffer | string {
  const named = [...list.matchAll(/<Part><PartNumber>(\d+)<\/PartNumber><ETag>([^<]*)<\/ETag><\/Part>/g)]
  const bodies: Buffer[] = []
  for (const [index, [, number = '', etag = '']] of named.entries()) {
    const part = parts.get(Number(number))
    if (!part || etag.replaceAll('&quot;', '"') !== etagOf(part)) return 'InvalidPart'
    if (Number(number) !== index + 1) return 'InvalidPartOrder'
    if (part.length < leastPart && index < named.length - 1) return 'EntityTooSmall'
    bodies.push(part)
  }
  return bodies.length === 0 ? 'MalformedXML' : Buffer.concat(bodies)
}
