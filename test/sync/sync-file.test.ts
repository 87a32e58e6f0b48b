import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseYamlDocument } from '../../src/lib/config/yaml-document.ts'
import type { Component } from '../../src/lib/core/component.ts'
import { OpsError } from '../../src/lib/core/errors.ts'
import { SourceError } from '../../src/lib/plan/file/source.ts'
import { readSyncFile, type SyncFile } from '../../src/lib/sync/file/sync-file.ts'
import { components } from '../../src/registry.generated.ts'

const local: Readonly<Record<string, string>> = {
  'nginx.liquid': 'workers {{ config.workers }};\n',
  'broken.liquid': 'first\n{% if x %}\n',
  'app.json': '{ "type": "object" }',
  'not.json': '{ "type": "objekt" }',
}

async function read(text: string): Promise<SyncFile> {
  const load = async (kind: string, type: string): Promise<Component<never>> => {
    const entry = components.find(each => each.kind === kind && each.type === type)
    return (await entry?.load())?.default as Component<never>
  }
  const typesOf = (kind: string) => components.filter(each => each.kind === kind && !each.internal).map(({ type }) => type)
  return await readSyncFile({
    ...{ path: 'sync.yaml', directory: '/srv', text, document: parseYamlDocument(text, 'sync.yaml', 'E_PLAN') },
    components: { types: typesOf, load },
    backends: { types: typesOf('backend'), load: type => load('backend', type) },
    readLocal: async path => {
      const content = local[path]
      if (content === undefined) throw new SourceError('does not exist')
      return Buffer.from(content)
    },
  })
}

async function problemsOf(text: string): Promise<string> {
  const error = await read(text).catch(caught => caught)
  if (!(error instanceof OpsError)) throw error instanceof Error ? error : new Error('nothing is wrong')
  const problems = error.data['problems'] as readonly { readonly message: string; readonly hint?: string }[]
  return problems.map(({ message, hint }) => `${message}${hint === undefined ? '' : ` (${hint})`}\n`).join('')
}

describe('a sync file', () => {
  test('says what goes where', async () => {
    const file = await read(`
name: the shop
source: { etcd: { endpoints: ["http://10.0.0.1:2379"] }, prefix: /shop/, max-stale: 1h }
targets: ["@web"]
waves: [1, 100%]
files:
  - { id: conf, template: nginx.liquid, to: "/etc/nginx/{{ host.name }}.conf", mode: "0644", owner: "root:root", validate: [nginx, -t, -c, "{}"], service: { name: nginx, action: reload } }
  - { from: app.json, to: /etc/app.json, format: json, schema: app.json, run: "touch /run/app" }
policy:
  - { that: size(change.files) < 5, message: too many }
`)
    expect(file).toMatchObject({
      name: 'the shop',
      source: { type: 'etcd', prefix: '/shop/', maxStaleMs: 3_600_000 },
      conduct: { targets: ['@web'], plan: { waves: [{ count: 1 }, { percent: 100 }], rollback: 'run' } },
      files: [
        { id: 'conf', mode: '0644', format: 'text', action: { is: 'service', id: 'reload-nginx', state: 'reloaded' } },
        { id: 'file-2', content: { is: 'value', key: 'app.json' }, format: 'json', action: { is: 'run' } },
      ],
    })
  })
})

describe('mistakes in a sync file', () => {
  const folder = join(import.meta.dirname, 'data/mistakes')
  test.each(readdirSync(folder).filter(name => name.endsWith('.yaml')))('%s are all told at their places', async name => {
    const told = await problemsOf(readFileSync(join(folder, name), 'utf8'))
    expect(told).toBe(readFileSync(join(folder, name.replace(/yaml$/, 'txt')), 'utf8'))
  })
})
