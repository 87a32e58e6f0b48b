/** Of one span of a trace: 32 and 16 hexadecimal digits, not all of them zero. */
export interface SpanContext {
  readonly traceId: string
  readonly spanId: string
}

/**
 * The value of a traceparent header (W3C Trace Context, level 2): of version 00 exactly its four parts; of a later one those too, with perhaps more behind
 * them. Version ff, capitals, and ids of zeros are not valid.
 */
export function parseTraceparent(text: string): SpanContext | undefined {
  const [, version, traceId = '', spanId = '', rest = ''] = whole.exec(text.trim()) ?? []
  if (version === undefined || (version === '00' && rest !== '')) return undefined
  return contextOf({ version, traceId, spanId })
}

/** The first valid one in a text. */
export function findTraceparent(text: string): SpanContext | undefined {
  for (const [, version = '', traceId = '', spanId = ''] of text.matchAll(within)) {
    const found = contextOf({ version, traceId, spanId })
    if (found) return found
  }
  return undefined
}

const whole = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(|-.*)$/s
const within = /(?<![\w-])([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?![\w-])/g

function contextOf({ version, traceId, spanId }: SpanContext & { readonly version: string }): SpanContext | undefined {
  return version === 'ff' || isZero(traceId) || isZero(spanId) ? undefined : { traceId, spanId }
}

/** 32 hexadecimal digits in lower case, of an id that is written so, in capitals, or as a UUID; undefined for what is none. */
export function traceIdOf(text: string): string | undefined {
  const digits = text.length === 32 ? text : uuid.test(text) ? text.replaceAll('-', '') : ''
  return /^[0-9a-f]{32}$/i.test(digits) && !isZero(digits) ? digits.toLowerCase() : undefined
}

export function spanIdOf(text: string): string | undefined {
  return /^[0-9a-f]{16}$/i.test(text) && !isZero(text) ? text.toLowerCase() : undefined
}

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i
const isZero = (digits: string): boolean => /^0+$/.test(digits)
