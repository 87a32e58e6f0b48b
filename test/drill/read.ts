import { parseYamlDocument } from '../../src/lib/config/yaml-document.ts'
import type { Component } from '../../src/lib/core/component.ts'
import { OpsError } from '../../src/lib/core/errors.ts'
import { type Playbook, readPlaybook } from '../../src/lib/drill/playbook/playbook.ts'
import { changeComponents } from '../../src/lib/plan/file/components.ts'
import { components } from '../../src/registry.generated.ts'

export const path = 'failover.yaml'

const program = { version: '0', globals: [], commands: [], components }

/** Reads a playbook with the faults and checks that there are. */
export async function read(text: string, at = path): Promise<Playbook> {
  const found = changeComponents({
    program,
    component: async (kind, type) => {
      const entry = components.find(each => each.kind === kind && each.type === type)
      return (await entry?.load())?.default as Component as never
    },
  })
  return readPlaybook({ path: at, document: parseYamlDocument(text, at, 'E_PLAN'), components: found })
}

/** The error that a text gets. */
export async function refusal(text: string): Promise<OpsError> {
  try {
    await read(text)
  } catch (error) {
    if (error instanceof OpsError) return error
    throw error
  }
  throw new Error('was accepted')
}
