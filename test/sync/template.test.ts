import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { configTree } from '../../src/lib/sync/config-tree.ts'
import { Template, TemplateError, type TemplateScope } from '../../src/lib/sync/template.ts'

const bytes = (entries: Readonly<Record<string, string>>) =>
  new Map(Object.entries(entries).map(([key, value]) => [key, Buffer.from(value)]))

const scope: TemplateScope = {
  host: { name: 'web1', address: '10.0.0.1', groups: ['web'], labels: { role: 'canary' }, vars: { weight: 3 } },
  config: configTree(bytes({ 'nginx/workers': '4\n', 'nginx/nginx.conf': 'x', 'feature/dark-mode': 'on' })),
}
const render = (text: string): string => new Template(text).render(scope)
const failure = (text: string): TemplateError => {
  try {
    throw new Error(`rendered: ${render(text)}`)
  } catch (error) {
    if (error instanceof TemplateError) return error
    throw error
  }
}

describe('a template', () => {
  test.each([
    ['{{ host.name }} {{ host.address }} {{ host.vars.weight | plus: 1 }}', 'web1 10.0.0.1 4'],
    ['workers {{ config.nginx.workers }};', 'workers 4;'],
    ['{{ config.nginx["nginx.conf"] }} {{ config.feature.dark-mode }}', 'x on'],
    ['{% if host.labels.role == "canary" %}canary{% endif %}', 'canary'],
    ['{% if config.nginx.gzip %}gzip on;{% endif %}{{ config.nginx.gzip | default: "off" }}', 'off'],
    ['{% for pair in config.nginx %}{{ pair[0] }} {% endfor %}', 'workers nginx.conf '],
  ])('fills in %s', (text, expected) => {
    expect(render(text)).toBe(expected)
  })

  test.each([
    ['a\nb {{ config.nginx.wrokers }}', 2, 6, 'there is no config.nginx.wrokers', 'did you mean config.nginx.workers?'],
    ['{{ hsot.name }}', 1, 4, 'there is no hsot', undefined],
    ['\n\n{% if host.name %}', 3, 1, 'tag {% if host.name %} not closed', undefined],
    ['{{ host.name | uppercase }}', 1, 1, 'undefined filter: uppercase', undefined],
    ['{% include "/etc/shadow" %}', 1, 1, 'a template can not include others', undefined],
    ['{{ host.constructor }}', 1, 4, 'there is no host.constructor', undefined],
    ['{{ config.__proto__ }}', 1, 4, 'there is no config.__proto__', undefined],
  ])('tells what is wrong with %s and where', (text, line, column, message, hint) => {
    const error = failure(text)
    expect({ line: error.line, column: error.column, message: error.message }).toEqual({ line, column, message })
    if (hint !== undefined) expect(error.hint).toBe(hint)
  })

  test('knows whether hosts can get different results', () => {
    expect(new Template('{{ config.nginx.workers }}').usesHost).toBe(false)
    expect(new Template('{% if config.a == host.name %}x{% endif %}').usesHost).toBe(true)
  })

  test('without braces is itself', () => {
    fc.assert(
      fc.property(
        fc.string().filter(text => !/\{[{%]/.test(text)),
        text => render(text) === text,
      ),
    )
  })

  test('that never ends is given up', () => {
    expect(failure('{% for i in (1..100000000) %}{{ i }}{% endfor %}').message).toMatch(/limit/)
  }, 30_000)
})

describe('a configuration tree', () => {
  test('refuses a key that is a value and has others below it', () => {
    expect(() => configTree(bytes({ nginx: 'x', 'nginx/workers': '4' }))).toThrow('nginx has a value and keys below it')
    expect(() => configTree(bytes({ 'nginx/workers': '4', nginx: 'x' }))).toThrow('nginx has a value and keys below it')
  })

  test('leaves out what is not text', () => {
    expect(Object.keys(configTree(new Map([['logo', Uint8Array.of(0xff, 0xfe)]])))).toEqual([])
  })
})
