import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OpsError } from '../../../src/lib/core/errors.ts'
import { loadBlackboxConfig, parseBlackboxConfig } from '../../../src/lib/patrol/blackbox/config/load-blackbox-config.ts'
import { needs } from '../../helpers/needs.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'
import { furtherWrong, type WrongConfig, wrongKinds } from './wrong-configs.ts'

const textOf = ({ prober, text }: WrongConfig): string =>
  prober === undefined ? text : `modules:\n  shop:\n    prober: ${prober}\n    ${text}\n`

function refusal(text: string): OpsError {
  try {
    parseBlackboxConfig(text, 'blackbox.yml')
  } catch (error) {
    if (error instanceof OpsError) return error
    throw error
  }
  throw new Error('it is taken')
}

test('there are 21 kinds of wrong configuration', () => {
  expect(wrongKinds).toHaveLength(21)
})

describe('a blackbox configuration is refused for', () => {
  test.each([...wrongKinds, ...furtherWrong])('$name', each => {
    const error = refusal(textOf(each))
    expect(error.code).toBe('E_CONFIG')
    expect(error.message).toBe(`blackbox.yml:${each.says}`)
    if (each.hint) expect(error.hint).toBe(each.hint)
  })

  test('everything at once', () => {
    const { data } = refusal('modules:\n  a: { prober: tpc }\n  b: { prober: icmp, icmp: { ttl: x } }\n')
    expect(data['problems']).toMatchObject([{ line: 2 }, { line: 3 }])
  })
})

describe.skipIf(!needs('blackbox-exporter'))('blackbox_exporter has the same opinion of', () => {
  let directory: TempDir
  beforeAll(async () => {
    directory = await tempDir()
  })
  afterAll(() => directory[Symbol.asyncDispose]())

  const theirOpinion = async (text: string): Promise<boolean> => {
    const file = join(directory.path, 'blackbox.yml')
    await writeFile(file, text)
    const { exitCode } = Bun.spawnSync(['prometheus-blackbox-exporter', `--config.file=${file}`, '--config.check'], {
      timeout: 30_000,
    })
    return exitCode === 0
  }

  test.each([...wrongKinds, ...furtherWrong])(
    '$name',
    async each => {
      expect(await theirOpinion(textOf(each))).toBe(each.isTakenByTheirs ?? false)
    },
    60_000,
  )

  test('what is right, in every key that it knows', async () => {
    expect(await theirOpinion(everything)).toBe(true)
    expect(parseBlackboxConfig(everything, 'blackbox.yml').modules.size).toBe(6)
  }, 60_000)
})

describe('a blackbox configuration', () => {
  test('has the defaults of blackbox_exporter', () => {
    const module = parseBlackboxConfig('modules: { shop: { prober: http } }', 'blackbox.yml').modules.get('shop')
    expect(module).toMatchObject({
      timeout: 0,
      http: {
        method: 'GET',
        preferred_ip_protocol: 'ip6',
        ip_protocol_fallback: true,
        follow_redirects: true,
        enable_http2: true,
      },
      dns: { query_type: 'ANY', query_class: 'IN', recursion_desired: true, transport_protocol: 'udp' },
      icmp: { ttl: 64 },
    })
  })

  test('is read as Go reads it: words, durations, sizes and texts as they are written', () => {
    const text =
      'modules: { shop: { prober: http, timeout: 1m30s, http: { fail_if_ssl: yes, body_size_limit: 1MB, headers: { X: 1.10, Y: 0x1F } } } }'
    const module = parseBlackboxConfig(text, 'blackbox.yml').modules.get('shop')
    expect(module).toMatchObject({ timeout: 90_000, http: { fail_if_ssl: true, body_size_limit: 1_048_576 } })
    expect([...(module?.http.headers ?? [])]).toEqual([
      ['X', '1.10'],
      ['Y', '0x1F'],
    ])
  })

  test('that asks for HTTP/3 is taken, with a warning for that module', () => {
    const text = 'modules:\n  new: { prober: http, http: { enable_http3: true, enable_http2: false } }\n'
    const { warnings } = parseBlackboxConfig(text, 'blackbox.yml')
    expect(warnings).toEqual(['blackbox.yml:2:3: probes of the module new are refused: HTTP/3 is not supported'])
  })

  const context = {
    paths: { state: '/', home: undefined, cwd: '/', config: [] },
    signal: new AbortController().signal,
    log: () => undefined,
  }

  test('need not be there: then there are the usual modules', async () => {
    const modules = await loadBlackboxConfig(context)
    expect([...modules.keys()]).toEqual(
      expect.arrayContaining(['http_2xx', 'http_post_2xx', 'tcp_connect', 'icmp', 'ssh_banner', 'grpc']),
    )
    expect(modules.get('postgresql')?.tcp.query_response[0]?.send.toString('hex')).toBe('0000000804d2162f')
  })

  test('that can not be read is told by its name', async () => {
    expect(loadBlackboxConfig(context, '/nowhere/blackbox.yml')).rejects.toThrow(
      '/nowhere/blackbox.yml: the blackbox configuration does not exist',
    )
  })
})

