import { decodeBody } from '../../../net/http/content-coding.ts'
import { CookieJar } from '../../../net/http/cookie-jar.ts'
import { fieldValues } from '../../../net/http1/field.ts'
import { NetError } from '../../../net/net-error.ts'
import { failureOf } from '../../../probe/index.ts'
import type { HttpSettings } from '../config/http-shape.ts'
import { chooseAddress } from '../look/choose-address.ts'
import type { Look } from '../look/look.ts'
import { tellEarliest } from '../look/tls-metrics.ts'
import { type Asking, askHop, type HopAnswer } from './ask-hop.ts'
import { clientTools } from './credentials.ts'
import { firstHop } from './first-hop.ts'
import { hostOf, leadsOn, nextHop, portOf } from './hop.ts'
import { judgeBody, judgeConditions, judgeHeaders, judgeStatus, judgeVersion } from './judge-answer.ts'
import { proxyChoice } from './proxy-choice.ts'
import { tellAnswer, tellPhases } from './tell-answer.ts'

/** Of a body so much is held where it is looked at: a regular expression takes up to a third of a second for it. */
const heldBytes = 1_048_576
const maxRedirects = 10

/** Asks a web server and follows where it leads. @throws NetError; TargetRefused; the signal's reason */
export async function probeHttp(look: Look, target: string, settings: HttpSettings): Promise<boolean> {
  begin(look, settings)
  const url = URL.parse(/^https?:\/\//i.test(target) ? target : `http://${target}`)
  if (url === null || url.hostname === '') throw new NetError('error', 'the target is no URL of the web', { phase: 'resolve' })
  const isProxied = proxyChoice(settings, look.tools.env)(url) !== undefined
  const address = await addressOf(look, url, { settings, isProxied })
  const client = await clientTools(look, settings)
  for (const phase of ['connect', 'tls', 'processing', 'transfer']) look.gauges.add('probe_http_duration_seconds', 0, { phase })
  const first = await firstHop(look, { url, settings, address })
  const looksAtBody = looksInto(settings)
  const { body_size_limit: limit, compression } = settings
  const limits = {
    hold: looksAtBody || compression !== '' ? heldBytes : 0,
    read: limit > 0 && compression === '' ? limit : Number.POSITIVE_INFINITY,
  }
  try {
    const followed = await follow(look, { settings, client, limits, first })
    return await judge(look, followed, settings)
  } finally {
    tellPhases(look)
    if (look.progress.tls) tellEarliest(look, look.progress.tls)
  }
}

const zeros = [
  'probe_http_content_length',
  'probe_http_uncompressed_body_length',
  'probe_http_redirects',
  'probe_http_ssl',
  'probe_http_status_code',
  'probe_http_version',
  'probe_failed_due_to_regex',
] as const

function begin({ gauges }: Look, settings: HttpSettings): void {
  for (const name of zeros) gauges.set(name, 0)
  const { fail_if_body_json_matches_cel: mustNot, fail_if_body_json_not_matches_cel: must } = settings
  if (mustNot ?? must) gauges.set('probe_failed_due_to_cel', 0)
}

const looksInto = (settings: HttpSettings): boolean =>
  settings.fail_if_body_matches_regexp.length + settings.fail_if_body_not_matches_regexp.length > 0 ||
  (settings.fail_if_body_json_matches_cel ?? settings.fail_if_body_json_not_matches_cel) !== undefined

interface Addressing {
  readonly settings: HttpSettings
  readonly isProxied: boolean
}

async function addressOf(look: Look, url: URL, { settings, isProxied }: Addressing): Promise<string | undefined> {
  if (isProxied && settings.skip_resolve_phase_with_proxy) return undefined
  const start = look.tools.clock.monotonic()
  try {
    return (await chooseAddress(look, hostOf(url), { settings, port: portOf(url) })).address
  } finally {
    look.gauges.add('probe_http_duration_seconds', (look.tools.clock.monotonic() - start) / 1000, { phase: 'resolve' })
  }
}

interface Followed {
  readonly answer: HopAnswer
  /** It leads further than is followed. */
  readonly stopped: boolean
}

async function follow(look: Look, asking: Asking): Promise<Followed> {
  const { clock } = look.tools
  const cookies = new CookieJar()
  for (let hop = asking.first, redirects = 0; ; ) {
    const cookie = cookies.header(hop.url)
    const headers = cookie === undefined ? hop.headers : [...hop.headers, ['cookie', cookie] as const]
    const answer = await askHop(look, { ...hop, headers }, asking)
    cookies.take(hop.url, answer, clock.now())
    const [location] = fieldValues(answer.headers, 'location')
    if (!leadsOn(answer.status, location)) return { answer, stopped: false }
    redirects += 1
    look.gauges.set('probe_http_redirects', redirects)
    look.tell('info', 'Received a redirect', { location })
    if (redirects > maxRedirects || !asking.settings.follow_redirects || asking.settings.no_follow_redirects) {
      look.tell('info', 'Not following the redirect')
      return { answer, stopped: true }
    }
    hop = nextHop(hop, { status: answer.status, location })
  }
}

async function judge(look: Look, { answer, stopped }: Followed, settings: HttpSettings): Promise<boolean> {
  tellAnswer(look, answer, settings.tls_config.insecure_skip_verify)
  let isGood = judgeStatus(look, answer, settings)
  isGood &&= judgeHeaders(look, answer, settings)
  const body = stopped ? undefined : await wholeBody(look, answer, settings)
  if (body !== undefined) look.gauges.set('probe_http_uncompressed_body_length', body.size)
  else if (!stopped) isGood = false
  if (isGood && looksInto(settings)) {
    if (body?.truncated)
      look.tell('warn', 'Looking at the beginning of the body alone', { bytes: body.bytes.length, of: body.size })
    const text = body?.bytes.toString() ?? ''
    isGood = judgeBody(look, text, settings) && judgeConditions(look, text, settings)
  }
  if (!judgeVersion(look, answer, settings)) isGood = false
  if (answer.isTls && settings.fail_if_ssl) isGood = look.fail('tls', 'The last request was over TLS')
  if (!answer.isTls && settings.fail_if_not_ssl) isGood = look.fail('tls', 'The last request was not over TLS')
  return isGood
}

/** Without its compression; undefined where it did not come whole, or is not what it should be. */
async function wholeBody(look: Look, answer: HopAnswer, { compression, body_size_limit: limit }: HttpSettings) {
  try {
    if ('cut' in answer) throw answer.cut
    const { body: bytes, bodyBytes: size } = answer
    const coding = compression.toLowerCase()
    if (coding === '' || coding === 'identity') return { bytes, size, truncated: size > bytes.length }
    if (size === 0) throw new NetError('protocol', `the body is not ${coding}, but empty`, { phase: 'transfer' })
    // Whatever its header says, it must be so compressed.
    const coded = { ...answer, headers: [['content-encoding', coding] as const] }
    return await decodeBody(coded, { limits: { hold: heldBytes, read: limit || Number.POSITIVE_INFINITY }, signal: look.signal })
  } catch (error) {
    const { reason, message } = failureOf(error, look.progress)
    look.fail(reason, 'Failed to read the body of the answer', { err: message })
    if (reason === 'too-large') look.gauges.set('probe_http_uncompressed_body_length', limit)
    return undefined
  }
}
