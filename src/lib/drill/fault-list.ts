import type { Component } from '../core/component.ts'
import type { Context } from '../core/context.ts'
import type { Json } from '../core/json.ts'
import type { Document } from '../core/report.ts'
import { isMapping } from '../plan/file/node.ts'
import { faultTypes } from './fault-types.ts'

/** The faults that there are, each with its parameters. */
export async function listFaults(context: Pick<Context, 'component'>): Promise<Document> {
  const faults = await Promise.all(faultTypes.map(type => context.component('step', type)))
  const text = faults.map(fault => `${fault.type}\n  ${fault.summary}\n${parameterLines(fault)}`).join('\n')
  const data = faults.map(({ type, summary, stability, schema, example }) => ({ type, summary, stability, schema, example }))
  return { mime: 'text/plain', text, data }
}

function parameterLines({ schema }: Component<'step'>): string {
  const properties = Object.entries(propertiesOf(schema))
  const width = Math.max(0, ...properties.map(([name]) => name.length))
  return properties.map(([name, property]) => `    ${name.padEnd(width)}  ${descriptionOf(property)}\n`).join('')
}

const propertiesOf = (schema: Json): { readonly [name: string]: Json } => {
  const properties = isMapping(schema) ? schema['properties'] : undefined
  return isMapping(properties) ? properties : {}
}

const descriptionOf = (property: Json): string => (isMapping(property) ? String(property['description'] ?? '') : '')
