import type { Component, YamlDocument } from '../../core/component.ts'
import type { Context } from '../../core/context.ts'
import { parameterNames, paramsOf, spokenBy, tryBuild } from '../../core/file-component.ts'
import { isName, readText } from '../../core/file-fields.ts'
import { FileNode, isMapping } from '../../core/file-node.ts'
import { Problems } from '../../core/file-problems.ts'
import { nearest } from '../../core/nearest.ts'
import type { AlertingConfig, NamedChannel } from '../config.ts'
import { readMutes } from './read-mutes.ts'
import { readRoutes } from './read-routes.ts'
import { readRunbooks } from './read-runbooks.ts'
import { type Warning, warningsOf } from './warnings.ts'

export interface AlertingFile {
  readonly document: YamlDocument
  /** For messages. */
  readonly path: string
  readonly components: ChannelComponents
}

/** The types of channels that there are; one is loaded when the file uses it. */
export interface ChannelComponents {
  readonly types: readonly string[]
  load(type: string): Promise<Component<'channel'>>
}

/** Those of the registry. */
export const channelComponents = ({ program, component }: Pick<Context, 'program' | 'component'>): ChannelComponents => ({
  types: program.components.filter(({ kind }) => kind === 'channel').map(({ type }) => type),
  load: type => component('channel', type),
})

export const alertingKeys = ['channels', 'routes', 'mute', 'runbooks'] as const

/**
 * Reads who is told of what. Nothing is contacted, and no secret is read. What can have no effect is no mistake, but told.
 * @throws OpsError E_CONFIG with everything that is wrong in `data.problems`
 */
export async function readAlerting(
  file: AlertingFile,
): Promise<{ readonly config: AlertingConfig; readonly warnings: readonly Warning[] }> {
  const { document, path, components } = file
  const problems = new Problems({ document, path, code: 'E_CONFIG' })
  const top = new FileNode(document.value, problems)
  const members =
    document.value === null ? new Map<string, FileNode>() : top.members('a file of alerts', 'it has channels: and routes:')
  for (const [key, node] of members ?? []) {
    if (!alertingKeys.some(known => known === key)) node.unknownKey(`unknown key '${key}' in a file of alerts`, alertingKeys)
  }
  const channels = await readChannels(top.child('channels'), components)
  const names = namesIn(top.child('channels'))
  const routes = readRoutes(top.child('routes'), { channels: names })
  const mutes = readMutes(top.child('mute'))
  const runbooks = readRunbooks(top.child('runbooks'))
  problems.throwAny()
  const config = { channels, routes, mutes, runbooks }
  const placeOf = (name: string): string => problems.placeOf(['channels', name], 'key')
  return { config, warnings: warningsOf(config, placeOf) }
}

/** Also of those that are wrong: who routes to them makes no further mistake. */
const namesIn = ({ value }: FileNode): string[] => (isMapping(value) ? Object.keys(value) : [])

async function readChannels(node: FileNode, components: ChannelComponents): Promise<Map<string, NamedChannel>> {
  const channels = new Map<string, NamedChannel>()
  if (node.isAbsent) return channels
  const form = 'write `channels: { ops: { type: webhook, url: https://hooks.example.com } }`'
  for (const [name, member] of node.members('channels', form) ?? []) {
    if (!isName(name))
      member.wrong(`'${name}' can not be the name of a channel`, { part: 'key', hint: 'letters, digits, . _ and -' })
    const channel = await readChannel(member, { name, components })
    if (channel) channels.set(name, channel)
  }
  return channels
}

interface Named {
  readonly name: string
  readonly components: ChannelComponents
}

async function readChannel(node: FileNode, { name, components }: Named): Promise<NamedChannel | undefined> {
  const { types } = components
  const there = `there are ${types.join(', ')}`
  if (!node.members(`the channel ${name}`, `it has a type:, ${there}`)) return undefined
  const typed = node.child('type')
  if (typed.isAbsent) return node.wrong(`the channel ${name} needs a type`, { hint: there })
  const type = readText(typed)
  if (type === undefined) return undefined
  if (!types.includes(type)) {
    const close = nearest(type, types)
    return typed.wrong(`there is no channel of type '${type}'`, { hint: close ? `did you mean ${close}?` : there })
  }
  const params = paramsOf(node)
  if (!isMapping(params)) return undefined
  const { type: _, ...own } = params
  const component = await components.load(type)
  const channel = tryBuild(component, {
    params: own,
    at: path => node.within(path),
    say: spokenBy(type),
    names: ['type', ...parameterNames(component)],
  })
  return channel && { name, type, channel }
}
