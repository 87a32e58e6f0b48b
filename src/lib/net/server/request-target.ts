import { Refusal } from './refusal.ts'

/** What a request asks for. */
export interface RequestTarget {
  readonly path: string
  readonly segments: readonly string[]
  /** Without the question mark. */
  readonly query: string
  /** Of a target in absolute form (RFC 9112, section 3.2.2): it stands above the Host header. */
  readonly authority?: string
}

/** @throws Refusal 400 for paths that climb, hide control characters or can not be decoded */
export function parseRequestTarget(target: string): RequestTarget {
  const [, authority, rest = target] = /^https?:\/\/([^/?#]*)([^#]*)$/i.exec(target) ?? []
  const origin = authority === undefined ? target : rest.startsWith('/') ? rest : `/${rest}`
  if (!origin.startsWith('/') || origin.includes('#')) throw new Refusal(400, 'the target of the request is no path')
  const mark = origin.indexOf('?')
  const path = mark === -1 ? origin : origin.slice(0, mark)
  const segments = path
    .split('/')
    .filter(part => part !== '')
    .map(decodeSegment)
  return {
    path: `/${segments.map(part => part.replaceAll('/', '%2F')).join('/')}`,
    segments,
    query: mark === -1 ? '' : origin.slice(mark + 1),
    ...(authority !== undefined && { authority }),
  }
}

function decodeSegment(part: string): string {
  const decoded = part.includes('%') ? decode(part) : part
  if (decoded === '.' || decoded === '..' || /[\0-\x1f\x7f\\]/.test(decoded)) {
    throw new Refusal(400, 'the path holds a part that no path of this server has')
  }
  return decoded
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new Refusal(400, 'the path is not encoded as it should be')
  }
}
