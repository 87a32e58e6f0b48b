import type { RenderEnv } from '../core/component.ts'
import { oneLine } from './visible-text.ts'

/** Names for people: one node set where the environment can fold, else a list. */
export function hostsText(names: readonly string[], env: RenderEnv): string {
  return oneLine(env.foldHosts?.(names) ?? names.join(','))
}
