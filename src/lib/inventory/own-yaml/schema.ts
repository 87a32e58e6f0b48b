import type { Json } from '../../core/json.ts'

const nodeSets: Json = { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] }

const settings: Readonly<Record<string, Json>> = {
  user: { type: 'string', description: 'User to log in as.' },
  port: { type: 'integer', minimum: 1, maximum: 65_535 },
  via: { enum: ['ssh', 'local'], description: 'local runs on this machine without SSH.' },
  identity: { ...nodeSets, description: 'Private key files.' },
  jump: { ...nodeSets, description: 'Jump hosts as [user@]host[:port]; none switches them off.' },
  labels: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } },
  vars: { type: 'object' },
  weight: { type: 'integer', minimum: 1, description: 'How much of the concurrency the host takes.' },
}

const host: Json = {
  type: ['object', 'null'],
  additionalProperties: false,
  properties: {
    address: { type: 'string', description: 'Name or address to connect to; a node set where the key is one.' },
    ...settings,
  },
}

const group: Json = {
  type: ['object', 'null'],
  additionalProperties: false,
  properties: { hosts: nodeSets, children: nodeSets, ...settings },
}

/** JSON Schema of opsctl's own inventory file, for editors and `opsctl explain`. */
export const inventorySchema: Json = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'opsctl inventory',
  type: ['object', 'null'],
  additionalProperties: false,
  properties: {
    hosts: { type: ['object', 'null'], additionalProperties: host, description: 'Hosts by node set.' },
    groups: { type: ['object', 'null'], additionalProperties: { anyOf: [nodeSets, group] }, description: 'Groups as node sets.' },
    defaults: {
      type: ['object', 'null'],
      additionalProperties: false,
      properties: settings,
      description: 'Settings of every host.',
    },
  },
}
