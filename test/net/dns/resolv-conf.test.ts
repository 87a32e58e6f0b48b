import { describe, expect, test } from 'bun:test'
import { namedServer } from '../../../src/lib/net/dns/named-server.ts'
import { resolversOf } from '../../../src/lib/net/dns/resolv-conf.ts'

describe('a resolv.conf', () => {
  test.each([
    [
      '# by NetworkManager\nsearch example.com\nnameserver 192.0.2.53\nnameserver\t2001:db8::53\noptions edns0\n',
      ['192.0.2.53', '2001:db8::53'],
    ],
    ['nameserver fe80::1%eth0\n', ['fe80::1%eth0']],
    [' nameserver 192.0.2.1\n;nameserver 192.0.2.2\nnameserver ns1.example.com\n', ['127.0.0.1']],
    [
      'nameserver 192.0.2.1\r\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4\n',
      ['192.0.2.1', '192.0.2.2', '192.0.2.3'],
    ],
    ['', ['127.0.0.1']],
  ])('%j names %j', (text, servers) => {
    expect(resolversOf(text)).toEqual(servers)
  })
})

describe('a server', () => {
  test.each([
    ['192.0.2.53', { host: '192.0.2.53' }],
    ['192.0.2.53:5353', { host: '192.0.2.53', port: 5353 }],
    ['ns1.example.com', { host: 'ns1.example.com' }],
    ['ns1.example.com:53', { host: 'ns1.example.com', port: 53 }],
    ['2001:db8::53', { host: '2001:db8::53' }],
    ['[2001:db8::53]', { host: '2001:db8::53' }],
    ['[2001:db8::53]:853', { host: '2001:db8::53', port: 853 }],
    ['[192.0.2.53]:53', undefined],
    ['ns1:0', undefined],
    ['ns1:65536', undefined],
    ['ns 1', undefined],
    ['', undefined],
  ])('%j is %j', (text, server) => {
    expect(namedServer(text)).toEqual(server as never)
  })
})
