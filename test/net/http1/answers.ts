/** Answers as servers send them and as they should not, with what is to be made of them. */
export interface RecordedAnswer {
  readonly name: string
  readonly method?: string
  /** A character a byte. */
  readonly bytes: string
  readonly is:
    | {
        readonly status: number
        readonly version?: string
        readonly headers?: readonly (readonly string[])[]
        readonly body?: string
      }
    | { readonly reason: string; readonly message: RegExp }
}

const ok = 'HTTP/1.1 200 OK\r\n'
const many = (count: number): string => Array.from({ length: count }, (_, index) => `x-${index}: y\r\n`).join('')

export const goodAnswers: readonly RecordedAnswer[] = [
  {
    name: 'a small page of nginx',
    bytes: `${ok}Server: nginx/1.22.1\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nok\n`,
    is: {
      status: 200,
      version: '1.1',
      headers: [
        ['Server', 'nginx/1.22.1'],
        ['Content-Type', 'text/plain'],
        ['Content-Length', '3'],
        ['Connection', 'keep-alive'],
      ],
      body: 'ok\n',
    },
  },
  { name: 'no reason phrase', bytes: 'HTTP/1.1 503 \r\ncontent-length: 0\r\n\r\n', is: { status: 503, body: '' } },
  { name: 'neither reason phrase nor blank', bytes: 'HTTP/1.1 503\r\ncontent-length: 0\r\n\r\n', is: { status: 503 } },
  {
    name: 'a body until the end',
    bytes: 'HTTP/1.0 200 OK\r\n\r\nall of it',
    is: { status: 200, version: '1.0', body: 'all of it' },
  },
  { name: 'nothing at all until the end', bytes: `${ok}\r\n`, is: { status: 200, headers: [], body: '' } },
  { name: 'no body of HEAD', method: 'HEAD', bytes: `${ok}content-length: 500\r\n\r\n`, is: { status: 200, body: '' } },
  { name: 'no body of 204', bytes: 'HTTP/1.1 204 No Content\r\n\r\n', is: { status: 204, body: '' } },
  { name: 'no body of 304', bytes: 'HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n', is: { status: 304, body: '' } },
  {
    name: 'interim answers before the last',
    bytes: `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n${ok}content-length: 1\r\n\r\nx`,
    is: { status: 200, headers: [['content-length', '1']], body: 'x' },
  },
  {
    name: 'chunks with extensions and a trailer',
    bytes: `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;a="b"\r\n \r\n5 ; sig=1\r\nworld\r\n0\r\nx-sum: 1\r\n\r\n`,
    is: { status: 200, body: 'hello world' },
  },
  {
    name: 'chunks of hexadecimal length',
    bytes: `${ok}transfer-encoding: Chunked\r\n\r\n0A\r\n0123456789\r\n00\r\n\r\n`,
    is: { status: 200, body: '0123456789' },
  },
  {
    name: 'the same length twice',
    bytes: `${ok}content-length: 2, 2\r\ncontent-length: 2\r\n\r\nok`,
    is: { status: 200, body: 'ok' },
  },
  {
    name: 'lines that end with LF alone',
    bytes: 'HTTP/1.1 200 OK\ncontent-length: 2\nx:y\n\nok',
    is: {
      status: 200,
      headers: [
        ['content-length', '2'],
        ['x', 'y'],
      ],
      body: 'ok',
    },
  },
  {
    name: 'a folded line',
    bytes: `${ok}x-long: one\r\n two \r\n\tthree\r\ncontent-length: 0\r\n\r\n`,
    is: {
      status: 200,
      headers: [
        ['x-long', 'one two three'],
        ['content-length', '0'],
      ],
    },
  },
  {
    name: 'values with blanks around, and none',
    bytes: `${ok}a:\t b \t\r\nc:\r\ncontent-length:0\r\n\r\n`,
    is: {
      status: 200,
      headers: [
        ['a', 'b'],
        ['c', ''],
        ['content-length', '0'],
      ],
    },
  },
  {
    name: 'a value in UTF-8, and one in Latin-1',
    bytes: `${ok}a: M\xc3\xbcnchen\r\nb: M\xfcnchen\r\ncontent-length: 0\r\n\r\n`,
    is: {
      status: 200,
      headers: [
        ['a', 'München'],
        ['b', 'München'],
        ['content-length', '0'],
      ],
    },
  },
  { name: 'as many headers as may be', bytes: `${ok}${many(255)}content-length: 0\r\n\r\n`, is: { status: 200 } },
  {
    name: 'more answer than was asked for',
    bytes: `${ok}content-length: 2\r\n\r\nokHTTP/1.1 500 Oops\r\n\r\n`,
    is: { status: 200, body: 'ok' },
  },
  {
    name: 'a body of which a part is kept',
    bytes: `${ok}content-length: 3000\r\n\r\n${'x'.repeat(3000)}`,
    is: { status: 200, body: 'x'.repeat(1024) },
  },
]

const protocol = (message: RegExp) => ({ reason: 'protocol', message })
const chunked = `${ok}transfer-encoding: chunked\r\n\r\n`

