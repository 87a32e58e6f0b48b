import { z } from 'zod'
import type { Context } from '../core/context.ts'
import { OpsError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { StepSpec } from '../core/plan.ts'
import type { Report } from '../core/report.ts'
import type { Fleet } from '../fleet/index.ts'
import { previewPlan } from '../plan/index.ts'
import { documentOf } from './document.ts'
import { type Impact, impactOf, impactText } from './impact.ts'
import { jsonPatch } from './json-patch.ts'
import type { PreviewOptions } from './options.ts'
import { type PreparedSync, preparedData, withSync } from './prepared-sync.ts'

/** How the hosts differ from what they would get: as a unified diff, and as JSON Patch where a file is data. Changes nothing. */
export async function diffSync(context: Context, options: PreviewOptions): Promise<Report> {
  return await withSync(context, options, async (prepared, fleet) => {
    const report = await preview(context, { prepared, fleet, options, judges: false })
    return { ...report, kind: 'sync-diff', data: { ...report.data, ...preparedData(prepared) } }
  })
}

/** What an apply would do, wave by wave, after every judgement that it would pass through: also the hosts' own of the new files. Changes nothing. */
export async function planSync(context: Context, options: PreviewOptions): Promise<Report> {
  return await withSync(context, options, async (prepared, fleet) => {
    const report = await preview(context, { prepared, fleet, options, judges: true })
    const impact = impactOf(prepared, report)
    const shown = await impactBlock(context, prepared, impact)
    // The waves of the preview are in the impact.
    const diffs = (report.blocks ?? []).filter(({ hosts }) => hosts.length > 0)
    const waves: Json = JSON.parse(JSON.stringify(impact))
    return { ...report, kind: 'sync-plan', blocks: [shown, ...diffs], data: { ...report.data, ...preparedData(prepared), waves } }
  })
}

interface Previewing {
  readonly prepared: PreparedSync
  readonly fleet: Fleet
  readonly options: PreviewOptions
  readonly judges: boolean
}

function preview(context: Context, { prepared, fleet, options, judges }: Previewing): Promise<Report> {
  const { built, sync } = prepared
  return previewPlan(context, {
    ...{ fleet, built, judges },
    concurrency: options.concurrency,
    detailedExitCode: options.detailedExitCode,
    maxFailures: Number.POSITIVE_INFINITY,
    stepTimeoutMs: sync.conduct.stepTimeoutMs,
    tell: (step, host, before) => patchOf(prepared, { step, host, before }),
  })
}

/** As write-file captures it. */
const Image = z.object({ kind: z.string(), content: z.base64() })

interface Change {
  readonly step: StepSpec
  readonly host: string
  readonly before: Json
}

/** What a file would change from and to; as JSON Patch where both are data that may be shown. */
function patchOf({ rendering }: PreparedSync, { step, host, before }: Change): Json {
  const file = rendering.of(host).find(({ spec }) => spec.id === step.id)
  const image = Image.safeParse(before)
  if (!file || !image.success) return {}
  const { path, sha256, spec, content } = file
  const about = { path, sha256 }
  if (spec.secret || spec.format === 'text' || image.data.kind !== 'file') return about
  try {
    const old = documentOf(spec.format, Buffer.from(image.data.content, 'base64'), path)
    const next = documentOf(spec.format, content, path)
    return old === undefined || next === undefined ? about : { ...about, patch: jsonPatch(old, next) }
  } catch (error) {
    // What is there now may be anything; the unified diff shows it.
    if (error instanceof OpsError) return about
    throw error
  }
}

async function impactBlock({ outputs }: Context, { rendering }: PreparedSync, impact: readonly Impact[]) {
  const writer = outputs.open('impact')
  await writer.write(Buffer.from(impactText(impact)))
  const hosts = rendering.hosts.map(({ name }) => name)
  return { title: 'impact', hosts, outcome: 'skipped' as const, body: [await writer.close()] }
}
