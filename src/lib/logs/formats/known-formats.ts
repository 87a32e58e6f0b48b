import { OpsError } from '../../core/errors.ts'
import { nearest } from '../../core/nearest.ts'
import { apacheTemplate } from './apache-format.ts'
import { cri, klog } from './containers.ts'
import { csv } from './csv.ts'
import type { Format } from './format.ts'
import { grokFormat } from './grok.ts'
import { dockerJson, jsonLines } from './json-lines.ts'
import { logfmt } from './logfmt.ts'
import { nginxTemplate } from './nginx-format.ts'
import { regexFormat } from './regex.ts'
import { syslog } from './syslog.ts'
import { type Template, TemplateFault } from './template.ts'
import { templateFormat } from './template-format.ts'
import { textFormat } from './text-format.ts'

const common = '%h %l %u %t "%r" %>s %b'
const combined = `${common} "%{Referer}i" "%{User-Agent}i"`
/** Of Kubernetes' ingress-nginx, where its configuration says nothing else. */
const ingress =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time [${proxy_upstream_name:text}] [${proxy_alternative_upstream_name:text}] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status ${request_id:text}'

/** Formats that have a name of their own, the more particular ones first: of those that fit as many lines the first is chosen. */
const named: Readonly<Record<string, () => Format>> = {
  docker: () => dockerJson,
  json: () => jsonLines,
  cri: () => cri,
  klog: () => klog,
  'vhost-combined': () => apache('vhost-combined', `%v:%p ${combined.replace('%b', '%O')}`),
  combined: () => apache('combined', combined),
  'combined-time': () => apache('combined-time', `${combined} %{s}T`),
  'nginx-main': () => apache('nginx-main', `${combined} "%{X-Forwarded-For}i"`),
  'ingress-nginx': () => templateFormat({ ...nginxTemplate(ingress), name: 'ingress-nginx' }),
  combinedio: () => apache('combinedio', `${combined} %I %O`),
  common: () => apache('common', common),
  syslog: () => syslog,
  logfmt: () => logfmt,
}

/** Formats of which each has its own, behind a colon. */
const made: Readonly<Record<string, (text: string) => Format>> = {
  nginx: text => custom('nginx', { text, read: nginxTemplate }),
  apache: text => custom('apache', { text, read: apacheTemplate }),
  regex: text => regexFormat(text),
  grok: text => grokFormat(text),
  csv: text => csv(text.split(',')),
}

/** Those that are looked for in a source whose format is not told. */
export const candidates = (): Format[] => Object.values(named).map(make => make())

/** Lines of any text, each as `message`. */
export const plainText: Format = textFormat('text', () => line => `{"message":${JSON.stringify(line)}}`)

/** The format that `--format` names; undefined for `auto`. @throws OpsError E_USAGE */
export function formatOf(text: string): Format | undefined {
  if (text === 'auto') return undefined
  if (text === 'text') return plainText
  if (text === 'csv') return csv()
  if (Object.hasOwn(named, text)) return named[text]?.()
  const colon = text.indexOf(':')
  const kind = colon === -1 ? text : text.slice(0, colon)
  const own = colon === -1 || !Object.hasOwn(made, kind) ? undefined : made[kind]?.(unquoted(text.slice(colon + 1)))
  if (own) return own
  const names = ['auto', ...Object.keys(named), 'text', 'csv', ...Object.keys(made).map(each => `${each}:`)]
  const close = Object.hasOwn(made, kind) ? `${kind}:'…'` : nearest(kind, names)
  throw new OpsError('E_USAGE', `--format: there is no format '${kind}'`, {
    hint: close ? `did you mean ${close}?` : `there are ${names.join(', ')}`,
  })
}

/** Where no shell took them away, as in a file, quotes around the whole are no part of it. */
const unquoted = (text: string): string => /^'(.+)'$/s.exec(text)?.[1] ?? text

const apache = (name: string, format: string): Format => templateFormat({ ...apacheTemplate(format), name })

function custom(name: string, { text, read }: { readonly text: string; readonly read: (text: string) => Template }): Format {
  try {
    return templateFormat(read(text))
  } catch (error) {
    if (!(error instanceof TemplateFault)) throw error
    const { at, hint, message } = error
    throw new OpsError('E_USAGE', `--format ${name}: at column ${at + 1}: ${message}`, {
      ...(hint !== undefined && { hint }),
      data: { format: text, column: at + 1 },
    })
  }
}