export const badAnswers: readonly RecordedAnswer[] = [
  { name: 'nothing', bytes: '', is: { reason: 'reset', message: /^the connection was closed before the answer$/ } },
  { name: 'half a head', bytes: 'HTTP/1.1 200 O', is: { reason: 'reset', message: /closed in the head/ } },
  { name: 'half a body', bytes: `${ok}content-length: 10\r\n\r\nhalf`, is: { reason: 'reset', message: /after 4 of 10 bytes/ } },
  {
    name: 'half of the chunks',
    bytes: `${chunked}4\r\nhalf\r\n`,
    is: { reason: 'reset', message: /in the body, after 4 bytes/ },
  },
  { name: 'the banner of SSH', bytes: 'SSH-2.0-OpenSSH_9.2p1\r\n', is: protocol(/is not HTTP: it begins with "S"/) },
  { name: 'another protocol of the same sound', bytes: 'HTTP-ish\r\n\r\n', is: protocol(/begins with "HTTP-"/) },
  { name: 'HTTP/2 in words', bytes: 'HTTP/2 200\r\n\r\n', is: protocol(/"HTTP\/2 200", which is no status line/) },
  { name: 'a status that is no number', bytes: 'HTTP/1.1 OK\r\n\r\n', is: protocol(/no status line/) },
  { name: 'a status of four digits', bytes: 'HTTP/1.1 2000 OK\r\n\r\n', is: protocol(/no status line/) },
  { name: 'a status below 100', bytes: 'HTTP/1.1 099 ?\r\n\r\n', is: protocol(/no status line/) },
  {
    name: 'two lengths',
    bytes: `${ok}content-length: 2\r\nContent-Length: 3\r\n\r\nok`,
    is: protocol(/several content-lengths: 2, 3/),
  },
  { name: 'a length below nothing', bytes: `${ok}content-length: -2\r\n\r\nok`, is: protocol(/content-length "-2"/) },
  { name: 'a length that is none', bytes: `${ok}content-length: two\r\n\r\nok`, is: protocol(/content-length "two"/) },
  {
    name: 'a length beyond all numbers',
    bytes: `${ok}content-length: 99999999999999999999\r\n\r\n`,
    is: protocol(/content-length/),
  },
  {
    name: 'a length and chunks',
    bytes: `${ok}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    is: protocol(/both/),
  },
  {
    name: 'an encoding that was not asked for',
    bytes: `${ok}transfer-encoding: gzip, chunked\r\n\r\n`,
    is: protocol(/gzip, chunked/),
  },
  { name: 'a NUL in a value', bytes: `${ok}a: b\0c\r\n\r\n`, is: protocol(/NUL/) },
  { name: 'a CR in a value', bytes: `${ok}a: b\rc: d\r\n\r\n`, is: protocol(/CR without LF/) },
  { name: 'a blank before the colon', bytes: `${ok}a : b\r\n\r\n`, is: protocol(/"a : b", which is no header/) },
  { name: 'no colon', bytes: `${ok}nonsense\r\n\r\n`, is: protocol(/"nonsense", which is no header/) },
  { name: 'no name', bytes: `${ok}: b\r\n\r\n`, is: protocol(/no header/) },
  { name: 'a fold of nothing', bytes: `${ok} a: b\r\n\r\n`, is: protocol(/continues a line that is not there/) },
  { name: 'too many headers', bytes: `${ok}${many(257)}\r\n`, is: protocol(/more than 256 headers/) },
  { name: 'a head without end', bytes: `${ok}a: ${'x'.repeat(70_000)}`, is: protocol(/longer than 65536 bytes/) },
  { name: 'a head that ends too late', bytes: `${ok}a: ${'x'.repeat(70_000)}\r\n\r\n`, is: protocol(/longer than 65536 bytes/) },
  {
    name: 'interim answers without end',
    bytes: 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(17),
    is: protocol(/more than 16 interim/),
  },
  { name: 'a chunk without length', bytes: `${chunked}\r\nx`, is: protocol(/without its length/) },
  { name: 'a chunk whose length is no number', bytes: `${chunked}xyz\r\n`, is: protocol(/without its length/) },
  { name: 'a chunk whose length is below nothing', bytes: `${chunked}-1\r\n`, is: protocol(/without its length/) },
  { name: 'a chunk beyond all lengths', bytes: `${chunked}fffffffffffffff\r\n`, is: protocol(/length that can not be/) },
  { name: 'a chunk longer than it says', bytes: `${chunked}2\r\nabc\r\n`, is: protocol(/longer than it says/) },
  { name: 'a CR alone after a length', bytes: `${chunked}2\rab`, is: protocol(/CR without LF/) },
  { name: 'extensions without end', bytes: `${chunked}1;${'x'.repeat(17_000)}`, is: protocol(/extensions/) },
  { name: 'a trailer without end', bytes: `${chunked}0\r\n${'a: b\r\n'.repeat(12_000)}`, is: protocol(/trailer/) },
  {
    name: 'a body that is too large by its length',
    bytes: `${ok}content-length: 9000\r\n\r\n`,
    is: { reason: 'too-large', message: /longer than 8192/ },
  },
  {
    name: 'a body that becomes too large',
    bytes: `${ok}\r\n${'x'.repeat(9000)}`,
    is: { reason: 'too-large', message: /longer than 8192/ },
  },
  {
    name: 'chunks that become too large',
    bytes: `${chunked}${`400\r\n${'x'.repeat(1024)}\r\n`.repeat(9)}`,
    is: { reason: 'too-large', message: /longer than 8192/ },
  },
]
