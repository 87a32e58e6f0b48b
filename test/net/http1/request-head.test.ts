import { describe, expect, test } from 'bun:test'
import { requestHead } from '../../../src/lib/net/http1/request-head.ts'

describe('the head of a request', () => {
  test('is its line and its headers', () => {
    const head = requestHead({
      method: 'GET',
      target: '/health?full=1',
      headers: [
        ['host', 'web1:8080'],
        ['accept', '*/*'],
      ],
    })
    expect(head).toBe('GET /health?full=1 HTTP/1.1\r\nhost: web1:8080\r\naccept: */*\r\n\r\n')
  })

  test('says how long the body is, also of a method that expects one and has none', () => {
    const request = { target: '/', headers: [] }
    expect(requestHead({ ...request, method: 'PUT', body: Buffer.from('größer') })).toContain('\r\ncontent-length: 8\r\n')
    expect(requestHead({ ...request, method: 'POST' })).toContain('\r\ncontent-length: 0\r\n')
    expect(requestHead({ ...request, method: 'DELETE' })).not.toContain('content-length')
  })

  test.each([
    ['a line break in a value', { headers: [['x-user', 'ops\r\nx-admin: 1']] }],
    ['LF alone in a value', { headers: [['x-user', 'ops\nx-admin: 1']] }],
    ['NUL in a value', { headers: [['x-user', 'ops\0']] }],
    ['a colon in a name', { headers: [['x-user: ops', '1']] }],
    ['a line break in a name', { headers: [['x\r\ny', '1']] }],
    ['an empty name', { headers: [['', '1']] }],
    ['a blank in the target', { target: '/ HTTP/1.1' }],
    ['a line break in the target', { target: '/\r\nx: y' }],
    ['an empty target', { target: '' }],
    ['a blank in the method', { method: 'GET /' }],
    ['a method of another script', { method: 'ПУТ' }],
  ])('refuses %s', (_, part) => {
    const request = { method: 'GET', target: '/', headers: [] as [string, string][], ...(part as object) }
    expect(() => requestHead(request)).toThrow(expect.objectContaining({ name: 'NetError', reason: 'error' }))
  })
})
