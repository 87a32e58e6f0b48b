import { describe, expect, test } from 'bun:test'
import { ExpressionError, parseExpression } from '../../src/lib/core/expression.ts'

const values = { host: { name: 'web1', labels: { role: 'db' }, vars: { weight: 2 } }, change: { hosts: ['web1', 'web2'] } }
const evaluate = (text: string): boolean => parseExpression(text, ['host', 'change']).evaluate(values)
const failure = (text: string): unknown => {
  try {
    return evaluate(text)
  } catch (error) {
    return error instanceof ExpressionError ? { message: error.message, column: error.column } : error
  }
}

describe('a condition', () => {
  test.each([
    ["host.name.startsWith('web')", true],
    ['size(change.hosts) <= 1', false],
    ['host.vars.weight + 1 == 3', true],
    ["!('tier' in host.labels) && host.labels.role == 'db'", true],
    ["change.hosts.all(h, h.matches('^web[0-9]+$'))", true],
  ])('%s is %p', (text, expected) => {
    expect(evaluate(text)).toBe(expected)
  })

  test.each([
    ["hots.name == 'a'", 'unknown variable: hots', 1],
    ['1 +', 'unexpected token: EOF', 4],
    ["host.labels.tier == 'x'", 'no such key: tier', 13],
    ["'a' + 'b'", 'it is of the type string, not a condition', undefined],
    ['host.name', 'it is neither true nor false', undefined],
  ])('%s is refused', (text, message, column) => {
    expect(failure(text)).toEqual({ message, column })
  })
})
