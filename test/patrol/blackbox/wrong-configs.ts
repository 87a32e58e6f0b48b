/** A configuration that must be refused, with the place and the words. */
export interface WrongConfig {
  readonly name: string
  /** Below a module `shop`, whose prober is `prober`; or a whole file, where it begins with `modules`. */
  readonly prober?: string
  readonly text: string
  /** `line:column: message`. */
  readonly says: string
  readonly hint?: string
  /** blackbox_exporter 0.23 takes it, and fails only later. */
  readonly isTakenByTheirs?: true
}

/** The 21 kinds that blackbox_exporter's own tests have. */
export const wrongKinds: readonly WrongConfig[] = [
  {
    name: 'a class of DNS that there is not',
    prober: 'dns',
    text: 'dns: { query_name: shop.example, query_class: ZZ }',
    says: '4:51: query_class can not be "ZZ"',
    hint: 'there are IN, CH, CS, HS, ANY',
  },
  { name: 'a question without a name', prober: 'dns', text: 'dns:\n      query_type: A', says: '4:5: query_name is missing' },
  {
    name: 'a type of DNS that there is not',
    prober: 'dns',
    text: 'dns: { query_name: shop.example, query_type: AAA }',
    says: '4:50: query_type can not be "AAA"',
    hint: 'did you mean AAAA?',
  },
  {
    name: 'two bodies',
    prober: 'http',
    text: 'http:\n      body: x=1\n      body_file: /etc/shop/body',
    says: '6:7: body and body_file say the same thing twice: leave one of them out',
  },
  {
    name: 'a broken expression for what a body must not have',
    prober: 'http',
    text: 'http:\n      fail_if_body_matches_regexp:\n        - sold out\n        - "(error"',
    says: '7:11: fail_if_body_matches_regexp: "(error" is not a regular expression: error parsing regexp: missing closing ): `(error`',
  },
  {
    name: 'a broken expression for what a body must have',
    prober: 'http',
    text: 'http: { fail_if_body_not_matches_regexp: ["a**"] }',
    says: '4:47: fail_if_body_not_matches_regexp: "a**" is not a regular expression: error parsing regexp: invalid nested repetition operator: `**`',
  },
  {
    name: 'another compression than is asked for, in any case of letters',
    prober: 'http',
    text: 'http:\n      compression: br\n      headers: { ACCEPT-encoding: gzip }',
    says: '6:35: ACCEPT-encoding: gzip does not ask for the compression br',
    hint: 'name br in it, or leave the header out',
  },
  {
    name: 'another compression than is asked for',
    prober: 'http',
    text: 'http: { compression: gzip, headers: { Accept-Encoding: "br;q=1.0, identity" } }',
    says: '4:60: Accept-Encoding: br;q=1.0, identity does not ask for the compression gzip',
  },
  {
    name: 'a broken expression for a header',
    prober: 'http',
    text: 'http: { fail_if_header_not_matches: [{ header: Server, regexp: "[" }] }',
    says: '4:68: regexp: "[" is not a regular expression: error parsing regexp: missing closing ]: `[`',
  },
  {
    name: 'a header without an expression',
    prober: 'http',
    text: 'http:\n      fail_if_header_matches:\n        - header: Server',
    says: '6:11: regexp is missing',
  },
  {
    name: 'HTTP/3 beside HTTP/2',
    prober: 'http',
    text: 'http: { enable_http3: true, enable_http2: true, valid_http_versions: [HTTP/3.0] }',
    says: '4:27: enable_http3 needs enable_http2: false',
  },
  {
    name: 'HTTP/3 with the version of another',
    prober: 'http',
    text: 'http: { enable_http3: true, enable_http2: false, valid_http_versions: [HTTP/3.0, HTTP/1.1] }',
    says: '4:86: HTTP/1.1 can not be the version where enable_http3 is set',
  },
  {
    name: 'HTTP/3 beside HTTP/2, with the versions of both',
    prober: 'http',
    text: 'http: { enable_http3: true, enable_http2: true, valid_http_versions: [HTTP/2.0, HTTP/3.0] }',
    says: '4:27: enable_http3 needs enable_http2: false',
  },
  {
    name: 'a header that refuses every coding',
    prober: 'http',
    text: 'http: { compression: gzip, headers: { Accept-Encoding: "*;q=0" } }',
    says: '4:60: Accept-Encoding: *;q=0 does not ask for the compression gzip',
  },
  {
    name: 'more hops than there can be',
    prober: 'icmp',
    text: 'icmp: { ttl: 300 }',
    says: '4:18: ttl must be a whole number from 0 to 255, not 300',
  },
  {
    name: 'fewer hops than none',
    prober: 'icmp',
    text: 'icmp: { ttl: -5 }',
    says: '4:18: ttl must be a whole number from 0 to 255, not -5',
  },
  {
    name: 'HTTP/3 without a word of HTTP/2',
    prober: 'http',
    text: 'http: { enable_http3: true }',
    says: '4:27: enable_http3 needs enable_http2: false',
  },
  {
    name: 'a prober that there is not',
    prober: 'htp',
    text: 'timeout: 5s',
    says: '3:13: prober can not be "htp"',
    hint: 'did you mean http?',
    isTakenByTheirs: true,
  },
  {
    name: 'a broken expression for a line',
    prober: 'tcp',
    text: 'tcp: { query_response: [{ send: HELO }, { expect: "+OK(" }] }',
    says: '4:55: expect: "+OK(" is not a regular expression: error parsing regexp: missing argument to repetition operator: `+`',
  },
  {
    name: 'a broken expression for a line of a socket',
    prober: 'unix',
    text: 'unix: { query_response: [{ expect: "x{2,1}" }] }',
    says: '4:40: expect: "x{2,1}" is not a regular expression: error parsing regexp: invalid repeat count: `{2,1}`',
  },
  {
    name: 'a broken expression for a message',
    prober: 'websocket',
    text: 'websocket: { query_response: [{ expect: "\\\\" }] }',
    says: '4:45: expect: "\\\\" is not a regular expression: error parsing regexp: trailing backslash at end of expression',
  },
]

