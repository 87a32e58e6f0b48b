import type { Component } from '../../core/component.ts'
import type { Context } from '../../core/context.ts'

export { parameterNames, paramsOf, spokenBy, tryBuild } from '../../core/file-component.ts'

/** The kinds of components that a change is made of. */
export type ChangeKind = 'step' | 'check'

/** What is registered; a component is loaded when a change uses it. */
export interface ChangeComponents {
  types(kind: ChangeKind): readonly string[]
  load(kind: ChangeKind, type: string): Promise<Component<ChangeKind>>
}

/** The components of the registry. */
export function changeComponents({ program, component }: Pick<Context, 'program' | 'component'>): ChangeComponents {
  return {
    types: kind => program.components.filter(entry => entry.kind === kind && !entry.internal).map(({ type }) => type),
    load: component,
  }
}
