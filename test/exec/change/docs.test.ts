import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseYamlDocument } from '../../../src/lib/config/yaml-document.ts'
import type { Component, Kind } from '../../../src/lib/core/component.ts'
import type { Json } from '../../../src/lib/core/json.ts'
import { changeKeys, readChange } from '../../../src/lib/exec/change/change.ts'
import { changeSchema } from '../../../src/lib/exec/change/schema.ts'
import { type ChangeComponents, changeComponents } from '../../../src/lib/plan/file/components.ts'
import { isMapping } from '../../../src/lib/plan/file/node.ts'
import { components as registered } from '../../../src/registry.generated.ts'
import { needs } from '../../helpers/needs.ts'
import { judged } from './judged.ts'

const root = join(import.meta.dirname, '../../..')
const program = { version: '0', globals: [], commands: [], components: registered }
const loadAll = async (kind: Kind) =>
  Promise.all(registered.filter(each => each.kind === kind).map(async ({ load }) => (await load()).default as Component))
const all = [...(await loadAll('step')), ...(await loadAll('check'))] as Component<'step' | 'check'>[]
const components: ChangeComponents = changeComponents({
  program,
  component: async (kind, type) => all.find(each => each.kind === kind && each.type === type) as never,
})

interface Block {
  /** `docs/changes.md:8`, where the block begins. */
  readonly place: string
  /** Of a whole change: what is left out in a part of one is put around it. */
  readonly text: string
}

const files = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.md'))
  .map(name => join(root, 'docs', name))
const blocks = [...files, join(root, 'README.md')].flatMap(blocksOf)

describe('the examples in the documentation', () => {
  test('are found', () => {
    expect(blocks.filter(({ place }) => place.startsWith('docs/changes.md:')).length).toBeGreaterThanOrEqual(3)
  })

  test.each(blocks.map(({ place, text }) => [place, text]))(
    'are changes that the reader understands: %s',
    async (place, text) => {
      const readSource = async (): Promise<Uint8Array> => Buffer.from('events {}\n')
      const document = parseYamlDocument(text, place, 'E_PLAN')
      const { plan } = await readChange({ path: place, text, document, components, readSource })
      expect(plan.steps).not.toEqual([])
    },
  )

  const canJudge = needs('jsonschema')
  const verdicts = canJudge
    ? judged(
        changeSchema(all),
        blocks.map(({ text }) => parseYamlDocument(text, 'change.yaml').value),
      )
    : []
  test.skipIf(!canJudge).each(blocks.map(({ place }, index) => [place, index] as const))(
    'are changes by the schema: %s',
    (_, index) => {
      // The first tells of the schema itself.
      expect([verdicts[0], verdicts[index + 1]]).toEqual([[], []])
    },
  )
})

function blocksOf(file: string): Block[] {
  const text = readFileSync(file, 'utf8')
  return [...text.matchAll(/^```ya?ml\n([\s\S]*?)^```$/gm)].flatMap(({ 1: yaml = '', index }) => {
    const place = `${relative(root, file)}:${text.slice(0, index).split('\n').length}`
    const whole = wholeChange(yaml, parseYamlDocument(yaml, place).value)
    return whole === undefined ? [] : [{ place, text: whole }]
  })
}

/** A list is of checks or of steps; keys and values are a change or a part of one. Undefined for what is something else. */
function wholeChange(yaml: string, value: Json): string | undefined {
  const step = 'steps: [{ run: uptime }]\n'
  if (Array.isArray(value)) {
    const areChecks = value.every(
      entry => isMapping(entry) && Object.keys(entry).every(key => components.types('check').includes(key)),
    )
    const list = yaml.replaceAll(/^/gm, '  ')
    return areChecks ? `name: checks\nprecheck:\n${list}\n${step}` : `name: steps\nsteps:\n${list}`
  }
  const keys = isMapping(value) ? Object.keys(value) : []
  const hasChangeKeys = keys.some(key => key !== 'timeout' && changeKeys.some(known => known === key))
  if (!hasChangeKeys || keys.includes('hosts')) return undefined
  return `${keys.includes('name') ? '' : 'name: a part\n'}${keys.includes('steps') ? '' : step}${yaml}`
}