/** What else can be wrong. */
export const furtherWrong: readonly WrongConfig[] = [
  {
    name: 'a key that there is not',
    prober: 'dns',
    text: 'dns: { query_name: shop.example, recursion: true }',
    says: "4:38: unknown key 'recursion' in a dns probe",
  },
  {
    name: 'a slip of a key',
    prober: 'http',
    text: 'http: { valid_status_code: [200] }',
    says: "4:13: unknown key 'valid_status_code' in an http probe",
    hint: 'did you mean valid_status_codes?',
  },
  {
    name: 'a slip of a kind',
    prober: 'http',
    text: 'htp: { method: POST }',
    says: "4:5: unknown key 'htp' in a module",
    hint: 'did you mean http?',
  },
  {
    name: 'a key beside the modules',
    text: 'modules:\n  a: { prober: tcp }\nmodule: {}',
    says: "3:1: unknown key 'module' in a blackbox configuration",
    hint: 'did you mean modules?',
  },
  { name: 'no prober', text: 'modules:\n  shop: { timeout: 5s }', says: '2:3: prober is missing', isTakenByTheirs: true },
  {
    name: 'two ways to log in',
    prober: 'http',
    text: 'http:\n      basic_auth: { username: a, password: b }\n      bearer_token: c',
    says: '6:7: basic_auth and bearer_token are two ways to log in, of which there can be one',
  },
  {
    name: 'two passwords',
    prober: 'http',
    text: 'http: { basic_auth: { username: a, password: b, password_file: /c } }',
    says: '4:53: password and password_file say the same thing twice: leave one of them out',
  },
  {
    name: 'a user by the wrong key',
    prober: 'http',
    text: 'http: { authorization: { type: basic, credentials: x } }',
    says: '4:36: type can not be basic',
    hint: 'use basic_auth',
  },
  {
    name: 'a token server without a client',
    prober: 'http',
    text: 'http: { oauth2: { client_secret: x, token_url: http://127.0.0.1/ } }',
    says: '4:13: client_id is missing',
  },
  {
    name: 'a certificate without its key',
    prober: 'tcp',
    text: 'tcp: { tls: true, tls_config: { cert_file: /c.pem } }',
    says: '4:35: there is a client certificate without its key',
    isTakenByTheirs: true,
  },
  {
    name: 'a version of TLS that there is not',
    prober: 'tcp',
    text: 'tcp: { tls_config: { min_version: "1.2" } }',
    says: '4:39: min_version can not be "1.2"',
    hint: 'there are TLS10, TLS11, TLS12, TLS13',
  },
  {
    name: 'a proxy of another kind',
    prober: 'http',
    text: 'http: { proxy_url: socks5://127.0.0.1:1080 }',
    says: '4:24: proxy_url is not of the form http://proxy:3128',
    isTakenByTheirs: true,
  },
  {
    name: 'a time without a unit',
    prober: 'http',
    text: 'timeout: 5',
    says: '4:14: timeout must be a duration, not "5"',
    hint: 'did you mean 5s?',
  },
  {
    name: 'a status that is none',
    prober: 'http',
    text: 'http: { valid_status_codes: [2xx] }',
    says: '4:34: valid_status_codes must be a whole number from 100 to 999, not 2xx',
  },
  {
    name: 'one status in place of several',
    prober: 'http',
    text: 'http: { valid_status_codes: 200 }',
    says: '4:33: valid_status_codes must be a list, not "200"',
  },
  {
    name: 'a version of IP that there is not',
    prober: 'http',
    text: 'http: { preferred_ip_protocol: ipv4 }',
    says: '4:36: preferred_ip_protocol can not be "ipv4"',
    hint: 'did you mean ip4?',
    isTakenByTheirs: true,
  },
  {
    name: 'a compression that there is not',
    prober: 'http',
    text: 'http: { compression: zip }',
    says: '4:26: compression can not be "zip"',
    isTakenByTheirs: true,
  },
  {
    name: 'a code of DNS that there is not',
    prober: 'dns',
    text: 'dns: { query_name: a.example, valid_rcodes: [NXDOMIAN] }',
    says: '4:50: valid_rcodes can not be "NXDOMIAN"',
    hint: 'did you mean NXDOMAIN?',
    isTakenByTheirs: true,
  },
  {
    name: 'a broken expression for a record',
    prober: 'dns',
    text: 'dns: { query_name: a.example, validate_answer_rrs: { fail_if_matches_regexp: ["("] } }',
    says: '4:83: fail_if_matches_regexp: "(" is not a regular expression: error parsing regexp: missing closing ): `(`',
    isTakenByTheirs: true,
  },
  {
    name: 'an address that is none',
    prober: 'icmp',
    text: 'icmp: { source_ip_address: eth0 }',
    says: '4:32: source_ip_address is no address: "eth0"',
    isTakenByTheirs: true,
  },
  {
    name: 'neither true nor false',
    prober: 'tcp',
    text: 'tcp: { tls: maybe }',
    says: '4:17: tls must be true or false, not "maybe"',
  },
  {
    name: 'a size that is none',
    prober: 'http',
    text: 'http: { body_size_limit: 10 }',
    says: '4:30: body_size_limit must be a size, not "10"',
    hint: 'write 512KB or 10MB',
  },
  {
    name: 'a condition that is none',
    prober: 'http',
    text: 'http: { fail_if_body_json_matches_cel: "body.x ==" }',
    says: '4:44: fail_if_body_json_matches_cel: "body.x ==" is not a condition in CEL: unexpected token: EOF',
  },
  { name: 'a key twice', text: 'modules:\n  a: { prober: tcp }\n  a: { prober: http }', says: "3:3: the key 'a' is there twice" },
  { name: 'nothing', text: '\n', says: '1:1: the file is empty' },
]
