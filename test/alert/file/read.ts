import { type ChannelComponents, readAlerting } from '../../../src/lib/alert/index.ts'
import { parseYamlDocument } from '../../../src/lib/config/yaml-document.ts'
import type { Component } from '../../../src/lib/core/component.ts'
import { components as registered } from '../../../src/registry.generated.ts'

const entries = registered.filter(({ kind }) => kind === 'channel')

export const channelTypes: ChannelComponents = {
  types: entries.map(({ type }) => type),
  load: async type => (await entries.find(each => each.type === type)?.load())?.default as Component<'channel'>,
}

export const readText = (text: string, path = 'alerts.yaml') =>
  readAlerting({ document: parseYamlDocument(text, path), path, components: channelTypes })
