import { basename, dirname, isAbsolute, join } from 'node:path'
import { defineInventory, type InventoryInput, type InventoryTools } from '../core/component.ts'
import { type Host, hostNamed } from '../core/host.ts'
import { isProgram } from './file-shape.ts'
import { isGlob, matchesGlob } from './node-set/glob.ts'

/** As deep as ssh(1) follows Include. */
const maxDepth = 16

export default defineInventory({
  type: 'ssh-config',
  version: '1.0.0',
  summary: 'Host entries of an OpenSSH client configuration that name one host, Include followed',
  stability: 'stable',
  schema: { type: 'object', additionalProperties: false },
  example: {
    path: '.ssh/config',
    text: 'Host bastion\n  HostName bastion.example.com\n\nHost web1 web2\n  ProxyJump bastion\n\nHost *.internal !old.internal\n  User ops\n',
    hosts: ['bastion', 'web1', 'web2'],
    groups: {},
  },
  build: () => ({
    priority: 30,
    accepts: isSshConfig,
    async load(input, tools) {
      const hosts = new Map<string, Host>()
      await readHosts({ path: input.path, text: input.text ?? '', base: dirname(input.path), depth: 0 }, hosts, tools)
      return { hosts, groups: new Map() }
    },
  }),
})

function isSshConfig(input: InventoryInput): boolean {
  const { path, text = '', directory } = input
  if (directory || isProgram(input) || /\.(?:ya?ml|json|ini)$/i.test(path)) return false
  const first = text.split('\n').find(line => !/^\s*(?:#|$)/.test(line)) ?? ''
  // Before the first Host there may be any keyword; Ansible's INI has [group] lines, or hosts with key=value.
  const keyword = /^\s*[A-Za-z]+(?:\s*=\s*|\s+)\S/.test(first) && !/^\s*\[/m.test(text)
  return keyword && /^\s*(?:Host|Match|Include)(?:\s*=\s*|\s+)\S/im.test(text)
}

interface SshFile {
  readonly path: string
  readonly text: string
  /** Directory of relative Include paths. */
  readonly base: string
  readonly depth: number
}

/** Only the names count: settings are resolved when a connection is made, by everything the configuration says of the name. */
async function readHosts({ path, text, base, depth }: SshFile, hosts: Map<string, Host>, tools: InventoryTools): Promise<void> {
  for (const [index, line] of text.split('\n').entries()) {
    const [, keyword = '', rest = ''] = /^\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.*?)\s*$/.exec(line) ?? []
    if (keyword.toLowerCase() === 'host') {
      for (const name of argumentsOf(rest)) {
        if (!isGlob(name) && !name.startsWith('!') && !hosts.has(name))
          hosts.set(name, hostNamed(name, { origin: `${path}:${index + 1}` }))
      }
    }
    if (keyword.toLowerCase() !== 'include' || depth >= maxDepth) continue
    for (const pattern of argumentsOf(rest)) {
      for (const included of await matchingFiles(absolute(pattern, base), tools)) {
        const content = await tools.readFile(included)
        if (content !== undefined) await readHosts({ path: included, text: content, base, depth: depth + 1 }, hosts, tools)
      }
    }
  }
}

function argumentsOf(text: string): string[] {
  const words: string[] = []
  for (const [word, quoted] of text.matchAll(/"([^"]*)"|[^\s"]+/g)) {
    if (word.startsWith('#')) break
    words.push(quoted ?? word)
  }
  return words
}

const absolute = (path: string, base: string): string => (isAbsolute(path) || path.startsWith('~/') ? path : join(base, path))

async function matchingFiles(pattern: string, tools: InventoryTools): Promise<string[]> {
  if (!isGlob(pattern)) return [pattern]
  const parents = await matchingFiles(dirname(pattern), tools)
  const name = basename(pattern)
  const found: string[] = []
  for (const parent of parents) {
    if (!isGlob(name)) found.push(`${parent}/${name}`)
    else {
      const entries = (await tools.readDirectory(parent)).map(entry => entry.replace(/\/$/, ''))
      found.push(
        ...entries.filter(entry => !entry.startsWith('.') && matchesGlob(name, entry)).map(entry => `${parent}/${entry}`),
      )
    }
  }
  return found
}