/** Every key of 0.23. */
const everything = `
modules:
  web:
    prober: http
    timeout: 5s
    http:
      valid_status_codes: [200, 204]
      valid_http_versions: [HTTP/1.1, HTTP/2.0]
      preferred_ip_protocol: ip4
      ip_protocol_fallback: false
      skip_resolve_phase_with_proxy: true
      no_follow_redirects: false
      fail_if_ssl: false
      fail_if_not_ssl: true
      method: POST
      headers: { Host: shop.example, Accept-Encoding: "br, gzip;q=0.5" }
      fail_if_body_matches_regexp: [error]
      fail_if_body_not_matches_regexp: ["(?i)welcome"]
      fail_if_header_matches: [{ header: Server, regexp: Apache, allow_missing: true }]
      fail_if_header_not_matches: [{ header: Server, regexp: nginx }]
      body: x=1
      compression: gzip
      body_size_limit: 10MB
      basic_auth: { username: a, password_file: /etc/shop/password }
      proxy_url: http://proxy.example:3128
      follow_redirects: true
      enable_http2: false
      tls_config: { ca_file: /ca, cert_file: /cert, key_file: /key, server_name: x, insecure_skip_verify: false, min_version: TLS12 }
  token:
    prober: http
    http:
      oauth2:
        client_id: a
        client_secret: b
        scopes: [read]
        token_url: https://login.example/token
        endpoint_params: { audience: shop }
        tls_config: { insecure_skip_verify: true }
  mail:
    prober: tcp
    tcp:
      preferred_ip_protocol: ip6
      ip_protocol_fallback: true
      source_ip_address: 127.0.0.1
      query_response: [{ expect: "^220 (.*)", send: "EHLO \${1}", starttls: true }]
      tls: false
      tls_config: { ca_file: /ca }
  name:
    prober: dns
    dns:
      preferred_ip_protocol: ip4
      ip_protocol_fallback: no
      dns_over_tls: true
      tls_config: { server_name: x }
      source_ip_address: "::1"
      transport_protocol: tcp
      query_class: CH
      query_name: version.bind
      query_type: TXT
      recursion_desired: off
      valid_rcodes: [NOERROR, NXDOMAIN]
      validate_answer_rrs: { fail_if_matches_regexp: [a], fail_if_all_match_regexp: [b], fail_if_not_matches_regexp: [c], fail_if_none_matches_regexp: [d] }
      validate_authority_rrs: {}
      validate_additional_rrs:
  machine:
    prober: icmp
    icmp: { preferred_ip_protocol: ip4, ip_protocol_fallback: true, source_ip_address: 127.0.0.1, payload_size: 100, dont_fragment: true, ttl: 5 }
  service:
    prober: grpc
    grpc: { service: shop, tls: true, tls_config: { ca_file: /ca }, ip_protocol_fallback: true, preferred_ip_protocol: ip4 }
`
