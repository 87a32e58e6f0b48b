import type { Context } from '../core/context.ts'
import type { Document } from '../core/report.ts'
import { oneLine } from '../render/visible-text.ts'
import { runningDrills } from './known-drills.ts'
import { clearHalt, haltText, setHalt } from './lever.ts'

/** Ends all drills that run from this machine, and lets none begin. */
export async function haltDrills(context: Context, { reason }: { readonly reason: string }): Promise<Document> {
  const halt = await setHalt(context, reason)
  const running = await runningDrills(context)
  const told = running.map(({ runId, title }) => `  ${runId} ${oneLine(title)} heals what it broke, and ends\n`)
  return {
    mime: 'text/plain',
    text: `${haltText(halt)}\n${told.join('')}`,
    data: { ...halt, ended: running.map(({ runId }) => runId) },
  }
}

export async function allowDrills(context: Context): Promise<Document> {
  const was = await clearHalt(context)
  return { mime: 'text/plain', text: was ? 'drills may begin again\n' : 'drills were not halted\n', data: { halted: false, was } }
}
